"""One number as the record keeps it: what must stand behind it, and when it is withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.errors import Fault, say
from analysis.evidence.columns import COUNTED
from analysis.evidence.disclosure import Rules
from analysis.evidence.words import DIGITS

KINDS = ("exact", "float", "stochastic")
BODIES = ("persons", "organisations")


@dataclass(frozen=True)
class Number:
    """A value with its unit, its interval and the counts behind it: `n` units, of which `cases` are the numerator of a share, and other `cells`."""

    value: float | int | None
    unit: str
    n: int | None
    cases: int | None
    cells: Sequence[int]
    counts: str
    se: float | None
    low: float | None
    high: float | None
    digits: int | None
    kind: str
    tolerance: float
    seed: int | None
    public: str | None

    @property
    def counted(self) -> str:
        """What its counts are counts of: a number of persons or organisations counts itself."""
        return self.unit if self.unit in BODIES else self.counts

    @property
    def is_count(self) -> bool:
        return self.unit in (*BODIES, "count")

    def faults(self, where: str) -> list[Fault]:
        """Everything that is wrong or missing."""
        found: list[Fault] = []

        def allowed(name: str, given: str, names: Sequence[str]) -> None:
            if given not in names:
                found.append(
                    Fault(
                        say(f"{name} «{given}» non ammesso", f"{name} '{given}' is not allowed"),
                        where,
                        ", ".join(names),
                    )
                )

        allowed("unit", self.unit, list(DIGITS))
        allowed("kind", self.kind, KINDS)
        allowed("counts", self.counts, COUNTED)
        if self.kind == "stochastic" and None in (self.seed, self.low, self.high):
            found.append(
                Fault(
                    say(
                        "un valore stocastico vuole seed, low e high",
                        "a stochastic value needs seed, low and high",
                    ),
                    where,
                )
            )
        if not self.public and not self.is_count and self.n is None:
            found.append(
                Fault(
                    say(
                        "manca n, il numero di unità dietro al valore",
                        "n, the number of units behind the value, is missing",
                    ),
                    where,
                    next_step=say(
                        "Indicare n, oppure public= con la ragione.", "Give n, or public= with the reason."
                    ),
                )
            )
        if not self.public and self.unit == "share" and self.counted == "persons" and self.cases is None:
            found.append(
                Fault(
                    say(
                        "manca cases, il numeratore non ponderato",
                        "cases, the unweighted numerator, is missing",
                    ),
                    where,
                )
            )
        return found

    def withheld(self, rules: Rules) -> bool:
        """Whether a count behind it is above zero and under the threshold."""
        if self.public or not rules.applies(self.counted):
            return False
        behind = [*self.cells, self.value if self.is_count and self.n is None else self.n, self.cases]
        if self.n is not None and self.cases is not None:
            behind.append(self.n - self.cases)
        return any(count is not None and 0 < count < rules.threshold for count in behind)

    def entry(self, rules: Rules) -> dict[str, Any]:
        """The number as the record keeps it; nothing of a withheld one but its unit."""
        hidden = self.withheld(rules)
        if not hidden and not self.public and rules.applies(self.counted):
            rest = self.n - self.cases if self.n is not None and self.cases is not None else None
            rules.told.number((self.value if self.is_count else None, self.n, self.cases, rest))
        known = {"value": self.value, "n": self.n, "se": self.se, "low": self.low, "high": self.high}
        kept: dict[str, Any] = {
            "unit": self.unit,
            "kind": self.kind,
            "counts": self.counted,
            "suppressed": hidden,
        }
        kept |= {
            name: None if hidden else item
            for name, item in known.items()
            if item is not None or name == "value"
        }
        optional = (("digits", self.digits), ("seed", self.seed), ("public", self.public))
        kept |= {name: item for name, item in optional if item is not None}
        return kept | ({"tolerance": self.tolerance} if self.kind == "float" else {})
