"""What a study says of itself, as the door needs it: the head of the record, the bodies it may name, the disclosure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.evidence import disclosure


@dataclass(frozen=True)
class Context:
    """What the study says of itself, as a plain mapping (`Study.context()`); it heads the record."""

    head: Mapping[str, Any]
    organisations: Mapping[str, Mapping[str, Any]]
    rules: disclosure.Rules


def read_context(context: Mapping[str, Any]) -> Context:
    rules = context.get("disclosure", {})
    return Context(
        {key: value for key, value in context.items() if key not in ("organisations", "labels")},
        context.get("organisations", {}),
        disclosure.Rules(
            int(rules.get("threshold", 5)), bool(rules.get("confidential_organisations", False))
        ),
    )
