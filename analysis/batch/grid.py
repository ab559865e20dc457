"""Many parameter sets at once: axes typed on the command line or written in batch.toml, checked whole and counted before anything starts.

Each notebook takes the axes that its schema knows; one that knows none is left out. The set in which every value is the default is the kept
edition of papers/, like any run without parameters.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.batch import parameters as typed
from analysis.errors import Fault, ParameterError, say

if TYPE_CHECKING:
    from analysis.batch.editions import Edition, Notebook

MOST = 10_000  # editions of one notebook in one grid
ENTRIES = ("studies", "notebooks", "grid", "set")  # of one [[batch]]


@dataclass(frozen=True)
class Choice:
    """Studies and notebooks by name (none named: all), the axes of the grid and the values held fixed; `where` it was written."""

    studies: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    where: str = "--grid"


@dataclass(frozen=True)
class Grid:
    """The parameter sets of each notebook of a choice, the lengths of its axes, and the notebooks that know none of the axes."""

    sets: Mapping[str, Sequence[Mapping[str, Any]]]
    lengths: Mapping[str, Sequence[int]]
    left_out: tuple[str, ...] = ()


def from_options(options: Sequence[str]) -> dict[str, list[str]]:
    """Axes typed as `name=value,value`; a value with a comma stands in double quotes. All faults at once."""
    axes: dict[str, list[str]] = {}
    faults: list[Fault] = []
    for option in options:
        name, equals, values = option.partition("=")
        name = name.strip()
        if not equals or not name:
            what = say(f"«{option}» non si capisce", f"'{option}' cannot be read")
            faults.append(Fault(what, "--grid", "name=value,value"))
        elif name in axes:
            what = say(f"«{name}» è dato due volte", f"'{name}' is given twice")
            step = say(
                f"Tutti i valori insieme: --grid {name}=…,…", f"All values together: --grid {name}=…,…"
            )
            faults.append(Fault(what, "--grid", next_step=step))
        else:
            try:
                row = next(csv.reader([values], skipinitialspace=True, strict=True), [])
            except csv.Error as error:
                what = say(
                    f"«{option}»: virgolette spaiate ({error})", f"'{option}': unpaired quotes ({error})"
                )
                faults.append(Fault(what, "--grid", 'name="a, b",c'))
                row = []
            axes[name] = [value.strip() for value in row] or [""]
    if faults:
        raise ParameterError(faults)
    return axes


def read(path: Path) -> list[Choice]:
    """The choices of a batch file: `[[batch]]` with `studies`, `notebooks`, `[batch.grid]` and `[batch.set]`. All faults at once."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        step = say("Scriverne il percorso da questa cartella.", "Give its path from this folder.")
        raise ParameterError(Fault(str(error.strerror), path.as_posix(), next_step=step)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(
            Fault(say(f"non è TOML valido ({error})", f"is not valid TOML ({error})"), path.as_posix())
        ) from error
    listed = document.get("batch")
    faults = [
        _unknown(name, path.as_posix(), "[[batch]]", ["batch"]) for name in sorted(set(document) - {"batch"})
    ]
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        what = say("manca [[batch]]", "[[batch]] is missing")
        raise ParameterError([*faults, Fault(what, path.as_posix(), '[[batch]]\nstudies = ["…"]')])
    choices = []
    for number, entry in enumerate(listed, start=1):
        where = f"{path.as_posix()} [[batch]] {number}"
        faults += [
            _unknown(name, where, ", ".join(ENTRIES), ENTRIES) for name in sorted(set(entry) - set(ENTRIES))
        ]
        faults += list(_ill_formed(entry, where))
        axes = {name: [value] if not isinstance(value, list) else value for name, value in _mapping(entry, "grid").items()}  # fmt: skip
        names = {key: tuple(map(str, _listed(entry, key))) for key in ("studies", "notebooks")}
        choices.append(Choice(**names, axes=axes, fixed=_mapping(entry, "set"), where=where))
    if faults:
        raise ParameterError(faults)
    return choices


def _ill_formed(entry: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for key in ("studies", "notebooks"):
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            yield Fault(say(f"«{key}» non è un elenco di nomi", f"'{key}' is no list of names"), where, f'{key} = ["…"]')  # fmt: skip
    for key, example in (("grid", "wave = [1, 2]"), ("set", "wave = 2")):
        if not isinstance(entry.get(key, {}), dict):
            yield Fault(say(f"«{key}» non è una tabella", f"'{key}' is no table"), where, f"[batch.{key}]\n{example}")  # fmt: skip
    for name, value in _mapping(entry, "set").items():
        if isinstance(value, list | dict):
            what = say(f"«{name}» ha più di un valore", f"'{name}' has more than one value")
            yield Fault(what, f"{where} [batch.set]", next_step=say("Più valori: [batch.grid].", "Several values: [batch.grid]."))  # fmt: skip


def _mapping(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = entry.get(key, {})
    return value if isinstance(value, dict) else {}


def _listed(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key, [])
    return value if isinstance(value, list) else []


def _unknown(name: str, where: str, allowed: str, names: Iterable[str]) -> Fault:
    near = get_close_matches(name, list(names), 1, cutoff=0.5)
    step = say(f"Forse «{near[0]}»?", f"Perhaps '{near[0]}'?") if near else ""
    return Fault(say(f"«{name}» sconosciuto", f"unknown '{name}'"), where, allowed, step)


def expand(books: Sequence[Notebook], choice: Choice) -> Grid:
    """Every parameter set of every notebook: the product of the axes that it knows, in the order of the axes. All faults at once.

    An axis that no notebook of the choice knows, a value that a notebook does not allow, a value given twice and a parameter that is both
    varied and fixed are refused.
    """
    faults: list[Fault] = []
    known = list(dict.fromkeys(name for book in books for name in book.schema))
    for name in choice.axes:
        if name not in known:
            near = get_close_matches(name, list(known), 1, cutoff=0.5)
            faults.append(
                Fault(
                    say(f"nessun notebook scelto ha il parametro «{name}»", f"no chosen notebook has a parameter '{name}'"),
                    choice.where,
                    ", ".join(known) or say("nessuno", "none"),
                    say(f"Forse «{near[0]}»?", f"Perhaps '{near[0]}'?") if near else "",
                )
            )  # fmt: skip
        if name in choice.fixed:
            what = say(f"«{name}» è sia variato sia fissato", f"'{name}' is both varied and fixed")
            faults.append(Fault(what, choice.where, say("uno dei due", "one of the two")))
        if not choice.axes[name]:
            faults.append(Fault(say(f"«{name}» non ha valori", f"'{name}' has no values"), choice.where))
    inside = [book for book in books if not choice.axes or set(choice.axes) & set(book.schema)]
    sets: dict[str, list[dict[str, Any]]] = {}
    lengths: dict[str, list[int]] = {}
    for book in inside:
        axes: dict[str, list[Any]] = {}
        for name, values in choice.axes.items():
            if name in book.schema:
                axes[name], wrong = _axis(book.schema[name], values, book.name)
                faults += wrong
        try:
            typed.validate(book.schema, choice.fixed, book.name)
        except ParameterError as error:
            faults += error.faults
        lengths[book.name] = [len(values) for values in axes.values()]
        if prod(lengths[book.name]) > MOST:
            what = f"{' × '.join(map(str, lengths[book.name]))} > {MOST}"
            step = say("Dividere la griglia in più file.", "Split the grid into several files.")
            faults.append(Fault(what, f"{choice.where}, {book.name}", next_step=step))
            continue
        sets[book.name] = [{**choice.fixed, **dict(zip(axes, point))} for point in product(*axes.values())]
    if faults:
        raise ParameterError(dict.fromkeys(faults))
    return Grid(sets, lengths, tuple(book.name for book in books if book not in inside))


def _axis(parameter: typed.Parameter, values: Sequence[Any], notebook: str) -> tuple[list[Any], list[Fault]]:
    """The values in the parameter's type, and what is wrong with them."""
    found: list[Any] = []
    faults: list[Fault] = []
    for value in values:
        try:
            one = typed.validate({parameter.name: parameter}, {parameter.name: value}, notebook)[
                parameter.name
            ]
        except ParameterError as error:
            faults += error.faults
            continue
        if one in found:
            what = say(f"{parameter.name} = {value!r} è dato due volte", f"{parameter.name} = {value!r} is given twice")  # fmt: skip
            faults.append(Fault(what, notebook))
        else:
            found.append(one)
    return found, faults


def once(editions: Iterable[Edition]) -> tuple[list[Edition], int]:
    """Each edition once, in the order of its first asking, and how many were asked for again."""
    found: dict[tuple[str, str], Edition] = {}
    asked = 0
    for edition in editions:
        asked += 1
        found.setdefault((str(edition.folder), edition.name), edition)
    return list(found.values()), asked - len(found)


def count_lines(planned: Sequence[Edition], grids: Iterable[Grid], again: int) -> list[str]:
    """What a grid comes to, in words: the number of editions and of which products, what is left out, and where default values go."""
    grids = list(grids)
    names = list(dict.fromkeys(edition.notebook.name for edition in planned))
    pieces = [
        f"{name} {' × '.join(str(length) for length in grid.lengths[name] if length > 1) or '1'}"
        for name in names
        for grid in grids
        if name in grid.lengths
    ]
    total = len(planned)
    told = say(
        "1 edizione" if total == 1 else f"{total} edizioni",
        "1 edition" if total == 1 else f"{total} editions",
    )
    studies = len({str(edition.folder) for edition in planned})
    if pieces and studies > 1:
        told += say(f" in {studies} studi", f" in {studies} studies")
    lines = [f"{told}: {'; '.join(pieces)}" if pieces else told]
    outside = dict.fromkeys(name for grid in grids for name in grid.left_out)
    if left := [name for name in outside if name not in names]:
        lines.append(say(f"fuori dalla griglia, perché non ne hanno i parametri: {', '.join(left)}", f"left out of the grid, as they have none of its parameters: {', '.join(left)}"))  # fmt: skip
    if again:
        lines.append(say(f"chieste più di una volta, eseguite una volta sola: {again}", f"asked for more than once, run once: {again}"))  # fmt: skip
    for edition in planned:
        if edition.kept and not edition.notebook.cites:
            lines.append(say(f"{edition.name}: valori predefiniti, è l'edizione di papers/", f"{edition.name}: default values, it is the edition in papers/"))  # fmt: skip
    return lines


def plan(
    choices: Iterable[Choice],
    books: Callable[[Sequence[str]], Sequence[Notebook]],
    plan_one: Callable[[Choice, Sequence[Notebook], Grid], list[Edition]],
) -> tuple[list[Edition], list[Grid], int]:
    """The editions of all choices, each once, with the grids and how many were asked for again. Every choice is checked before any is planned."""
    faults: list[Fault] = []
    expanded: list[tuple[Choice, Sequence[Notebook], Grid]] = []
    for choice in choices:
        chosen = books(choice.notebooks)
        try:
            expanded.append((choice, chosen, expand(chosen, choice)))
        except ParameterError as error:
            faults += error.faults
    if faults:
        raise ParameterError(dict.fromkeys(faults))
    found: list[Edition] = []
    for choice, chosen, grid in expanded:
        inside = [book for book in chosen if book.name in grid.sets]
        found += plan_one(choice, inside, grid)
    editions, again = once(found)
    return editions, [grid for *_, grid in expanded], again
