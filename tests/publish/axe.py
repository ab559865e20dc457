"""Pages checked by axe-core (Deque Systems, MPL-2.0) in a headless Chromium: WCAG rules, colour contrast included.

The script comes from a wheel of the `test` extra; where the newer of the two wheels is installed too, that one is used.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.publish import browser

WHEELS = ("axe_playwright_python", "axe_core_python")
GRAVE = ("serious", "critical")
RUN = """axe.run(document, {resultTypes: ["violations"]}).then(found => ({
  version: axe.version, passed: found.passes.length,
  violations: found.violations.map(v => ({rule: v.id, impact: v.impact, at: v.nodes.map(n => n.target.join(" ") + ": " +
    (n.any.concat(n.all, n.none).map(c => c.message).join(" ")))}))}))"""


def script() -> Path | None:
    """axe.min.js of an installed wheel."""
    for name in WHEELS:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            path = Path(spec.origin).parent / "axe.min.js"
            if path.is_file():
                return path
    return None


def missing() -> str:
    """What this machine lacks, in words; empty if nothing."""
    lacks = [] if browser.found() else [f"no browser ({', '.join(browser.NAMES)})"]
    return "; ".join(
        lacks + ([] if script() else ["no axe-core (package axe-core-python of the `test` extra)"])
    )


needed = pytest.mark.skipif(bool(missing()), reason=f"accessibility in a browser not checked: {missing()}")


def examine(page: browser.Page) -> dict[str, Any]:
    """axe's version, how many rules passed, and the violations: rule, impact and the places where it is broken."""
    path = script()
    assert path is not None
    page.value(path.read_text(encoding="utf-8") + ";0")
    found: dict[str, Any] = page.value(RUN)
    return found


def grave(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The serious and critical violations."""
    return [violation for violation in found["violations"] if violation["impact"] in GRAVE]


def faults(pages: Iterable[Path], *, width: int = 1280) -> dict[str, list[dict[str, Any]]]:
    """The serious and critical violations of every page that has any, in one browser."""
    found = {}
    with browser.Browser() as window:
        for path in pages:
            page = window.open(path, width)
            result = examine(page)
            page.close()
            assert result["passed"] > 5, path
            if bad := grave(result):
                found[path.name] = bad
    return found
