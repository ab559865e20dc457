"""The marks by which prose refers to something: headings, labels, cross-references, citations, figures shown, code to be left alone."""

from __future__ import annotations

import re

HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t]*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
LABEL = re.compile(r"\{[^}\n]*?#([\w:-]+)")
SHOW = re.compile(r"^[ \t]*`\{show\}[ \t]*([^`\n]*?)[ \t]*`[ \t]*$", re.MULTILINE)
REFERENCE = re.compile(r"(?<![\w\\@])@((?:fig|tbl|eq|sec)-[\w-]*\w)")
CITATION = re.compile(r"(?<![\w\\@.])@\{?(?!(?:fig|tbl|eq|sec)-)([A-Za-z_][\w:.#$%&+?<>~/-]*\w)")


def blanked(pattern: re.Pattern[str], text: str) -> str:
    """The text with every match turned to spaces, character for character, so that positions hold."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def without_code(text: str) -> str:
    """The text with code, and what it quotes, blanked out."""
    return blanked(CODE, blanked(FENCE, text))
