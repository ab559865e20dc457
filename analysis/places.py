"""Where things lie in the project: derived from one root, never typed elsewhere."""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The project's folder: `ALTRO_ROOT`, else the nearest folder above the present one, or above this package, that holds notebooks/ and data/."""
    if os.environ.get("ALTRO_ROOT"):
        return Path(os.environ["ALTRO_ROOT"]).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "data").is_dir():
            return folder
    return Path(__file__).resolve().parent.parent


def data() -> Path:
    return root() / "data"


def notebooks() -> Path:
    return root() / "notebooks"


def papers() -> Path:
    return root() / "papers"


def figures() -> Path:
    return root() / "figures"


def build() -> Path:
    return root() / "build"
