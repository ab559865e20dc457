"""Every specification that was run on a design, noted as it runs: outcome, groups compared, restriction, variance, degrees of freedom, n.

What belongs here: the memory and its table for the methods appendix. What does not: the estimates themselves (estimates.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

Label = Mapping[str, str]
VARIANCES = {
    "population": "linearised",
    "census": "none_census",
    "respondents": "none_respondents",
    "feldt": "feldt",
}
COMPARISONS = ("difference", "change")


@dataclass(frozen=True)
class Run:
    """One specification. `event`: the field and codes whose share is taken; `restriction`: field and code, or field and bounds;
    `groups`: fields by which it is given; `contrast`: (field, first, second) of a difference; `df` the smallest of its groups."""

    measure: str  # share, composition, mean, ratio, total, difference, change, alpha
    outcome: str
    event: tuple[str, tuple[str, ...]]
    restriction: tuple[tuple[str, Any], ...]
    kind: str
    groups: tuple[str, ...] = ()
    contrast: tuple[tuple[str, str, str], ...] = ()
    df: float = np.inf
    n: int = 0

    def status(self, primary: Collection[str]) -> str:
        """Of a comparison, whether the study's plan names its outcome; what compares nothing describes."""
        if self.measure not in COMPARISONS:
            return "descriptive"
        return "primary" if self.outcome in primary else "exploratory"


def of(values: Any, measure: str, kind: str, groups: Collection[str] = ()) -> Run:
    """The run that estimates `values`, a series told apart by its name and by what frames.py notes in its attrs; n and df are still to be filled in."""
    attrs = getattr(values, "attrs", {})
    field_, codes = attrs.get("event", ("", ()))
    restriction = tuple((str(name), value) for name, value in attrs.get("restriction", {}).items())
    name = str(getattr(values, "name", None) or field_ or "")
    return Run(measure, name, (str(field_), tuple(codes)), restriction, kind, tuple(map(str, groups)))


@dataclass
class Ledger:
    """Runs in their order, each once."""

    runs: list[Run] = field(default_factory=list)

    def note(self, *runs: Run) -> None:
        self.runs += [run for run in dict.fromkeys(runs) if run not in self.runs]

    def fields(self) -> list[str]:
        """Every field that a run looks at, in order of first use."""
        found: dict[str, None] = {}
        for run in self.runs:
            names = [run.event[0] or run.outcome, *(name for name, _ in run.restriction), *run.groups]
            found |= dict.fromkeys([*names, *(name for name, _, _ in run.contrast)])
        return [name for name in found if name]

    def table(
        self,
        names: Mapping[str, Label],
        codes: Mapping[str, Mapping[str, Label]],
        primary: Collection[str] = (),
    ) -> pd.DataFrame:
        """One row a run; `names` label fields and outcomes, `codes` the codes of each field; what has no label stands for itself."""
        text = _Texts(names, codes)
        frame = pd.DataFrame(
            {
                "outcome": [text.outcome(run) for run in self.runs],
                "measure": [run.measure for run in self.runs],
                "groups": [text.groups(run) for run in self.runs],
                "restriction": [text.restriction(run) for run in self.runs],
                "status": [run.status(primary) for run in self.runs],
                "variance": [VARIANCES[run.kind] for run in self.runs],
                "df": [run.df if np.isfinite(run.df) else np.nan for run in self.runs],
                "n": [run.n for run in self.runs],
            }
        )
        frame.attrs["columns"] = {
            **{name: {"text": True} for name in ("outcome", "groups", "restriction")},
            "df": {"unit": "count", "n": "n"},
            "n": {"counts": "persons"},
        }
        return frame


@dataclass(frozen=True)
class _Texts:
    names: Mapping[str, Label]
    codes: Mapping[str, Mapping[str, Label]]

    def _name(self, name: str, lang: str) -> str:
        return self.names.get(name, {}).get(lang, name)

    def _code(self, name: str, code: Any, lang: str) -> str:
        return self.codes.get(name, {}).get(str(code), {}).get(lang, str(code))

    def outcome(self, run: Run) -> dict[str, str]:
        name, codes = run.event
        if not codes:
            return {lang: self._name(run.outcome, lang) for lang in ("it", "en")}
        return {
            lang: f"{self._name(name, lang)}: {' / '.join(self._code(name, code, lang) for code in codes)}"
            for lang in ("it", "en")
        }

    def groups(self, run: Run) -> dict[str, str]:
        return {
            lang: "; ".join(
                f"{self._name(name, lang)}: {self._code(name, a, lang)} − {self._code(name, b, lang)}"
                for name, a, b in run.contrast
            )
            or " × ".join(self._name(name, lang) for name in run.groups)
            for lang in ("it", "en")
        }

    def restriction(self, run: Run) -> dict[str, str]:
        return {
            lang: "; ".join(f"{self._name(n, lang)}: {self._value(n, v, lang)}" for n, v in run.restriction)
            for lang in ("it", "en")
        }

    def _value(self, name: str, value: Any, lang: str) -> str:
        if isinstance(value, tuple):
            return "–".join(f"{bound:g}" for bound in value)
        return self._code(name, value, lang)
