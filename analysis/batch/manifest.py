"""The file manifest.json beside editions: reading it, and writing it whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis import places
from analysis.batch import digests, whole
from analysis.errors import Fault, RunError, say

_read: dict[tuple[Path, str], dict[str, Any]] = {}  # by file and the digest of its bytes


def read(path: Path, study: str) -> dict[str, Any]:
    """The manifest at `path`, an empty one of `study` where there is none. The entries in it are not to be changed. One that cannot be read is a RunError."""
    if not path.exists():
        return {"schema": 1, "study": study, "notebooks": {}}
    try:
        known = path, digests.of_file(path)
        if known not in _read:
            _read[known] = json.loads(path.read_text(encoding="utf-8"))
        document = _read[known]
        return document | {"notebooks": dict(document["notebooks"])}
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            Fault(
                say(f"non si legge ({error})", f"cannot be read ({error})"),
                path.relative_to(places.root()).as_posix(),
                next_step=say(
                    "Riprenderlo dalla versione precedente, o cancellarlo: i notebook saranno rieseguiti.",
                    "Take the earlier version back, or delete it: the notebooks will be run again.",
                ),
            )
        ) from error


def write(path: Path, document: Any) -> None:
    whole.write_json(path, document, lasting=True)
