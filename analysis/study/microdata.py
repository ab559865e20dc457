"""One wave of a survey against its codebook: files found, verified, joined; cells typed; missing codes told apart; derived variables added.

A wave's files lie in the study's survey/ folder or, second, under `$ALTRO_DATA_HOME/<study>/`, whose address is never recorded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import Fault, StudyError, say
from analysis.study import cells, derived, readers
from analysis.study.cells import Place, list_faults, quoted
from analysis.study.codebook import Codebook, Variable, Wave
from analysis.study.contracts import nearest, plain

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Survey:
    """One wave ready for estimation.

    frame: a row for each unit, columns in the codebook's order, derived ones last; codes as str, numbers float64, dates datetime64[us], NA where
    empty, missing or not asked. reasons: for the variables with missing codes, the code that each cell held (label in the codebook), NA
    where it held none.
    """

    frame: pd.DataFrame
    codebook: Codebook
    wave: int
    reasons: pd.DataFrame

    @property
    def missing(self) -> pd.DataFrame:
        """variable, code, n of the cells that held a missing code, in the order of the codes."""
        import pandas as pd

        counts = [
            (str(name), str(code), int(n))
            for name in self.reasons
            for code, n in self.reasons[name].value_counts().sort_index().items()
        ]
        return pd.DataFrame(counts, columns=["variable", "code", "n"])


@dataclass(frozen=True)
class Shelf:
    """Where the files of a survey may lie: (folder, its name in messages), in order of search."""

    folders: tuple[tuple[Path, str], ...]

    @property
    def codebook(self) -> str:
        """The codebook's name in messages."""
        return f"{self.folders[0][1]}/codebook.toml"

    def find(self, name: str) -> tuple[Path, str] | None:
        """The first file of that name, and how it is shown."""
        for folder, shown in self.folders:
            if (folder / name).is_file():
                return folder / name, f"{shown}/{name}"
        return None


def absent(codebook: Codebook, shelf: Shelf, wave: Wave) -> list[Fault]:
    """Faults of files that are in none of the places; with the codebook's advice on how to obtain them."""
    advice = codebook.obtain
    faults = []
    for name in wave.files:
        if shelf.find(name) is None:
            places = say(" o ", " or ").join(f"{shown}/" for _, shown in shelf.folders)
            faults.append(
                Fault(
                    say(f"manca il file {name}", f"the file {name} is missing"),
                    f"{shelf.codebook}, [waves.{wave.number}] files",
                    places,
                    say(advice["it"], advice["en"]) if advice else "",
                )
            )
    return faults


def read(codebook: Codebook, number: int, shelf: Shelf, known: Callable[[str], Set[str] | None]) -> Survey:
    """The wave of that number. Raises StudyError with all faults of its files.

    known: identifiers of a table of the study, None when absent.
    """
    import pandas as pd

    if number not in codebook.waves:
        what = say(f"la rilevazione {number} non è nel codebook", f"wave {number} is not in the codebook")
        raise StudyError(Fault(what, shelf.codebook, ", ".join(map(str, codebook.waves))))
    wave = codebook.waves[number]
    faults = absent(codebook, shelf, wave)
    if faults:
        raise StudyError(faults)
    asked = {
        name: item
        for name, item in codebook.variables.items()
        if not item.is_derived and (not item.waves or number in item.waves)
    }
    columns: dict[str, pd.Series] = {}
    reasons: dict[str, pd.Series] = {}
    for position, name in enumerate(wave.files):
        path, shown = shelf.find(name) or (Path(name), name)
        faults += _verify(path, shown, wave.sha256.get(name))
        raw = readers.read(readers.Source("survey", path), wave.dialect, shown)
        typed, coded, found_faults = _type(raw, asked, wave, shown, known)
        faults += found_faults
        if position == 0:
            first = typed
            faults += _key_faults(typed, wave.key, shown)
            columns |= {name: typed[name] for name in typed.columns}
            reasons |= {name: coded[name] for name in coded.columns}
            continue
        key = wave.join[name]
        join_faults = _join_faults(first, typed, key, shown, set(columns))
        faults += join_faults
        if not join_faults:
            columns |= _aligned(first, typed, typed, key)
            reasons |= _aligned(first, typed, coded, key)
    lacking = [name for name in asked if name not in columns]
    for name in lacking:
        label = asked[name].label
        what = say(
            f"manca la variabile {name} ({label['it']})", f"the variable {name} ({label['en']}) is missing"
        )
        step = say(
            "Se non è stata chiesta, scrivere waves = […] nella variabile.",
            "If it was not asked, write waves = […] in the variable.",
        )
        faults.append(
            Fault(
                what,
                f"{shelf.codebook}, [waves.{number}] files",
                say(f"una colonna {asked[name].column}", f"a column {asked[name].column}"),
                step,
            )
        )
    if not lacking and not faults:
        faults += _universe(columns, asked, wave, (shelf.find(wave.files[0]) or (Path(), ""))[1])
    if faults:
        raise StudyError(faults)
    frame = pd.DataFrame({name: columns[name] for name in asked}).reset_index(drop=True)
    for name, step_ in codebook.derived.items():
        if set(_ingredients(step_)) <= set(frame.columns):
            frame[name] = derived.derive(frame, step_)
    held = pd.DataFrame({name: reasons[name] for name in asked if name in reasons}, index=first.index)
    return Survey(frame, codebook, number, held.reset_index(drop=True))


def _ingredients(step: derived.Derived) -> list[str]:
    names = [*step.variables, *step.when, *(name for when, _ in step.rules for name in when)]
    return [*names, step.household] if step.household else names


def _verify(path: Path, shown: str, expected: str | None) -> list[Fault]:
    if expected is None:
        return []
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found == expected:
        return []
    step = say(
        "È un'altra versione del file, oppure il file è stato modificato.",
        "It is another version of the file, or the file was changed.",
    )
    return [Fault(say(f"la somma di controllo è {found}", f"the checksum is {found}"), shown, expected, step)]


def _type(
    raw: pd.DataFrame,
    asked: dict[str, Variable],
    wave: Wave,
    shown: str,
    known: Callable[[str], Set[str] | None],
) -> tuple[pd.DataFrame, pd.DataFrame, list[Fault]]:
    """The columns of one file typed (index = row number), the missing codes of those that have some, faults."""
    import pandas as pd
    from pandas.api import types

    headers = {plain(item.column): name for name, item in asked.items()}
    faults: list[Fault] = []
    reasons: dict[str, pd.Series] = {}
    typed: dict[str, pd.Series] = {}
    for position, written in enumerate(raw.columns):
        name, place = headers.get(plain(written)), Place(shown, str(written))
        if name is None:
            if wave.other_columns == "fault":
                faults.append(_unknown(str(written), place, asked))
            continue
        if name in typed:
            faults.append(
                Fault(
                    say(f"la colonna {written} compare due volte", f"the column {written} occurs twice"),
                    place.whole(),
                )
            )
            continue
        variable, column = asked[name], raw.iloc[:, position]
        texts = cells.text_of(column)
        if wave.empty:
            column = texts = texts.mask(texts.isin(list(wave.empty)), "")
        if variable.type in ("code", "integer") and not types.is_numeric_dtype(column):
            column = texts = _whole(texts, wave.dialect.decimal)
        if variable.missing:
            coded = texts.isin(list(variable.missing))
            reasons[name] = texts.where(coded)
            column = texts.mask(coded, "")
        values, found = cells.convert(column, variable.field(), place, wave.dialect)
        faults += [_with_missing_codes(fault, variable) for fault in found]
        if variable.to:
            faults += cells.dangling(values, variable.field(), place, known(variable.to))
        typed[name] = values
    return pd.DataFrame(typed, index=raw.index), pd.DataFrame(reasons, index=raw.index), faults


def _unknown(written: str, place: Place, asked: dict[str, Variable]) -> Fault:
    near = nearest(written, [item.column for item in asked.values()])
    describe = say("Descriverla nel codebook.", "Describe it in the codebook.")
    return Fault(
        say(f"colonna sconosciuta {quoted(written)}", f"unknown column {quoted(written)}"),
        place.whole(),
        say("le variabili del codebook", "the variables of the codebook"),
        say(f"Forse {quoted(near)}?", f"Perhaps {quoted(near)}?") if near else describe,
    )


def _whole(texts: pd.Series, decimal: str) -> pd.Series:
    """98.0 as 98: programs write whole numbers so where the column has gaps."""
    import pandas as pd

    distinct = pd.Series(texts.unique(), dtype="str")
    trimmed = distinct.str.replace(rf"^([+-]?\d+)\{decimal}0+$", r"\1", regex=True)
    return (
        texts if bool((trimmed == distinct).all()) else texts.map(dict(zip(distinct, trimmed))).astype("str")
    )


def _with_missing_codes(fault: Fault, variable: Variable) -> Fault:
    """What is allowed, with the variable's missing codes added."""
    if not variable.missing:
        return fault
    codes = ", ".join(variable.missing)
    allowed = fault.allowed + say(
        f", o un codice di mancata risposta ({codes})", f", or a missing code ({codes})"
    )
    return Fault(fault.what, fault.where, allowed, fault.next_step)


def _combined(frame: pd.DataFrame, key: tuple[str, ...]) -> pd.Series:
    """The key of each row as one text; empty where a part of it is."""
    parts = [cells.text_of(frame[name]) for name in key]
    whole = parts[0].str.cat(parts[1:], sep=" · ") if len(parts) > 1 else parts[0]
    return whole.where(frame[list(key)].notna().all(axis=1))


def _key_faults(frame: pd.DataFrame, key: tuple[str, ...], shown: str) -> list[Fault]:
    """The key must be there, filled and unique."""
    if not key or not set(key) <= set(frame.columns):
        return []
    column, place, name = _combined(frame, key), Place(shown, " + ".join(key)), " + ".join(key)
    empty = column.isna()
    faults = list_faults(
        column,
        empty,
        place,
        lambda _: (say("cella vuota", "empty cell"), say("un identificativo", "an identifier"), ""),
    )
    repeated = column.duplicated() & ~empty
    return faults + list_faults(
        column, repeated, place,
        lambda value: (say(f"{quoted(value)} compare più di una volta", f"{quoted(value)} occurs more than once"), say(f"ogni {name} una volta sola", f"each {name} once"), ""),
    )  # fmt: skip


def _join_faults(
    first: pd.DataFrame, other: pd.DataFrame, key: tuple[str, ...], shown: str, present: set[str]
) -> list[Fault]:
    """Why the columns of another file cannot be joined to those of the first."""
    absent_ = [name for name in key if name not in other.columns or name not in first.columns]
    if absent_ or not key:
        what = say(f"manca la chiave {', '.join(absent_)}", f"the key {', '.join(absent_)} is missing")
        return [
            Fault(
                what,
                shown,
                say(
                    "le colonne che uniscono i file della rilevazione",
                    "the columns that join the files of the wave",
                ),
            )
        ]
    faults = _key_faults(other, key, shown)
    twice = [name for name in other.columns if name not in key and name in present]
    faults += [
        Fault(
            say(f"{name} sta già in un altro file", f"{name} stands in another file already"),
            Place(shown, name).whole(),
        )
        for name in twice
    ]
    ours, theirs, name = _combined(first, key), _combined(other, key), " + ".join(key)
    stray = theirs.notna() & ~theirs.isin(ours)
    faults += list_faults(
        theirs, stray, Place(shown, name),
        lambda value: (say(f"{quoted(value)} non è nel primo file", f"{quoted(value)} is not in the first file"), say(f"un {name} del primo file", f"a {name} of the first file"), ""),
    )  # fmt: skip
    return faults


def _aligned(
    first: pd.DataFrame, other: pd.DataFrame, columns: pd.DataFrame, key: tuple[str, ...]
) -> dict[str, pd.Series]:
    """`columns`, by row of another file, aligned to the rows of the first by `key`; units without a row there get NA."""
    ours, theirs = _combined(first, key), _combined(other, key)
    kept = [name for name in columns if name not in key]
    aligned = columns[kept].set_axis(theirs).reindex(ours)
    return {str(column): aligned[column].set_axis(first.index) for column in aligned.columns}


def _universe(
    columns: dict[str, pd.Series], asked: dict[str, Variable], wave: Wave, shown: str
) -> list[Fault]:
    """Answers of people to whom the question does not apply."""
    import pandas as pd

    faults: list[Fault] = []
    conditions = {
        name: item for name, item in asked.items() if item.asked_if and set(item.asked_if) <= set(columns)
    }
    if not conditions:
        return []
    frame = pd.DataFrame(
        {name: columns[name] for name in {key for item in conditions.values() for key in item.asked_if}}
    )
    for name, variable in conditions.items():
        true, untold = derived.holds(frame, variable.asked_if)
        answered = columns[name].notna() & ~true & ~untold
        condition = ", ".join(f"{key} = {value}" for key, value in variable.asked_if.items())
        faults += list_faults(
            columns[name], answered, Place(shown, variable.column),
            lambda value, condition=condition: (  # type: ignore[misc]
                say(f"{quoted(value)}: risposta a una domanda che non la riguarda", f"{quoted(value)}: answer to a question that does not apply"),
                say(f"vuota, salvo {condition}", f"empty, unless {condition}"), ""),
        )  # fmt: skip
    return faults
