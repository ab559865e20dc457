"""What a machine must have in order to compute what this one would: Python, the project's package, the versions that the lock names.

What belongs here: taking that stand, and telling two apart. What does not: what follows from a difference.
"""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from analysis.batch import closure, digests, keys, provenance
from analysis.errors import say

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Lock:
    """A lock without its checksums, and the packages that may not be missing (the others serve tests and tools)."""

    text: str
    needed: frozenset[str]


@dataclass(frozen=True)
class Stand:
    """Python (major and minor version), file of `analysis` → digest, and package → (locked, installed) where these differ."""

    python: str
    code: Mapping[str, str]
    differing: Mapping[str, tuple[str, str]]

    @property
    def digest(self) -> str:
        return digests.of_value([self.python, sorted(self.code.items()), sorted(self.differing.items())])


def lock(root: Path) -> Lock:
    """The lock of the project at `root`, with its checksums taken off."""
    lines = (root / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = (line.rstrip("\\ ") for line in lines if line[:1].strip() and not line.startswith("#"))
    asked = {_name(one): one.requires or [] for one in metadata.distributions()}
    needed = provenance.needed(root / "pyproject.toml", asked) or set()
    return Lock("".join(f"{line}\n" for line in pinned), frozenset(needed))


def take(wanted: Lock) -> Stand:
    """The stand of this process, as things lie on its disk now."""
    places = tuple(
        (place, Path(place).stat().st_mtime_ns) for place in sys.path if place and Path(place).is_dir()
    )
    python = ".".join(platform.python_version_tuple()[:2])
    return Stand(python, code(), _differing(wanted, places))


def code() -> dict[str, str]:
    """File of the `analysis` package → digest: its modules and definition files."""
    kept = (path for path in digests.listing(PACKAGE) if path.suffix in {".py", *closure.DEFINITIONS})
    return {path.relative_to(PACKAGE.parent).as_posix(): digests.of_file(path) for path in kept}


def differences(wanted: Stand, found: Stand) -> list[str]:
    """What keeps `found` from computing what `wanted` would, one line a thing; empty where nothing does."""
    told = []
    if found.python != wanted.python:
        told.append(f"Python {found.python} ≠ {wanted.python}")
    for name in keys.changed(wanted.code, found.code):
        state = say("manca", "missing") if name not in found.code else say("diverso", "differs")
        told.append(f"{name} ({state})")
    for name, (locked, installed) in found.differing.items():
        if wanted.differing.get(name, ("", locked))[1] != installed:
            told.append(f"{name} {installed or say('manca', 'missing')} (lock: {locked})")
    return told


@cache
def _differing(wanted: Lock, places: tuple[tuple[str, int], ...]) -> dict[str, tuple[str, str]]:
    """`places`, the folders of the path and when they changed, make it be computed again after an installation."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.lock")
        file.write_text(wanted.text, encoding="utf-8")
        pinned = provenance.locked(file)
    have = {_name(one): one.version for one in metadata.distributions()}
    return {
        name: (version, have.get(name, ""))
        for name, version in sorted(pinned.items())
        if (name in have or name in wanted.needed) and _public(have.get(name, "")) != _public(version)
    }


def _public(version: str) -> str:
    return version.split("+")[0]


def _name(one: metadata.Distribution) -> str:
    return re.sub(r"[-_.]+", "-", one.metadata["Name"] or "").lower()
