"""Whether two records of the same notebook say the same: entry by entry, numbers within their declared tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

TABLE_TOLERANCE = 1e-9
STOCHASTIC_EXEMPT = ("value", "low", "high", "se")


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Paths at which `new` departs from `old`: `numbers.share.value: 0.346 → 0.351`.

    A float number may differ by its relative tolerance; a stochastic one only by lying inside the old interval; table cells and statements
    by 1e-9 relative; everything else must be equal.
    """
    found: list[str] = []
    for kind in ("numbers", "tables", "figures", "statements", "methods"):
        a, b = old.get(kind, {}), new.get(kind, {})
        found += [f"{kind}.{name}: {'gone' if name in a else 'new'}" for name in sorted(a.keys() ^ b.keys())]
        for name in sorted(a.keys() & b.keys()):
            one, other = dict(a[name]), dict(b[name])
            tolerance = float(one.get("tolerance", TABLE_TOLERANCE))
            if (
                kind == "numbers"
                and one.get("kind") == "stochastic"
                and other.get("kind") == "stochastic"
                and _inside(one, other)
            ):
                for field in STOCHASTIC_EXEMPT:
                    one.pop(field, None)
                    other.pop(field, None)
            found += _walk(one, other, f"{kind}.{name}", tolerance)
    for part in ("notebook", "parameters", "context", "schema"):
        found += _walk(old.get(part), new.get(part), part, 0.0)
    return found


def _inside(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    values = (one.get("low"), other.get("value"), one.get("high"))
    if any(value is None for value in values):
        return False
    low, value, high = (float(v) for v in values if v is not None)
    return low <= value <= high


def _walk(a: Any, b: Any, where: str, tolerance: float) -> list[str]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return [
            line
            for name in sorted(a.keys() | b.keys())
            for line in _walk(a.get(name), b.get(name), f"{where}.{name}", tolerance)
        ]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [
            line for i, (x, y) in enumerate(zip(a, b)) for line in _walk(x, y, f"{where}[{i}]", tolerance)
        ]
    numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (a, b))
    if numeric and isinstance(a, float) | isinstance(b, float):
        same = math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * 1e-3)
    else:
        same = a == b
    return [] if same else [f"{where}: {a!r} → {b!r}"]
