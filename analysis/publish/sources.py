"""Which files a publication is made from, and the fixed words it prints.

Nothing heavy is imported here: the batch reads this module while it plans.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(__file__).parent.parent / "evidence" / "fonts"
LANGUAGES = ("it", "en")
LOCALES = {"it": "it-IT", "en": "en-GB"}


def inputs(notebook: Path, texts: Path | None = None) -> list[Path]:
    """Every file besides the evidence on which the bytes of a publication depend, sorted.

    Code of this room, its templates, the fonts, the notebook, its TOML, the bibliography and the study's texts;
    only files that exist.
    """
    room = Path(__file__).parent
    beside = [
        notebook,
        notebook.with_suffix(".toml"),
        notebook.parent / "references.bib",
        notebook.parent / "glossary.toml",
    ]
    words = sorted((room.parent / "evidence").glob("words*"))
    found = [
        *room.glob("*.py"),
        *TEMPLATES.rglob("*"),
        *FONTS.glob("*.ttf"),
        *words,
        *beside,
        *([texts] if texts else []),
    ]
    return sorted(path for path in set(found) if path.is_file())


@functools.cache
def fixed_words() -> dict[str, Any]:
    """The content of templates/words.toml."""
    return tomllib.loads((TEMPLATES / "words.toml").read_text(encoding="utf-8"))


def word(key: str, language: str, group: str = "label", **named: object) -> str:
    """One fixed word or sentence in a language, its {names} filled in."""
    return str(fixed_words()[group][key][language]).format(**named)


def demonstration(context: Mapping[str, Any]) -> bool:
    """Whether the paper shows the method and is no publication: of simulated data, or of other people's."""
    return context.get("provenance") in ("simulated", "secondary")


def localised(entry: Any, language: str) -> Any:
    """The language's own part of an {it, en} entry; anything else unchanged."""
    if isinstance(entry, dict) and set(entry) & set(LANGUAGES):
        return entry.get(language)
    return entry
