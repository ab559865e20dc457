"""What a study holds, as tables for the methods appendix: the survey's codebook, answers missing and why, the registers and their gaps.

What belongs here: descriptions of the data, each ready for the door (`attrs["columns"]`). What does not: estimates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from analysis.study import territory
from analysis.study.codebook import Codebook, Variable
from analysis.study.contracts import Label, contracts

if TYPE_CHECKING:
    import pandas as pd

    from analysis.study.microdata import Survey
    from analysis.study.studies import Study

LANGUAGES = ("it", "en")
UNLISTED = ("identifier",)  # roles of which only name and label are given


def named(codebook: Codebook, own: Mapping[str, Label] | None = None) -> dict[str, Label]:
    """Variable → label; `own` labels come first (of items whose wording may not be printed)."""
    return {name: variable.label for name, variable in codebook.variables.items()} | dict(own or {})


def codebook_table(codebook: Codebook, names: Mapping[str, Label]) -> pd.DataFrame:
    """One row a variable: label, waves, role, type, values, missing codes, range and unit, condition under which it was asked, how it was derived.

    `names`: variable → label, as `named` gives them. Of an identifier only name, label, waves and role are told.
    """
    import pandas as pd

    rows = []
    for name, variable in codebook.variables.items():
        plain = variable.role not in UNLISTED
        step = codebook.derived.get(name)
        given = [number for number in codebook.waves if not variable.waves or number in variable.waves]
        rows.append(
            {
                "variable": name,
                "label": names[name],
                "waves": ", ".join(map(str, given)) or None,
                "variable_role": variable.role or "content",
                "variable_type": variable.type if plain else None,
                "values": _coded(variable.labels, " = ") if plain else None,
                "missing_codes": _coded(variable.missing, " = "),
                "range": _range(variable) if plain else None,
                "measure_unit": variable.unit or None,
                "asked_if": _condition(variable.asked_if, codebook, names) if variable.asked_if else None,
                "derived_by": step.operation if step else None,
                "derived_from": ", ".join(ingredients(codebook, [name])) or None if step else None,
            }
        )
    frame = pd.DataFrame(rows, dtype=object)
    frame.attrs["columns"] = {
        name: {"text": True} for name in ("label", "values", "missing_codes", "asked_if")
    }
    return frame


def _coded(labels: Mapping[str, Label], sign: str) -> Label | None:
    if not labels:
        return None
    return {
        lang: "; ".join(
            code if code == label[lang] else f"{code}{sign}{label[lang]}" for code, label in labels.items()
        )
        for lang in LANGUAGES
    }


def _range(variable: Variable) -> str | None:
    """`18–80`, `≥ 0`, `≤ 60`; none where the codebook sets no bound."""
    low, high = variable.min, variable.max
    if low is None and high is None:
        return None
    if low is not None and high is not None:
        return f"{low:g}–{high:g}"
    return f"≥ {low:g}" if low is not None else f"≤ {high:g}"


def _condition(when: Mapping[str, Any], codebook: Codebook, names: Mapping[str, Label]) -> Label:
    def value(name: str, wanted: Any, lang: str) -> str:
        if isinstance(wanted, Mapping):
            low, high = wanted.get("min"), wanted.get("max")
            return f"{'' if low is None else f'{low:g}'}–{'' if high is None else f'{high:g}'}"
        labels = codebook.variables[name].labels
        many = wanted if isinstance(wanted, list) else [wanted]
        return " / ".join(labels.get(str(one), {}).get(lang, str(one)) for one in many)

    return {
        lang: "; ".join(
            f"{names[name][lang]}: {value(name, wanted, lang)}" for name, wanted in when.items()
        )
        for lang in LANGUAGES
    }  # fmt: skip


def ingredients(codebook: Codebook, names: Iterable[str]) -> list[str]:
    """The collected variables from which the named ones are derived, in the codebook's order; those that are not derived are left out."""
    found: set[str] = set()
    todo = [name for name in names if name in codebook.derived]
    while todo:
        step = codebook.derived[todo.pop()]
        parts = [*step.variables, *step.when, *(name for when, _ in step.rules for name in when)]
        parts += [step.household] if step.household else []
        todo += [name for name in parts if name in codebook.derived]
        found |= set(parts) - set(codebook.derived)
    return [name for name in codebook.variables if name in found]


def missing(
    parts: Iterable[tuple[Survey, Collection[str]]], names: Mapping[str, Label], **inside: str
) -> pd.DataFrame:
    """One row a wave and variable: persons asked, persons who answered, cells without an answer by declared reason, and as a share of those asked.

    `parts`: surveys with the variables to tell of (of derived ones their ingredients too); `names` their labels; `inside`: field = code, the persons meant. A person was asked
    unless the condition of the question is known not to hold. `no_reason` counts cells that are empty without a code, and derived values that cannot be told.
    """
    import pandas as pd

    from analysis.study import derived

    reasons: dict[tuple[str, str], str] = {}
    rows = []
    for survey, told_of in parts:
        codebook, frame = survey.codebook, survey.frame
        wanted = {*told_of, *ingredients(codebook, told_of)}
        kept = pd.Series(True, index=frame.index)
        for field, code in inside.items():
            kept &= frame[field].eq(code).fillna(False).astype(bool)
        for name, variable in codebook.variables.items():
            if name not in wanted or name not in frame:
                continue
            true, untold = derived.holds(
                frame, {key: v for key, v in variable.asked_if.items() if key in frame}
            )
            asked = kept & (true | untold)
            answered = asked & frame[name].notna()
            row: dict[str, Any] = {
                "wave": str(survey.wave), "variable": name, "label": names[name],
                "asked": int(asked.sum()), "answered": int(answered.sum()), "persons": int(kept.sum()),
            }  # fmt: skip
            for code, label in variable.missing.items():
                column = reasons.setdefault((label["it"], label["en"]), f"missing_{len(reasons) + 1}")
                held = (survey.reasons[name].eq(code) & asked).sum() if name in survey.reasons else 0
                row[column] = row.get(column, 0) + int(held)
            told = sum(row.get(column, 0) for column in reasons.values())
            rows.append(row | {"no_reason": row["asked"] - row["answered"] - told})
    columns = ["wave", "variable", "label", "asked", "answered", *reasons.values(), "no_reason", "persons"]
    table = pd.DataFrame(rows, columns=columns)
    lacking = (table["asked"] - table["answered"]).astype(float)
    # who was not asked is a class of persons
    table["asked_share"] = table["asked"].astype(float) / table["persons"].astype(float)
    table["missing_share"] = (lacking / table["asked"].astype(float)).where(table["asked"] > 0)
    # an answer not given is no class of persons: it is withheld only with the persons asked
    count = {"unit": "count", "n": "asked"}
    table.attrs["columns"] = {
        "label": {"text": True},
        "asked": {"counts": "persons"},
        "answered": {"counts": "persons"},
        **{column: count | {"header": {"it": it, "en": en}} for (it, en), column in reasons.items()},
        "no_reason": count,
        "persons": {"counts": "persons", "hidden": True},
        "asked_share": {"unit": "share", "n": "persons", "cases": "asked", "hidden": True},
        "missing_share": {"unit": "share", "digits": 1, "n": "asked", "cases": "asked"},
    }
    return table.astype(dict.fromkeys(reasons.values(), float))


def registers(study: Study, names: Iterable[str]) -> pd.DataFrame:
    """One row a table of the study among `names`: what it is, what identifies a row, rows. Each is a complete count of what the study registered."""
    import pandas as pd

    known = contracts().tables
    held = [name for name in dict.fromkeys(names) if name in known and study.has(name)]
    frame = pd.DataFrame(
        {
            "register": [known[name].label for name in held],
            "sampling_kind": "register",
            "row_key": [_joined(known[name].fields[key].label for key in known[name].key) for name in held],
            "rows": [len(study.table(name)) for name in held],
        }
    )
    frame.attrs["columns"] = {
        "register": {"text": True},
        "row_key": {"text": True},
        "rows": {"counts": "things"},
    }
    return frame


def keepers(study: Study, names: Iterable[str]) -> pd.DataFrame:
    """One row a table of the study among `names`: what it is, rows, who collected them, empty where study.toml does not tell."""
    import pandas as pd

    known = contracts().tables
    held = [name for name in dict.fromkeys(names) if study.has(name)]
    frame = pd.DataFrame(
        {
            "register": [known[name].label for name in held],
            "rows": [len(study.table(name)) for name in held],
            "collected_by": [study.settings.registers.get(name) for name in held],
        }
    )
    frame.attrs["columns"] = {
        "register": {"text": True},
        "rows": {"counts": "things"},
        "collected_by": {"text": True},
    }
    return frame


def gaps(study: Study, read: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """One row a column with empty cells, of the columns that `read` names by table of the study: whether its contract requires it, rows, empty cells."""
    import pandas as pd

    known = contracts().tables
    rows = []
    for name, columns in read.items():
        if not study.has(name):
            continue
        frame = study.table(name)
        for column in columns:
            field = known[name].fields[column]
            empty = int(frame[column].isna().sum()) if column in frame else len(frame)
            if empty:
                rows.append((known[name].label, column, field.label, "yes" if field.required else "no", len(frame), empty))  # fmt: skip
    table = pd.DataFrame(rows, columns=["register", "variable", "label", "required", "rows", "empty"])
    table.attrs["columns"] = {
        "register": {"text": True},
        "label": {"text": True},
        "required": {"labels": "flag"},
        "rows": {"counts": "things"},
        "empty": {"counts": "things"},
    }
    return table


def unmatched(study: Study) -> pd.DataFrame:
    """One row a municipality on which the sources of the national territory disagree: residents, whether it keeps them, why; no row where the study has its own territory."""
    import pandas as pd

    columns = ["code", "name", "province", "population", "reason_it", "reason_en"]
    listed = pd.DataFrame(columns=columns) if study.territory_source is None else territory.read_unmatched()
    frame = pd.DataFrame(
        {
            "municipality_code": listed["code"].astype(object),
            "municipality": listed["name"].astype(object),
            "province": listed["province"].astype(object),
            "residents": listed["population"].astype(float),
            "kept": listed["population"].notna().map({True: "with_population", False: "without_population"}),
            "reason": [{"it": it, "en": en} for it, en in zip(listed["reason_it"], listed["reason_en"])],
        }
    )
    frame.attrs["columns"] = {"residents": {"unit": "persons"}, "reason": {"text": True}}
    return frame


def _joined(labels: Iterable[Label]) -> Label:
    parts = list(labels)
    return {lang: ", ".join(part[lang] for part in parts) for lang in LANGUAGES}
