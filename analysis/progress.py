"""How far a batch has come, told to the person who waits."""

from __future__ import annotations

import sys
from typing import Any


class Progress:
    """A bar on a terminal, plain lines in a log."""

    def __init__(self, steps: int) -> None:
        self._total = steps
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty() and self._total:
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, unit="", leave=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def line(self, text: str) -> None:
        (self._bar.write if self._bar is not None else print)(text)
        sys.stdout.flush()

    def step(self, name: str) -> None:
        if self._bar is not None:
            self._bar.set_description(name)
            self._bar.update()
