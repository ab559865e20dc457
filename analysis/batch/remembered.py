"""What was found out about a text, kept in build/ by the text's own bytes, so that a plan does not read the same code twice.

What belongs here: facts that follow from a text alone. What does not: anything that depends on a path or on a time stamp.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis import places

MANY = 2000  # facts of texts gone by are dropped beyond this number


class Memory:
    """Facts (values that JSON holds) by kind and text. They are forgotten when `maker`, the file that computes them, or Python changes."""

    def __init__(self, name: str, maker: Path) -> None:
        self.name = name
        self._maker = maker
        self._used: dict[str, Any] = {}
        self._new = False

    @cached_property
    def _by(self) -> str:
        return f"{hashlib.sha256(self._maker.read_bytes()).hexdigest()} {sys.version}"

    @property
    def _path(self) -> Path:
        return places.build() / "remembered" / f"{self.name}.json"

    @cached_property
    def _kept(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            return dict(document["facts"]) if document["by"] == self._by else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def fact(self, kind: str, text: str, find: Callable[[str], Any]) -> Any:
        """`find(text)`, computed once for each text."""
        name = f"{kind} {hashlib.sha256(text.encode()).hexdigest()}"
        if name not in self._used:
            if name not in self._kept:
                self._kept[name] = find(text)
                self._new = True
            self._used[name] = self._kept[name]
        return self._used[name]

    def keep(self) -> None:
        """Write what is new; a folder that may not be written costs time only."""
        if not self._new:
            return
        self._new = False
        facts = self._kept if len(self._kept) <= MANY else self._used
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps({"by": self._by, "facts": facts}), encoding="utf-8")
            part.replace(self._path)
