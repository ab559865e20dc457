"""Parts of an analysis that a study under way may not bear yet: each is tried, the others go on, and a table says what is awaited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd

from analysis.errors import TooFewError

T = TypeVar("T")


class Parts:
    """`awaited`: the parts for which the data were too few, in the order tried, each with what was said of it."""

    def __init__(self) -> None:
        self.awaited: dict[str, str] = {}

    def of(self, part: str, make: Callable[..., T], *given: Any, **named: Any) -> T | None:
        """`make(*given, **named)`; None, and the part awaited, where it raises `TooFewError`. Any other error is raised: wrong data are not too few."""
        try:
            return make(*given, **named)
        except TooFewError as error:
            self.awaited[part] = str(error)
            return None

    def table(self) -> pd.DataFrame:
        """One row a part that is awaited: the part, and what it takes (labels `awaited` and `awaited_takes`)."""
        names = list(self.awaited)
        frame = pd.DataFrame({"awaited": names, "awaited_takes": names}, dtype=object)
        frame.attrs["columns"] = {name: {"labels": name} for name in frame.columns}
        return frame
