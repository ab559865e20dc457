"""A study: one folder opened, its tables read when asked for, what it tells the evidence about itself.

`open_study("demo")` finds data/demo; a path opens a folder anywhere. Nothing here computes a result, and importing this module loads no pandas:
the command line lists studies with it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import places
from analysis.errors import Fault, StudyError, say
from analysis.study import context, readers, semesters, settings, territory
from analysis.study.codebook import Codebook
from analysis.study.codebook import read as read_codebook
from analysis.study.contracts import contracts, known_name, nearest
from analysis.study.declared import load
from analysis.study.readers import Source
from analysis.study.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from analysis.study.checking import Surroundings
    from analysis.study.microdata import Shelf, Survey

SCENARIOS = "scenarios"  # declared quantities in TOML: no table, but a notebook needs it as it needs one


def present(data: Path | None = None) -> list[str]:
    """Identifiers of the studies under data/ (folders with a study.toml), sorted."""
    folder = data or places.data()
    return sorted(path.parent.name for path in folder.glob("*/study.toml")) if folder.is_dir() else []


def open_study(name: str | os.PathLike[str]) -> Study:
    """The study of that identifier under data/, or in the folder of that path (either kind of slash). Raises StudyError with all faults of study.toml."""
    text = os.fspath(name).strip().strip('"')
    forms = dict.fromkeys((text, text.replace("\\", "/")))
    candidates = [path for form in forms for path in (places.data() / form, Path(form), places.root() / form)]
    for folder in candidates:
        if text and (folder / "study.toml").is_file():
            return Study(folder.resolve())
    near = nearest(text, present())
    new = say("Uno nuovo: altro new CARTELLA.", "A new one: altro new FOLDER.")
    step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else new
    allowed = say(
        f"{', '.join(present())}, o una cartella con study.toml",
        f"{', '.join(present())}, or a folder with study.toml",
    )
    raise StudyError(
        Fault(say(f"lo studio «{text}» non c'è", f"there is no study “{text}”"), "", allowed, step)
    )


class Study:
    """A study folder: settings read at once, tables when asked for and then kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = os.environ.get("ALTRO_DATA_HOME")
        self._home = Path(home).expanduser().resolve() if home else None
        expected = folder.name if folder.parent == places.data().resolve() else ""
        self.settings: Settings = settings.read(folder, self.shown(folder), expected)
        self.id = self.settings.id
        declared = os.environ.get("ALTRO_DECLARED")
        self._declared: frozenset[str] | None = None if declared is None else frozenset(json.loads(declared))
        self._told = None if declared is None else os.environ.get("ALTRO_TABLES")
        self._frames: dict[str, pd.DataFrame] = {}
        self._surveys: dict[int, Survey] = {}

    def shown(self, path: Path) -> str:
        """The path in messages: from the project's root, else from the study's own folder; never an absolute one."""
        if self._home is not None and path.is_relative_to(self._home):
            return f"$ALTRO_DATA_HOME/{path.relative_to(self._home).as_posix()}"
        for base in (places.root().resolve(), self.folder.parent):
            if path.is_relative_to(base):
                return path.relative_to(base).as_posix()
        return path.name

    # What is there

    @functools.cached_property
    def _located(self) -> tuple[dict[str, list[Source]], list[Source]]:
        """Sources of each table: in the study's folder, or else under ALTRO_DATA_HOME; and what is no table (in the study's folder only)."""
        found, strangers = readers.locate(self.folder)
        private = readers.locate(self._home / self.id)[0] if self._home is not None else {}
        return private | found, strangers

    @functools.cached_property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that hold rows, sorted; "survey" when the files of at least one wave are in place, "scenarios" with scenarios.toml. Needs no pandas."""
        if self._told is not None:  # by the plan: a run opens no table that its notebook does not declare
            return tuple(json.loads(self._told))
        names = [name for name, sources in self._located[0].items() if readers.has_rows(sources[0])]
        if self._waves_in_place():
            names.append("survey")
        if self._scenarios_file.exists():
            names.append(SCENARIOS)
        if context.complete(self.settings.context, self._context_folders):
            names.append(context.CONTEXT)
        return tuple(sorted(names))

    def has(self, table: str) -> bool:
        """Whether the study holds that table; "territory" also when it uses the national one. A name that no contract knows is refused."""
        known_name(table)
        if table == "territory" and self.settings.territory == "national":
            return territory.national_file().exists()
        return table in self.tables

    def files(self, table: str) -> list[Path]:
        """The files that hold a table: of "survey" the codebook and the wave files in place, of "territory" the study's own or the national file."""
        known_name(table)
        if table == "survey":
            waves = self.codebook.waves.values() if self._codebook_file.exists() else ()
            found = (self._shelf.find(name) for wave in waves for name in wave.files)
            return [self._codebook_file, *dict.fromkeys(item[0] for item in found if item)] if waves else []
        if table == SCENARIOS:
            return [self._scenarios_file] if self._scenarios_file.exists() else []
        if table == context.CONTEXT:
            return context.files(self.settings.context, self._context_folders)
        if table == "territory" and not self._own_territory():
            return territory.files()
        return list(dict.fromkeys(source.path for source in self._located[0].get(table, [])))

    # Tables

    def table(self, name: str) -> pd.DataFrame:
        """The table, typed by its contract. Raises StudyError with all its faults, or when it is absent or not among the notebook's needs."""
        self._allow(name)
        frame, faults = self._checked(name)
        if faults:
            raise StudyError(faults)
        return frame.copy(deep=False)

    def _allow(self, name: str) -> None:
        known_name(name)
        if self._declared is not None and name not in self._declared:
            what = say(
                f"il notebook legge la tabella {name} senza dichiararla",
                f"the notebook reads the table {name} without declaring it",
            )
            raise StudyError(Fault(what, "[needs]", ", ".join(sorted(self._declared)), say(f"Aggiungere \"{name}\" a [needs] nel TOML del notebook.", f"Add \"{name}\" to [needs] in the notebook's TOML.")))  # fmt: skip

    def _checked(self, name: str) -> tuple[pd.DataFrame, list[Fault]]:
        if name in self._frames:
            return self._frames[name], []
        from analysis.study import checking

        table = contracts().tables.get(name)
        sources = self._located[0].get(name, [])
        if table is None or not sources:
            near = nearest(name, self.tables)
            step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
            raise StudyError(
                Fault(
                    say(f"lo studio non ha la tabella {name}", f"the study has no table {name}"),
                    self.shown(self.folder),
                    ", ".join(self.tables),
                    step,
                )
            )
        if len(sources) > 1:
            what = say(f"la tabella {name} sta in due posti", f"the table {name} stands in two places")
            once = say("un solo file o foglio per tabella", "one file or sheet a table")
            step = say("Togliere quello che non serve.", "Remove the one that is not needed.")
            raise StudyError(Fault(what, " + ".join(map(self._shown_source, sources)), once, step))
        shown = self._shown_source(sources[0])
        frame, faults = checking.check(
            self._raw(name), table, shown, self.settings.dialect, self._surroundings
        )
        if not faults:
            self._frames[name] = frame
        return frame, faults

    def _shown_source(self, source: Source) -> str:
        sheet = say(f", foglio {source.sheet}", f", sheet {source.sheet}") if source.sheet else ""
        return self.shown(source.path) + sheet

    def _raw(self, name: str) -> pd.DataFrame:
        source = self._located[0][name][0]
        return readers.read(
            source, self.settings.dialect, self._shown_source(source), contracts().tables[name].fields
        )

    @functools.cached_property
    def _surroundings(self) -> Surroundings:
        from analysis.study.checking import Surroundings

        known, owners = functools.cache(self._known), functools.cache(self._owners)
        return Surroundings(
            self.settings.start, self.settings.end, len(self.settings.semesters), known, owners
        )

    def _column(self, name: str, column: str) -> pd.Series:
        """One column of a table as written, found by its header."""
        from analysis.study import cells, checking

        raw, table = self._raw(name), contracts().tables[name]
        found, _ = checking.match_columns(list(raw.columns), table, "")
        written = next((header for header, field in found.items() if field == column), None)
        if written is None:
            return cells.text_of(raw.iloc[:, 0]).iloc[:0]
        return cells.text_of(raw.iloc[:, list(raw.columns).index(written)])

    def _known(self, name: str) -> Set[str] | None:
        from analysis.study import cells

        if name not in self.tables:
            return None
        try:
            identifiers = self._column(name, contracts().tables[name].key[0])
        except StudyError:
            return cells.UNREADABLE
        return frozenset(identifiers[identifiers != ""]) or cells.UNREADABLE

    def _owners(self, name: str, column: str) -> pd.Series:
        owners = self._column(name, column)
        owners.index = self._column(name, contracts().tables[name].key[0])
        return owners[~owners.index.duplicated()]

    # Scenarios, survey and territory

    @property
    def _scenarios_file(self) -> Path:
        return self.folder / "scenarios.toml"

    @property
    def scenarios(self) -> dict[str, Any]:
        """scenarios.toml as parsed; empty where the study declares none. What its lines must hold is checked by the room that draws them."""
        self._allow(SCENARIOS)
        path = self._scenarios_file
        return load(path, self.shown(path)) if path.exists() else {}

    @property
    def _context_folders(self) -> list[Path]:
        return context.folders(self.folder / "survey", self._home, self.id)

    def published(self) -> pd.DataFrame:
        """The published statistics that the study names as background: statistic, place, sex, year, value. Raises StudyError with all faults."""
        self._allow(context.CONTEXT)
        return context.read(self.settings.context, self._context_folders)

    @property
    def _codebook_file(self) -> Path:
        return self.folder / "survey" / "codebook.toml"

    @functools.cached_property
    def codebook(self) -> Codebook:
        """The survey's codebook. Raises StudyError with all its faults."""
        return read_codebook(self._codebook_file, self.shown(self._codebook_file), self.settings.dialect)

    @functools.cached_property
    def _shelf(self) -> Shelf:
        from analysis.study.microdata import Shelf

        folders = [(self.folder / "survey", self.shown(self.folder / "survey"))]
        if self._home is not None:
            folders.append((self._home / self.id, f"$ALTRO_DATA_HOME/{self.id}"))
        return Shelf(tuple(folders))

    def _waves_in_place(self) -> list[int]:
        if not self._codebook_file.exists():
            return []
        try:
            waves = self.codebook.waves
        except StudyError:
            return [0]
        return [
            number for number, wave in waves.items() if all(self._shelf.find(name) for name in wave.files)
        ]

    def waves(self) -> tuple[int, ...]:
        """Numbers of the survey's waves whose files are in place."""
        return tuple(sorted(number for number in self._waves_in_place() if number))

    def survey(self, wave: int = 1) -> Survey:
        """One wave of the survey. Raises StudyError with all faults of its files, or when there is none."""
        from analysis.study import microdata

        self._allow("survey")
        if not self._codebook_file.exists():
            raise StudyError(
                Fault(
                    say("lo studio non ha un'indagine", "the study has no survey"),
                    self.shown(self.folder),
                    "survey/codebook.toml",
                )
            )
        if wave not in self._surveys:
            self._surveys[wave] = microdata.read(self.codebook, wave, self._shelf, self._surroundings.known)
        kept = self._surveys[wave]
        return microdata.Survey(
            kept.frame.copy(deep=False), kept.codebook, kept.wave, kept.reasons.copy(deep=False)
        )

    def _own_territory(self) -> bool:
        return self.settings.territory == "own" or (
            not self.settings.territory and "territory" in self._located[0]
        )

    def territory(self) -> pd.DataFrame:
        """The study's territory: its own table, or the national one when `[territory] source = "national"` (or it has none of its own)."""
        if self._own_territory():
            return self.table("territory")
        self._allow("territory")
        return territory.read_municipalities()

    def outlines(self) -> pd.DataFrame:
        """Outlines of the provinces of the national territory (province_code, province, region, ring, lon, lat); no rows where the study has a territory of its own."""
        if self._own_territory():
            return territory.no_outlines()
        self._allow("territory")
        return territory.outlines()

    @property
    def territory_source(self) -> dict[str, str] | None:
        """The source line (it, en) of what is drawn from the national territory; None where the study has its own."""
        return None if self._own_territory() else territory.read_source()

    def semester(self, dates: pd.Series) -> pd.Series:
        """The number of the semester (from 1) in which each date falls: int64, or Int64 with NA where a date is empty or in none."""
        return semesters.numbers(dates, self.settings.semesters)

    @property
    def pending(self) -> list[Fault]:
        """What an edition still needs of study.toml, privacy.toml and the codebook: missing translations, texts to fill in, declarations on personal data."""
        faults = list(self.settings.pending)
        if self._codebook_file.exists():
            with contextlib.suppress(StudyError):
                faults += self.codebook.pending
        return faults

    def check(self, draft: bool = False) -> list[Fault]:
        """Every fault of the folder, none raised. With `draft`, without those that only keep an edition from being published."""
        found, strangers = self._located
        faults = [] if draft else self.pending
        faults += [readers.stranger(source, self._shown_source(source)) for source in strangers]
        for name in sorted(found):
            try:
                faults += self._checked(name)[1]
            except StudyError as error:
                faults += error.faults
        if self._codebook_file.exists():
            faults += self._check_survey()
        if self._scenarios_file.exists():
            try:
                load(self._scenarios_file, self.shown(self._scenarios_file))
            except StudyError as error:
                faults += error.faults
        if self.settings.territory == "own" and "territory" not in found:
            faults.append(
                Fault(
                    say("manca la tabella territory", "the table territory is missing"),
                    f"{self.shown(self.folder)}/study.toml, [territory] source",
                    "national",
                )
            )
        return faults

    def _check_survey(self) -> list[Fault]:
        from analysis.study import microdata

        try:
            codebook = self.codebook
        except StudyError as error:
            return list(error.faults)
        shown = f"{self.shown(self.folder)}/study.toml"
        faults = codebook.undescribed(self.settings.sampling, shown)
        for number, wave in codebook.waves.items():
            if microdata.absent(codebook, self._shelf, wave) and codebook.obtain:
                continue
            try:
                self._surveys.setdefault(
                    number, microdata.read(codebook, number, self._shelf, self._surroundings.known)
                )
            except StudyError as error:
                faults += error.faults
        return faults

    def context(self) -> dict[str, Any]:
        """What the evidence needs to know of the study: a plain mapping, ready for JSON. Raises StudyError when `actors` or the codebook has faults."""
        from analysis.study import describe

        actors = None
        if "actors" in self.tables:
            actors, faults = self._checked("actors")
            if faults:
                raise StudyError(faults)
        variables = self.codebook.labels() if self._codebook_file.exists() else {}
        return describe.context(self.settings, self.tables, actors, variables, self.pending)
