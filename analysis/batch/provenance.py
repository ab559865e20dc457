"""Why a result may differ: which inputs of an edition have changed since it was published, and whether the lock is what is installed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.batch import keys
from analysis.batch.compare import DIFFERS, MISSING, SAME, UNCHECKED, WITHIN
from analysis.errors import Fault, RunError, say

SINGLE = {
    "lock": "lock", "parameters": "parameters", "study.toml": "study", "tables": "study", "code cells": "code",
    "words": "words", "prose": "words", "cells": "words", "front matter": "words", "study's texts": "words",
}  # fmt: skip
RESULTS = ("evidence", "figures")  # parts of a rendering that are results, no inputs
INPUTS = ("data", "code", "lock", "parameters", "words", "study", "platform")
KIND_NAMES = {
    "data": ("dati", "data"), "code": ("codice", "code"), "lock": ("lock", "lock"),
    "parameters": ("parametri", "parameters"), "words": ("testi", "words"), "study": ("studio", "study"),
    "platform": ("ambiente", "environment"),
}  # fmt: skip


# -- inputs ------------------------------------------------------------------------------------------------------------


def kind(part: str) -> str:
    """What sort of input a part of a run key or of a render key is."""
    if part in SINGLE:
        return SINGLE[part]
    if part.startswith("analysis/"):
        return "code"
    if part.startswith("study"):
        return "study"
    if part.startswith(("notebooks/", "texts/")) or (part.endswith(".toml") and "/" not in part):
        return "words"
    return "data"


def inputs(
    published: Mapping[str, Any], again: Mapping[str, Any], now: Mapping[str, str]
) -> list[dict[str, str]]:
    """The inputs that are not as the manifest's entry has them: part, kind, and whether it changed, is gone or is new.

    `again` is the entry that the new run wrote, empty if there was none: then only what can be read from the files is compared (`now`).
    The environment is told by versions, `numpy 2.4.6 → 2.5.0`.
    """
    found: dict[str, dict[str, str]] = {}
    for group in ("run", "render"):
        old = {part: value for part, value in published.get(group, {}).items() if part not in RESULTS}
        new = again.get(group) or {part: now[part] for part in old if part in now}
        complete = bool(again.get(group))
        for part in keys.changed(old, new):
            if part in RESULTS or (part not in new and not complete and part not in now):
                continue
            state = "new" if part not in old else "gone" if not new.get(part) else "changed"
            found.setdefault(part, {"part": part, "kind": kind(part), "state": state})
    ordered = sorted(found.values(), key=lambda one: (INPUTS.index(one["kind"]), one["part"]))
    made, makes = published.get("environment", {}), again.get("environment", {})
    return ordered + [
        {
            "part": f"{name} {made.get(name, '–')} → {makes.get(name, '–')}",
            "kind": "platform",
            "state": "changed",
        }
        for name in (keys.changed(made, makes) if makes else ())
    ]


def told(changed: Iterable[Mapping[str, str]], most: int = 3) -> dict[str, str]:
    """The changed inputs in words, by language: `input changed: data demo/ties.csv`; or that none has."""
    listed = list(changed)
    if not listed:
        return {
            "it": "nessun dato di partenza è cambiato dopo la pubblicazione",
            "en": "no input has changed since publication",
        }
    texts = {}
    for i, language in enumerate(("it", "en")):
        named = [f"{KIND_NAMES[one['kind']][i]} {one['part']}" for one in listed[:most]]
        rest = len(listed) - most
        head = ("cambiato: ", "input changed: ")[i]
        more = (f" e altri {rest}", f" and {rest} more")[i] if rest > 0 else ""
        texts[language] = head + ", ".join(named) + more
    return texts


def on_disk(parts: Iterable[str], root: Path, private: Iterable[Path] = ()) -> dict[str, str]:
    """Digest of the parts that are files of the project at `root` (or lie in one of the `private` folders), "" for those that are not there."""
    found = {}
    for part in parts:
        if part == "lock":
            path = root / "requirements.lock"
        elif part.startswith("analysis/"):
            path = root / part
        elif part.startswith("private/"):
            below = part.removeprefix("private/")
            places = [
                place
                for folder in private
                for place in (folder.parent / below, *folder.rglob(Path(part).name))
            ]
            path = next((place for place in places if place.is_file()), root / part)
        elif "/" in part and kind(part) == "data" and not part.endswith("evidence.json"):
            path = root / "data" / part
        else:
            continue
        if not path.is_file():
            found[part] = ""
        elif path.suffix == ".py":
            found[part] = keys.digest(keys.without_comments(path.read_text(encoding="utf-8")))
        else:
            found[part] = keys.of_file(path)
    return found


# -- environment -------------------------------------------------------------------------------------------------------


def locked(lock: Path) -> dict[str, str]:
    """Version of each package that the lock names for this platform, by canonical name."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    faults = []
    for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.split(" #")[0].rstrip("\\ ").strip()
        if not text or text.startswith(("#", "--")):
            continue
        try:
            wanted = Requirement(text.split(" --hash")[0])
        except InvalidRequirement:
            what = say("non si legge", "cannot be read")
            faults.append(Fault(what, f"{lock.name}, {say('riga', 'line')} {number}", "name==version"))
            continue
        if wanted.marker is None or wanted.marker.evaluate():
            found[canonicalize_name(wanted.name)] = str(wanted.specifier).removeprefix("==")
    if faults:
        raise RunError(faults)
    return found


def needed(pyproject: Path, requires: Mapping[str, Iterable[str]]) -> set[str] | None:
    """Canonical names of the packages on which results and papers depend: those that the project asks for without extras, and theirs.

    `requires`: what each installed package asks for. None where the project file does not say.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    if not pyproject.is_file():
        return None
    asked = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {}).get("dependencies")
    if asked is None:
        return None
    found: set[tuple[str, str]] = set()
    todo = [(text, "") for text in asked]
    while todo:
        text, extra = todo.pop()
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        for one in ("", *wanted.extras):
            if (name, one) not in found:
                found.add((name, one))
                todo += [(more, one) for more in requires.get(name, ())]
    return {name for name, _ in found}


def environment(
    project: Path, made_by: Iterable[Mapping[str, str]], interpreter: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A row for Python, the platform and each package of the lock: what the editions were made with, what the lock names, what is installed.

    `interpreter`: python, platform, versions and requires by canonical name. A package on which no result depends (it serves tests and
    tools) never has a graver verdict than `unchecked`.
    """
    versions: Mapping[str, str] = interpreter["versions"]
    made: dict[str, list[str]] = {}
    for one in made_by:
        for name, value in one.items():
            made[name.replace("_", "-")] = list(dict.fromkeys([*made.get(name.replace("_", "-"), []), value]))
    rows = [_python(project, ", ".join(made.get("python", [])), interpreter["python"])]
    rows.append(_platform(", ".join(made.get("platform", [])), interpreter["platform"]))
    core = needed(project / "pyproject.toml", interpreter["requires"])
    for name, wanted in sorted(locked(project / "requirements.lock").items()):
        published = ", ".join(made.get(name, []))
        rows.append(_package(name, published, wanted, versions.get(name, ""), core is None or name in core))
    return rows


def decisive(row: Mapping[str, Any]) -> bool:
    """Whether a row of the environment bears on the verdict of the whole."""
    return row["verdict"] in (DIFFERS, MISSING)


def _row(package: str, published: str, lock: str, installed: str, verdict: str, italian: str = "", english: str = "") -> dict[str, Any]:  # fmt: skip
    return {
        "package": package, "published": published, "lock": lock, "installed": installed, "verdict": verdict,
        "why": {"it": italian, "en": english},
    }  # fmt: skip


def _package(name: str, published: str, wanted: str, installed: str, core: bool) -> dict[str, Any]:
    def row(verdict: str, italian: str = "", english: str = "") -> dict[str, Any]:
        return _row(name, published, wanted, installed, verdict, italian, english)

    if not installed:
        if core:
            return row(MISSING, "non è installato", "is not installed")
        return row(UNCHECKED, "non è installato; serve solo a prove e strumenti", "is not installed; only tests and tools use it")  # fmt: skip
    if not _equal(installed, wanted):
        if core:
            return row(
                DIFFERS,
                f"il lock nomina {wanted}, è installato {installed}",
                f"the lock names {wanted}, {installed} is installed",
            )
        return row(WITHIN, "un'altra versione; serve solo a prove e strumenti", "another version; only tests and tools use it")  # fmt: skip
    if published and not _equal(published, installed):
        return row(WITHIN, f"le edizioni nascono con {published}", f"the editions were made with {published}")
    return row(SAME)


def _equal(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(Version(one).public) == Version(Version(other).public)
    except InvalidVersion:
        return one == other


def _python(project: Path, published: str, installed: str) -> dict[str, Any]:
    from packaging.specifiers import SpecifierSet

    path = project / "pyproject.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    allowed = str(document.get("project", {}).get("requires-python", ""))
    if not SpecifierSet(allowed).contains(installed, prereleases=True):
        return _row("python", published, allowed, installed, DIFFERS, f"il progetto vuole {allowed}", f"the project wants {allowed}")  # fmt: skip
    if installed == published:
        return _row("python", published, allowed, installed, SAME)
    return _row("python", published, allowed, installed, WITHIN, f"le edizioni nascono con {published or '?'}", f"the editions were made with {published or '?'}")  # fmt: skip


def _platform(published: str, installed: str) -> dict[str, Any]:
    if installed == published:
        return _row("platform", published, "", installed, SAME)
    return _row("platform", published, "", installed, WITHIN, f"le edizioni nascono su {published or '?'}", f"the editions were made on {published or '?'}")  # fmt: skip
