"""Digests of files and values, remembered for as long as a file has not been touched.

A file's digest is asked for many times in one plan. It is computed again as soon as the file's size, time or identity differs, and is not
remembered at all for a file changed within the last two seconds: a second change in the same tick of the clock would go unseen.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

SETTLED = 2.0  # seconds

Signature = tuple[int, ...]
_files: dict[Path, tuple[Signature, str]] = {}
_folders: dict[Path, tuple[dict[Path, Signature], tuple[Path, ...]]] = {}


def of(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def of_value(value: Any) -> str:
    return of(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))


def of_file(path: Path) -> str:
    """SHA-256 of the bytes of `path`."""
    before = _signature(path)
    known = _files.get(path)
    if known and known[0] == before:
        return known[1]
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if _settled(before) and _signature(path) == before:
        _files[path] = before, found
    else:
        _files.pop(path, None)
    return found


def listing(folder: Path) -> tuple[Path, ...]:
    """Every file below `folder`, sorted, without `__pycache__`."""
    known = _folders.get(folder)
    if known and all(_present(path) == signature for path, signature in known[0].items()):
        return known[1]
    seen: dict[Path, Signature] = {}
    found: list[Path] = []
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if name != "__pycache__")
        seen[Path(place)] = _signature(Path(place))
        found += [Path(place, name) for name in names]
    files = tuple(sorted(found))
    if all(_settled(signature) for signature in seen.values()):
        _folders[folder] = seen, files
    return files


def _signature(path: Path) -> Signature:
    state = path.stat()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _present(path: Path) -> Signature:
    try:
        return _signature(path)
    except OSError:
        return ()


def _settled(signature: Signature) -> bool:
    return time.time() - max(signature[3:]) / 1e9 > SETTLED
