"""The method as a protocol: its practices by the headings of TIDieR, the map of how one feeds another, what is not documented, and a checklist.

Headings: Hoffmann et al. (2014), Template for Intervention Description and Replication, a checklist of twelve items. The register of practices answers
nine of them (of the procedure it has what goes in and what comes out); how and where a practice was held, and how fidelity was to be assessed, are not in it.
A row without a step, in a phase that has steps, describes the phase as a whole: it is no practice. All figures are complete counts: none has an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import rows
from analysis.codesign.listings import bilingual
from analysis.codesign.participation import PHASES

HEADINGS: dict[str, tuple[int, str]] = {
    "name": (1, "name"),
    "why": (2, "purpose"),
    "materials": (3, "tool"),
    "input": (4, "input"),
    "output": (4, "output"),
    "who": (5, "who"),
    "how_much": (8, "hours_planned"),
    "tailoring": (9, "core"),
    "modifications": (10, "adaptation"),
    "actual": (12, "hours_done"),
}
"""Heading → its item in TIDieR and the column (or pair of columns, it and en) of the register that answers it."""
BILINGUAL = ("name", "purpose", "tool", "who", "input", "output", "adaptation", "reason", "setback", "lesson")
CORE, ADAPTABLE, UNSTATED = "core", "adaptable", "unstated"
READ = {
    "practices": (
        "practice", "phase", "step", *(f"{stem}_{lang}" for stem in BILINGUAL for lang in ("it", "en")),
        "hours_planned", "hours_done", "core",
    ),
    "ideas": ("idea", "stage"),
    "matches": ("match", "status"),
    "mediation": ("mediation", "hours", "result"),
    "participation": ("event", "actor", "hours"),
    "services": ("service", "started"),
}  # fmt: skip
"""Table → columns that the paper on the method reads."""
TAKEN = (
    "practice", "phase", "step", "name_it", "name_en", "purpose_it", "purpose_en", "tool_it", "tool_en",
    "who_it", "who_en", "hours_planned", "input_it", "input_en", "output_it", "output_en", "core", "source",
)  # fmt: skip
"""Columns of the practices that another place takes over; what was done there, and what was learnt, it writes itself."""


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """The practices in the order of the phases and of their steps, without the rows that describe a phase as a whole."""
    rows.required("practices", frame, ["practice", "phase", "name_it", "name_en"])
    step = pd.to_numeric(frame.reindex(columns=["step"])["step"], errors="coerce").astype(float)
    whole = step.isna() & step.notna().groupby(frame["phase"]).transform("any")
    rank = frame["phase"].map({phase: k for k, phase in enumerate(PHASES)})
    kept = frame.assign(_rank=rank, _step=step.fillna(0.0))[~whole]
    kept = kept.sort_values(["_rank", "_step"], kind="stable").drop(columns=["_rank", "_step"])
    return kept.reset_index(drop=True)


def kinds(frame: pd.DataFrame) -> pd.Series:
    """Whether each practice is core or adaptable; "unstated" where nobody said."""
    return frame.reindex(columns=["core"])["core"].astype(object).where(lambda s: s.notna(), UNSTATED)


def hours(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column of hours as floats, missing where nothing is recorded or the study lacks the column."""
    return pd.to_numeric(frame.reindex(columns=[column])[column], errors="coerce").astype(float)


def places(*values: pd.Series | np.ndarray) -> int:
    """Decimal digits with which hours are printed: none where all are whole."""
    known = np.concatenate([np.asarray(each, dtype=float) for each in values])
    known = known[np.isfinite(known)]
    return 0 if (known == np.round(known)).all() else 1


def _written(frame: pd.DataFrame, stem: str) -> np.ndarray:
    """Where something is written under a heading, in either language; shape (N,)."""
    names = [f"{stem}_it", f"{stem}_en"] if stem in BILINGUAL else [stem]
    cells = frame.reindex(columns=names).astype("string").fillna("")
    return np.asarray((cells.apply(lambda column: column.str.strip()) != "").any(axis=1))


def _texts(frame: pd.DataFrame, columns: dict[str, str]) -> dict[str, Any]:
    return {name: bilingual(frame, stem) for name, stem in columns.items()}


def purposes(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a practice (as `ordered` gives them): phase, name, why, materials or tool, who."""
    columns = {"practice": "name", "why": "purpose", "materials": "tool", "who": "who"}
    table = pd.DataFrame({"phase": frame["phase"].to_numpy(), **_texts(frame, columns)})
    table.attrs["columns"] = {"phase": {"labels": "phase"}} | {name: {"text": True} for name in columns}
    return table


def procedures(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a practice: name, hours planned, what goes in and comes out, core or adaptable, what was changed; no row where none of it is documented of any practice."""
    stems = ("input", "output", "hours_planned", "core", "adaptation")
    frame = frame if any(_written(frame, stem).any() for stem in stems) else frame.iloc[:0]
    columns = {"practice": "name", "input": "input", "output": "output", "modifications": "adaptation"}
    texts, planned = _texts(frame, columns), hours(frame, "hours_planned")
    table = pd.DataFrame(
        {
            "practice": texts["practice"],
            "how_much": planned.to_numpy(),
            "input": texts["input"],
            "output": texts["output"],
            "core": frame.reindex(columns=["core"])["core"].astype(object).to_numpy(),
            "modifications": texts["modifications"],
            "each": 1,
        }
    )
    table.attrs["columns"] = {
        **{name: {"text": True} for name in columns},
        "how_much": {"unit": "hours", "digits": places(planned), "n": "each"},
        "core": {"labels": "core"},
        "each": {"counts": "things", "hidden": True},
    }
    return table


@dataclass(frozen=True)
class ProcessMap:
    """The practices in their places and which one's output is another's input: `column` and `row`, shape (N,); `links`, shape (L, 2), positions of giver and taker."""

    practices: pd.DataFrame
    column: np.ndarray
    row: np.ndarray
    links: np.ndarray

    def tables(self) -> dict[str, pd.DataFrame]:
        """`boxes`, one row a practice, and `links`, one row a pair of practices; places are columns of the data."""
        boxes = pd.DataFrame(
            {
                "phase": self.practices["phase"].to_numpy(),
                **_texts(self.practices, {"practice": "name", "output": "output"}),
                "core": kinds(self.practices).to_numpy(),
                "column": self.column,
                "row": self.row,
            }
        )
        position = {"unit": "position", "digits": 0}
        boxes.attrs["columns"] = {
            "phase": {"labels": "phase"},
            "practice": {"text": True},
            "output": {"text": True},
            "core": {"labels": "core"},
            "column": position,
            "row": position,
        }
        ends = {"from": self.links[:, 0], "to": self.links[:, 1]}
        links = pd.DataFrame(
            {name: pd.Series([boxes["practice"][k] for k in at], dtype=object) for name, at in ends.items()}
            | {f"{name}_box": np.asarray(at, dtype=float) for name, at in ends.items()}
        )
        links.attrs["columns"] = {
            "from": {"text": True},
            "to": {"text": True},
            "from_box": position,
            "to_box": position,
        }
        return {"boxes": boxes, "links": links}


def process(frame: pd.DataFrame) -> ProcessMap:
    """The map of the practices (as `ordered` gives them): a column for each phase that has any, a row for each step; links where input and output say the same."""
    met = [phase for phase in PHASES if (frame["phase"] == phase).any()]
    column = frame["phase"].map({phase: k for k, phase in enumerate(met)}).to_numpy(dtype=int)
    row = frame.groupby("phase", sort=False).cumcount().to_numpy(dtype=int)
    given, taken = (_same(frame, stem) for stem in ("output", "input"))
    pairs = [
        (i, j)
        for j, wanted in enumerate(taken)
        for i, offered in enumerate(given)
        if i != j and wanted and wanted == offered
    ]
    return ProcessMap(frame, column, row, np.array(pairs, dtype=int).reshape(-1, 2))


def _same(frame: pd.DataFrame, stem: str) -> list[str]:
    """What two texts are compared by: the Italian, else the English, without case and outer blanks."""
    texts = bilingual(frame, stem)
    return [" ".join(str(text["it"] or text["en"]).casefold().split()) for text in texts]


@dataclass(frozen=True)
class Gaps:
    """What is written of each practice under each heading, shape (N, H)."""

    practices: pd.DataFrame
    written: np.ndarray

    @property
    def documented(self) -> np.ndarray:
        """Practices of which each heading is documented, shape (H,)."""
        return np.asarray(self.written.sum(axis=0))

    @property
    def never(self) -> int:
        """Headings that are documented of no practice."""
        return int((self.documented == 0).sum())

    def table(self) -> pd.DataFrame:
        """One row a heading, in the order of TIDieR: its item, practices of which it is documented, all practices, the share."""
        n = len(self.practices)
        frame = pd.DataFrame(
            {
                "heading": list(HEADINGS),
                "item": [str(item) for item, _ in HEADINGS.values()],
                "documented": self.documented,
                "practices": n,
                "share": self.documented / n if n else np.nan,
            }
        )
        frame.attrs["columns"] = {
            "heading": {"labels": "heading"},
            "documented": {"counts": "things"},
            "practices": {"counts": "things"},
            "share": {"unit": "share", "digits": 0, "n": "practices", "cases": "documented"},
        }
        return frame

    def missing(self, words: dict[str, dict[str, str]]) -> pd.DataFrame:
        """One row a practice that lacks a heading: name, the headings that are missing. `words`: heading → its name in both languages."""
        lacking = ~self.written
        names = list(HEADINGS)
        told = [
            {
                lang: "; ".join(words[names[k]][lang] for k in np.flatnonzero(row)) or ""
                for lang in ("it", "en")
            }
            for row in lacking
        ]
        frame = pd.DataFrame(
            {
                "practice": bilingual(self.practices, "name"),
                "missing_headings": told,
            }
        )[lacking.any(axis=1)]
        frame.attrs["columns"] = {
            "practice": {"text": True},
            "missing_headings": {"text": True},
        }
        return frame.reset_index(drop=True)


def gaps(frame: pd.DataFrame) -> Gaps:
    """What the register tells of the practices (as `ordered` gives them), heading by heading."""
    return Gaps(frame, np.column_stack([_written(frame, stem) for _, stem in HEADINGS.values()]))


def checklist(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a practice: phase, name, core or adaptable, what must be in place before, what comes out."""
    columns = {"practice": "name", "before": "input", "comes_out": "output"}
    texts = _texts(frame, columns)
    core = frame.reindex(columns=["core"])["core"].astype(object).to_numpy()
    table = pd.DataFrame({"phase": frame["phase"].to_numpy(), "practice": texts["practice"], "core": core})
    table = table.assign(before=texts["before"], comes_out=texts["comes_out"])
    table.attrs["columns"] = {
        "phase": {"labels": "phase"},
        "core": {"labels": "core"},
        **{name: {"text": True} for name in columns},
    }
    return table


def kit(frame: pd.DataFrame) -> pd.DataFrame:
    """The checklist to be filled in: also tool, who and hours planned, and empty columns for when it was done, what was changed and why, what did not work."""
    table, planned = checklist(frame), hours(frame, "hours_planned")
    specs = dict(table.attrs["columns"])
    table = table.assign(materials=bilingual(frame, "tool"), who=bilingual(frame, "who"))
    known = bool(planned.notna().any())
    table["hours_planned"] = planned.to_numpy() if known else pd.Series([None] * len(table), dtype=object)
    for name in ("done_on", "changed", "reason", "setback"):
        table[name] = pd.Series([None] * len(table), dtype=object)
    table["each"] = 1
    table.attrs["columns"] = specs | {
        "materials": {"text": True},
        "who": {"text": True},
        **({"hours_planned": {"unit": "hours", "digits": places(planned), "n": "each"}} if known else {}),
        "each": {"counts": "things", "hidden": True},
    }
    return table
