"""What each column of a table is: a category, a count, a measure, or a bound of a measure.

A frame carries its specification in `frame.attrs["columns"]`, a mapping from column name to one of
- category (any column of words; the default for them): `labels` (field whose value labels apply), `text` (bilingual text in the cell),
  `organisation` (identifiers that the door turns into names or codes), with `single` or `pairwise` where the row rates one body or a pair;
- count: `counts` = persons | organisations | things, `unit`;
- measure: `unit`, `digits`, `n` and `cases` (columns that hold the number of units and the unweighted numerator), `parts` (the dimension along which the cases add up to n),
  `band` where its bounds are the middle of draws and no confidence interval;
- bound: `low_of`, `high_of` or `se_of` a measure.
`hidden` keeps a column out of what is published; it still takes part in protection. `header` (it, en) heads a column that no catalogue of words can know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analysis.errors import EvidenceError, Fault, say
from analysis.evidence.words import DIGITS

if TYPE_CHECKING:
    import pandas as pd

COUNTED = ("persons", "organisations", "things")
KEYS = {
    "labels", "text", "organisation", "single", "pairwise", "counts", "unit", "digits",
    "n", "cases", "parts", "band", "low_of", "high_of", "se_of", "hidden", "header",
}  # fmt: skip
BOUNDS = {"low_of": "low", "high_of": "high", "se_of": "se"}


@dataclass(frozen=True)
class Column:
    name: str
    role: str  # category, count, measure, low, high, se
    unit: str = ""
    digits: int | None = None
    counts: str = ""
    n: str = ""
    cases: str = ""
    parts: str = ""
    band: bool = False
    of: str = ""
    labels: str = ""
    text: bool = False
    organisation: bool = False
    rated: bool = False
    hidden: bool = False
    header: Mapping[str, str] | None = None


def resolve(
    frame: pd.DataFrame, given: Mapping[str, Mapping[str, Any]] | None, where: str, public: str | None
) -> list[Column]:
    """The columns of `frame`, in order, each with its role.

    `given` replaces `frame.attrs["columns"]` where it names a column. Every fault is reported at once: a column
    without a specification, an unknown entry or unit, a share or mean without the counts behind it (unless `public` gives the reason).
    """
    specs: dict[str, Mapping[str, Any]] = {**frame.attrs.get("columns", {}), **(given or {})}
    faults: list[Fault] = []

    def fault(what: str, allowed: str = "", next_step: str = "") -> None:
        faults.append(Fault(what, where, allowed, next_step))

    for name in specs.keys() - set(frame.columns):
        fault(
            say(f"la colonna «{name}» è descritta ma non c'è", f"column '{name}' is described but absent"),
            ", ".join(map(str, frame.columns)),
        )
    columns = [
        replace(_column(str(name), frame[name], spec, fault), header=spec.get("header"))
        for name in frame.columns
        for spec in (specs.get(str(name), {}),)
    ]
    by_name = {column.name: column for column in columns}
    for column in columns:
        for reference in (column.n, column.cases, column.parts, column.of):
            if reference and reference not in by_name:
                fault(
                    say(
                        f"«{column.name}» rinvia a «{reference}», che non c'è",
                        f"'{column.name}' refers to '{reference}', which is absent",
                    ),
                    ", ".join(by_name),
                )
        if column.role == "measure" and column.unit != "position" and not public:
            _needs_counts(column, by_name, fault)
    if faults:
        raise EvidenceError(faults)
    return columns


def _column(name: str, values: pd.Series, spec: Mapping[str, Any], fault: Any) -> Column:
    for key in sorted(spec.keys() - KEYS):
        fault(
            say(f"«{name}»: voce «{key}» sconosciuta", f"'{name}': unknown entry '{key}'"),
            ", ".join(sorted(KEYS)),
        )
    hidden = bool(spec.get("hidden"))
    unit = str(spec.get("unit", ""))
    if unit and unit not in DIGITS:
        fault(
            say(f"«{name}»: unità «{unit}» sconosciuta", f"'{name}': unknown unit '{unit}'"),
            ", ".join(DIGITS),
        )
    for key, role in BOUNDS.items():
        if key in spec:
            return Column(name, role, of=str(spec[key]), hidden=hidden)
    if "counts" in spec:
        counts = str(spec["counts"])
        if counts not in COUNTED:
            fault(say(f"«{name}» conta «{counts}»", f"'{name}' counts '{counts}'"), ", ".join(COUNTED))
        return Column(
            name,
            "count",
            unit=unit or {"things": "count"}.get(counts, counts),
            digits=0,
            counts=counts,
            hidden=hidden,
        )
    numeric = values.dtype.kind in "iufb"
    if unit and "labels" not in spec:
        if not numeric and not values.isna().all():
            fault(
                say(
                    f"«{name}» ha un'unità ma non contiene numeri",
                    f"'{name}' has a unit but holds no numbers",
                )
            )
        return Column(
            name, "measure", unit=unit, digits=spec.get("digits"), n=str(spec.get("n", "")),
            cases=str(spec.get("cases", "")), parts=str(spec.get("parts", "")), band=bool(spec.get("band")), hidden=hidden,
        )  # fmt: skip
    if numeric and not spec:
        fault(
            say(
                f"colonna numerica «{name}» senza descrizione",
                f"numeric column '{name}' has no specification",
            ),
            'counts = "persons" | "organisations" | "things", unit = …, low_of = …, labels = …',
            say('Descriverla in frame.attrs["columns"].', 'Describe it in frame.attrs["columns"].'),
        )
    return Column(
        name, "category", labels=str(spec.get("labels", name)), text=bool(spec.get("text")), organisation=bool(spec.get("organisation")),
        rated=bool(spec.get("single") or spec.get("pairwise")), hidden=hidden,
    )  # fmt: skip


def _needs_counts(column: Column, by_name: Mapping[str, Column], fault: Any) -> None:
    n = by_name.get(column.n)
    step = say(
        "Indicare n (e, per una quota, cases), oppure public= con la ragione.",
        "Name n (and, for a share, cases), or give public= with the reason.",
    )
    if n is None or n.role != "count":
        fault(
            say(
                f"«{column.name}» non ha il conteggio che la regge",
                f"'{column.name}' lacks the count behind it",
            ),
            next_step=step,
        )
    elif column.unit == "share" and n.counts == "persons" and not column.cases:
        fault(
            say(
                f"la quota «{column.name}» non ha il numeratore non ponderato",
                f"share '{column.name}' lacks its unweighted numerator",
            ),
            next_step=step,
        )
