"""What a batch did, told to the person who called it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from analysis import places
from analysis.errors import say

Report = Callable[[str], None]


@dataclass
class Summary:
    """What a batch did: editions executed, found equal, rendered, left alone, the lines that tell of failures, and the signal that stopped
    it (0: none) with the editions that it had not come to. `swept`: a batch before this one had been cut off."""

    executed: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    rendered: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    products: list[Path] = field(default_factory=list)
    interrupted: int = 0
    waiting: list[str] = field(default_factory=list)
    swept: bool = False

    def line(self) -> str:
        counts = (
            len(self.executed),
            len(self.equal),
            len(self.rendered),
            len(self.current),
            len(self.failures),
        )
        italian = "eseguiti: {} (uguali entro la tolleranza, file intatti: {}); impaginati: {}; già aggiornati: {}; non riusciti: {}"
        english = "{} run ({} equal within tolerance, files untouched), {} rendered, {} up to date, {} failed"
        told = say(italian, english).format(*counts)
        if self.interrupted:
            name, left = signal.Signals(self.interrupted).name, len(self.waiting)
            told += say(
                f"; interrotto ({name}), non iniziati: {left}. La prossima esecuzione riprende da qui.",
                f"; interrupted ({name}), {left} not begun. The next call goes on from here.",
            )
        return told

    @property
    def code(self) -> int:
        """Exit code: 128 + the signal that stopped the batch, 1 where something failed, else 0."""
        return 128 + self.interrupted if self.interrupted else int(bool(self.failures))


def in_words(error: OSError) -> str:
    """What the system refused, with the file as seen from the project."""
    what = error.strerror or str(error) or type(error).__name__
    if not error.filename:
        return what
    path = Path(str(error.filename))
    return f"{path.relative_to(places.root()).as_posix() if path.is_relative_to(places.root()) else path.name}: {what}"
