"""Editions: what a study, a notebook and a parameter set come to, where it lies, and whether it is up to date.

Default parameters of a study in data/ are an edition of papers/ and figures/, which are kept in git; anything else goes to build/editions/.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis import places
from analysis.batch import cited, closure, explain, keys, manifest
from analysis.batch import parameters as typed
from analysis.errors import AltroError, Fault, ParameterError, RunError, say

Renderer = Callable[..., list[Path]]
Inputs = Callable[[Path, Path | None], list[Path]]  # files on which a rendering of a notebook depends
KEPT = {
    "it.pdf",
    "en.pdf",
    "notebook.ipynb",
    "redif.rdf",
    "datacite.json",
    "CITATION.cff",
}  # papers kept in git
KEPT_FORMATS = ("pdf", "ipynb", "catalogue")  # their formats; all other papers are rendered in each checkout


@dataclass(frozen=True)
class Notebook:
    """A notebook and its front matter, as written by hand."""

    name: str
    path: Path

    @cached_property
    def front(self) -> dict[str, Any]:
        return tomllib.loads(self.path.with_suffix(".toml").read_text(encoding="utf-8"))

    @cached_property
    def cells(self) -> list[dict[str, Any]]:
        return json.loads(self.path.read_text(encoding="utf-8"))["cells"]

    def faults(self) -> list[Fault]:
        """Why its two files cannot be read; empty where they can."""
        found = []
        for name, suffix, kind in (("front", ".toml", "TOML"), ("cells", ".ipynb", "JSON")):
            path = f"notebooks/{self.name}{suffix}"
            try:
                getattr(self, name)
            except (ValueError, KeyError, TypeError) as error:
                found.append(
                    Fault(
                        say(f"non è {kind} valido ({error})", f"is not valid {kind} ({error})"),
                        path,
                        next_step=say(
                            "Correggerlo, o riprenderlo dalla versione precedente.",
                            "Mend it, or take the earlier version back.",
                        ),
                    )
                )
        if not found:
            try:
                _ = self.schema
            except AltroError as error:
                found += error.faults
        if not found and "cites" in self.front:
            found += cited.declaration(self, _present())
        return found

    @property
    def cites(self) -> dict[str, bool]:
        """The notebooks whose evidence it quotes, and whether it needs each; empty for a notebook that computes."""
        entry = self.front.get("cites", {})
        names = [*entry.get("notebooks", []), *entry.get("optional", [])]
        return {name: name in entry.get("notebooks", []) for name in names}

    @cached_property
    def schema(self) -> dict[str, typed.Parameter]:
        return typed.schema(self.front, self.name)

    @cached_property
    def code_parts(self) -> dict[str, str]:
        """Digest of each thing that every run depends on, whatever the study and the parameters."""
        return keys.code_parts(self.cells, self.front)

    @property
    def declared(self) -> list[str]:
        needs = self.front.get("needs", {})
        named = [name for kind in ("tables", "any", "optional") for name in needs.get(kind, [])]
        return named + (["territory"] if needs.get("territory") else [])

    def lacks(self, tables: Iterable[str]) -> list[str]:
        """Tables that the notebook, or one that it must cite, needs and the study has not; those of which one would do (`any`) as one entry."""
        known, held = _present() if self.cites else {}, set(tables)
        books = [self, *(known[name] for name, needed in self.cites.items() if needed)]
        needs = [book.front.get("needs", {}) for book in books]
        gone = [name for need in needs for name in need.get("tables", []) if name not in held]
        choices = [need["any"] for need in needs if need.get("any") and held.isdisjoint(need["any"])]
        return list(dict.fromkeys([*gone, *map(_one_of, choices)]))


def _one_of(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return say(f"una fra {listed}", f"one of {listed}")


def _present() -> dict[str, Notebook]:
    """The notebooks of the project that have front matter, by name."""
    paths = sorted(places.notebooks().glob("*.ipynb"))
    return {path.stem: Notebook(path.stem, path) for path in paths if path.with_suffix(".toml").exists()}


def notebooks(only: Iterable[str] | None = None) -> list[Notebook]:
    """The notebooks of the project that have front matter; `only` names some, and an unknown name is refused."""
    found = _present()
    unknown = [name for name in only or () if name not in found]
    if unknown:
        raise RunError(
            [
                Fault(
                    say(f"notebook «{name}» sconosciuto", f"unknown notebook '{name}'"),
                    "notebooks/",
                    ", ".join(found),
                )
                for name in unknown
            ]
        )
    return [found[name] for name in only] if only else list(found.values())


@dataclass(frozen=True)
class Edition:
    """One notebook on one study with one parameter set. `tables` are those that the notebook declares and the study has, `files` the study's files
    that the run may read, by printable name, `held` all tables of the study, and `cited` the editions from which a notebook that computes nothing
    is gathered."""

    study: str
    folder: Path
    notebook: Notebook
    values: Mapping[str, Any]
    tables: tuple[str, ...]
    files: Mapping[str, Path]
    settings: Any
    draft: bool = False
    cited: tuple[Edition, ...] = ()
    held: tuple[str, ...] = ()

    @cached_property
    def slug(self) -> str:
        return typed.slug(self.values, self.notebook.schema)

    @property
    def name(self) -> str:
        return "/".join(part for part in (self.study, self.notebook.name, self.slug) if part)

    @property
    def kept(self) -> bool:
        """Whether it belongs to papers/ and figures/: default parameters of a study in data/ whose data are not somebody else's to give."""
        own = self.folder.parent.resolve() == places.data().resolve()
        return own and not self.slug and not self.draft and self.settings.get("provenance") != "secondary"

    @property
    def record(self) -> Path:
        """Folder of evidence.json, notebook.ipynb and the papers."""
        if self.kept:
            return places.papers() / self.study / self.notebook.name
        shelf = "drafts" if self.draft else "editions"
        return places.build() / shelf / self.study / self.notebook.name / (self.slug or "default")

    @property
    def figures(self) -> Path:
        return places.figures() / self.study / self.notebook.name if self.kept else self.record / "figures"

    @property
    def manifest(self) -> Path:
        return places.papers() / self.study / "manifest.json" if self.kept else self.record / "manifest.json"

    @property
    def local_state(self) -> Path:
        return places.build() / "local" / self.study / f"{self.notebook.name}.json"

    @property
    def runs(self) -> Path:
        return places.build() / "runs" / self.study / self.notebook.name / (self.slug or "default")

    @property
    def texts(self) -> Path | None:
        path = self.folder / "texts" / f"{self.notebook.name}.toml"
        return path if path.exists() else None

    @cached_property
    def run_parts(self) -> dict[str, str]:
        if self.notebook.cites:
            return cited.run_parts(self)
        study = {"study.toml": self.settings, "tables": sorted(self.held)}
        lock = places.root() / "requirements.lock"
        return keys.run_parts(self.notebook.code_parts, self.values, self.files, study, lock)

    @property
    def reads(self) -> tuple[str, ...]:
        """Absolute paths of the files that the run may read: the study's, the notebook's own, and the code that its key holds."""
        own = (self.folder / "study.toml", self.notebook.path, self.notebook.path.with_suffix(".toml"))
        return tuple(
            map(str, (*self.files.values(), *own, *closure.files(keys.code_of(self.notebook.cells))))
        )

    def render_parts(self, inputs: Inputs) -> dict[str, str]:
        path = self.notebook.path
        return keys.render_parts(self.record / "evidence.json", self.figures, path, inputs(path, self.texts))

    def entry(self) -> dict[str, Any]:
        """What the manifest says of this edition; empty where it says nothing."""
        return manifest.read(self.manifest, self.study)["notebooks"].get(self.notebook.name, {})

    def run_reasons(self) -> list[str]:
        """Why the notebook must be executed, in words; empty where the kept record stands."""
        entry = self.entry()
        if not entry:
            return [say("mai eseguito", "never run")]
        reasons = explain.changes(self, entry["run"], self.run_parts)
        made = ("evidence.json", ".svg", ".csv", "notebook.ipynb")
        return reasons or [explain.damage(name) for name in self.damaged(entry) if name.endswith(made)]

    def damaged(self, entry: Mapping[str, Any]) -> list[str]:
        """Kept products that are missing or whose checksum differs."""
        root = places.root()
        return [
            name
            for name, checksum in entry.get("products", {}).items()
            if not (root / name).exists() or keys.of_file(root / name) != checksum
        ]

    def render_reasons(self, inputs: Inputs, formats: Iterable[str]) -> tuple[list[str], list[str]]:
        """Why papers must be rendered, and in which formats: where a part changed or a product is damaged, those asked for and all made
        before; else those not made yet."""
        entry = self.entry()
        parts = self.render_parts(inputs)
        local = self._local()
        every = list(dict.fromkeys([*formats, *self.formats()]))
        if not entry.get("render"):
            return [say("mai impaginato", "never rendered")], every
        if reasons := explain.changes(self, entry["render"], parts):
            return reasons, every
        fresh = local if local.get("render") == keys.key(parts) else {}
        bad = [*self.damaged(entry), *self.damaged(fresh)]
        if bad:
            return [explain.damage(name) for name in bad], every
        have = {*entry.get("formats", []), *fresh.get("formats", [])}
        missing = [name for name in every if name not in have]
        return [say(f"{name} mai fatto", f"{name} not made yet") for name in missing], missing

    def _local(self) -> dict[str, Any]:
        """What this checkout has rendered besides what is kept in git."""
        if not self.kept or not self.local_state.exists():
            return {}
        found: dict[str, Any] = json.loads(self.local_state.read_text(encoding="utf-8"))
        return found

    def formats(self) -> list[str]:
        """The formats made so far, those of this checkout included."""
        return [*self.entry().get("formats", []), *self._local().get("formats", [])]

    def papers(self) -> list[Path]:
        """The papers rendered so far, as the manifest and this checkout's own list have them."""
        mine = self.record.relative_to(places.root())
        names = [*self.entry().get("products", {}), *self._local().get("products", {})]
        return [
            places.root() / name
            for name in names
            if Path(name).parent == mine and Path(name).name not in ("evidence.json", "manifest.json")
        ]


def plan(
    studies: Iterable[Any],
    chosen: Iterable[Notebook],
    given: Mapping[str, Any],
    draft: bool = False,
    sets: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> tuple[list[Edition], list[tuple[str, str, list[str]]]]:
    """The editions of `studies` (each with `id`, `folder`, `tables` and `files(table)`, a list of paths), and the pairs that cannot run with what they lack.

    `sets` holds the parameter sets of each notebook by its name; without it every notebook runs once, with `given`. Parameters are validated for
    every notebook before anything starts; all faults at once.
    """
    editions: list[Edition] = []
    left_out: list[tuple[str, str, list[str]]] = []
    books = list(chosen)
    valid = _valid(books, sets if sets is not None else {notebook.name: [given] for notebook in books})
    known = _present()
    for study in studies:
        settings = tomllib.loads((study.folder / "study.toml").read_text(encoding="utf-8"))
        settings.pop("cluster", None)  # where a study may be computed changes no result
        for notebook in books:
            lacking = notebook.lacks(study.tables)
            quoted = [known[name] for name in notebook.cites if not known[name].lacks(study.tables)]
            if notebook.cites and not quoted and not lacking:
                lacking = [table for name in notebook.cites for table in known[name].lacks(study.tables)]
            if lacking:
                left_out.append((study.id, notebook.name, list(dict.fromkeys(lacking))))
                continue
            origins = tuple(
                _edition(study, settings, book, typed.defaults(book.schema), draft and book in books)
                for book in quoted
            )
            one = _edition(study, settings, notebook, valid[notebook.name][0], draft, origins)
            editions += [replace(one, values=values) for values in valid[notebook.name]]
    return editions, left_out


def _valid(
    books: Sequence[Notebook], sets: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """The parameter sets of each notebook, complete and typed; all faults at once."""
    valid: dict[str, list[dict[str, Any]]] = {}
    faults: list[Fault] = []
    for notebook in books:
        for given in sets[notebook.name]:
            try:
                values = typed.validate(notebook.schema, given, notebook.name)
                valid.setdefault(notebook.name, []).append(values)
            except ParameterError as error:
                faults += error.faults
    if faults:
        raise ParameterError(dict.fromkeys(faults))
    return valid


def _edition(
    study: Any,
    settings: Mapping[str, Any],
    notebook: Notebook,
    values: Mapping[str, Any],
    draft: bool,
    origins: tuple[Edition, ...] = (),
) -> Edition:
    held = tuple(study.tables)
    wanted = tuple(name for name in notebook.declared if name in held or name == "territory")
    files = {} if origins else {_printable(path, study.folder): path for path in _files(study, wanted)}
    return Edition(study.id, study.folder, notebook, values, wanted, files, settings, draft, origins, held)


def _files(study: Any, wanted: Iterable[str]) -> list[Path]:
    """Files on which a run depends: the declared tables, and those from which the study tells names, value labels and what keeps it from publication."""
    told = [name for name in ("actors",) if name in study.tables]
    paths = [path for name in dict.fromkeys([*told, *wanted]) for path in study.files(name)]
    always = [study.folder / name for name in ("survey/codebook.toml", "scenarios.toml", "privacy.toml")]
    return list(dict.fromkeys([*paths, *(path for path in always if path.exists())]))


def _printable(path: Path, folder: Path) -> str:
    """Name of a study's file that holds for every checkout: private files as they lie below $ALTRO_DATA_HOME."""
    for base in (folder.parent, places.data()):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    home = os.environ.get("ALTRO_DATA_HOME")
    inside = home and path.is_relative_to(Path(home).expanduser().resolve())
    return f"private/{path.relative_to(Path(home).expanduser().resolve()).as_posix() if home and inside else path.name}"


def write_manifest(
    edition: Edition,
    run: Mapping[str, str],
    render: Mapping[str, str],
    products: Iterable[Path],
    environment: Mapping[str, str],
    formats: Iterable[str] = (),
) -> None:
    """Write the edition's entry: run and render parts, checksums of kept products, the environment and the formats that made them; products
    rendered in each checkout go to build/."""
    root = places.root()
    own = edition.record.relative_to(root)
    sums = {
        path.relative_to(root).as_posix(): keys.of_file(path) for path in sorted(products) if path.exists()
    }
    local = {
        name: value
        for name, value in sums.items()
        if edition.kept and Path(name).parent == own and Path(name).name not in (*KEPT, "evidence.json")
    }
    kept = {name: value for name, value in sums.items() if name not in local}
    here = [form for form in formats if not edition.kept or form in KEPT_FORMATS]
    document = manifest.read(edition.manifest, edition.study)
    document["notebooks"][edition.notebook.name] = {
        "run": dict(run), "render": dict(render), "products": kept, "environment": dict(environment), "formats": sorted(here),
    }  # fmt: skip
    manifest.write(edition.manifest, document)
    if edition.kept:
        elsewhere = sorted(set(formats) - set(here))
        manifest.write(
            edition.local_state, {"render": keys.key(render), "formats": elsewhere, "products": local}
        )
