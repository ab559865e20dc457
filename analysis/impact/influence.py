"""Group-time effects of staggered adoption with the influence of every unit on each: what joint covariances, aggregates and tests are made of.

ATT(g, t) of Callaway & Sant'Anna (2021), without covariates: mean change from the base period to t of the units that adopted in g, less that of units not treated.
Influence values are scaled so that the variance of an effect is the sum of their squares. All functions take leading axes, so that many panels
are one call: `y` has shape (…, n, T).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONTROLS = ("never", "not_yet")
BASES = ("varying", "universal")


@dataclass(frozen=True, eq=False)
class Cells:
    """K group-time effects: `effect` (…, K), `values` (…, n, K) influence of the units, `group`, `time` (K,), `treated`, `controls` (K,) units in each.

    `adopted` (n,) is the period in which a unit adopted, 0 for never within the panel.
    """

    effect: np.ndarray
    values: np.ndarray
    group: np.ndarray
    time: np.ndarray
    treated: np.ndarray
    controls: np.ndarray
    adopted: np.ndarray

    @property
    def since(self) -> np.ndarray:
        """Periods since adoption (K,); negative before."""
        return self.time - self.group


def cells(
    y: np.ndarray, periods: np.ndarray, adopted: np.ndarray, control: str = "never", base: str = "varying"
) -> Cells:
    """Every effect that has treated units and controls, groups in order, then time. `periods` (T,) consecutive.

    Base period: g − 1 after adoption; before it the period before t (varying), or g − 1 as well (universal). Controls: units never treated in the
    panel, or ("not_yet") also those of other groups that adopt after both t and the base.
    """
    found: list[tuple[int, int, np.ndarray, np.ndarray, int, int]] = []
    index = {int(period): k for k, period in enumerate(periods)}
    for g in np.unique(adopted[adopted > 0]):
        inside = adopted == g
        for t in periods:
            start = g - 1 if base == "universal" or t >= g else t - 1
            if start not in index or start == t:
                continue
            outside = adopted == 0
            if control == "not_yet":
                outside |= (adopted > max(t, start)) & ~inside
            if not outside.any():
                continue
            moved = y[..., index[int(t)]] - y[..., index[int(start)]]
            value, influence = _cell(moved, inside, outside)
            found.append((int(g), int(t), value, influence, int(inside.sum()), int(outside.sum())))
    group, time, effect, values, treated, controls = zip(*found)
    return Cells(
        np.stack(effect, axis=-1), np.stack(values, axis=-1), np.array(group), np.array(time),
        np.array(treated), np.array(controls), adopted,
    )  # fmt: skip


def _cell(moved: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Difference of the mean change (…,) and influence values (…, n)."""
    influence = np.zeros(moved.shape)
    means = []
    for mask, sign in ((inside, 1.0), (outside, -1.0)):
        mean = moved[..., mask].mean(axis=-1, keepdims=True)
        influence[..., mask] += sign * (moved[..., mask] - mean) / mask.sum()
        means.append(mean[..., 0])
    return means[0] - means[1], influence


def weighted(
    found: Cells,
    chosen: np.ndarray,
    effect: np.ndarray | None = None,
    values: np.ndarray | None = None,
    group: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean (…,) of the `chosen` effects, weighted by the sizes of their groups, and its influence values (…, n), which take in that the sizes are drawn too.

    `effect`, `values`, `group` replace the cells' own, to average averages over groups.
    """
    theta = (found.effect if effect is None else effect)[..., chosen]
    psi = (found.values if values is None else values)[..., chosen]
    g = (found.group if group is None else group)[chosen]
    n = len(found.adopted)
    member = (found.adopted[:, None] == g).astype(float)
    size = member.mean(axis=0)
    weight = size / size.sum()
    centred = member - size
    drawn = theta @ (centred / size.sum()).T - (theta @ weight)[..., None] * centred.sum(axis=1) / size.sum()
    return theta @ weight, psi @ weight + drawn / n


def simple(found: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Mean of all effects after adoption, by size of group: (…,), (…, n)."""
    return weighted(found, np.flatnonzero(found.since >= 0))


def event(found: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Periods since adoption (L,), mean effect at each by size of group (…, L), influence values (…, n, L)."""
    return _by(found, np.unique(found.since), found.since)


def calendar(found: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Periods (L,), mean effect of the groups treated by then (…, L), influence values (…, n, L)."""
    after = found.since >= 0
    return _by(found, np.unique(found.time[after]), np.where(after, found.time, np.iinfo(int).min))


def groups(found: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups (L,), mean of each one's effects after adoption (…, L), influence values (…, n, L)."""
    labels = np.unique(found.group[found.since >= 0])
    chosen = [np.flatnonzero((found.group == g) & (found.since >= 0)) for g in labels]
    return (
        labels,
        np.stack([found.effect[..., k].mean(axis=-1) for k in chosen], axis=-1),
        np.stack([found.values[..., k].mean(axis=-1) for k in chosen], axis=-1),
    )


def over_groups(found: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the groups' effects by their sizes: (…,), (…, n)."""
    labels, effect, values = groups(found)
    return weighted(found, np.arange(len(labels)), effect, values, labels)


def _by(found: Cells, labels: np.ndarray, by: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pairs = [weighted(found, np.flatnonzero(by == label)) for label in labels]
    return labels, np.stack([a for a, _ in pairs], axis=-1), np.stack([b for _, b in pairs], axis=-1)


def covariance(values: np.ndarray, cluster: np.ndarray | None = None) -> np.ndarray:
    """Covariance (L, L) of effects from influence values (n, L); between clusters (n codes from 0) with the factor G/(G − 1)."""
    if cluster is not None:
        totals = np.zeros((int(cluster.max()) + 1, values.shape[1]))
        np.add.at(totals, cluster, values)
        return len(totals) / (len(totals) - 1) * totals.T @ totals
    return values.T @ values


def simple_of(y: np.ndarray, periods: np.ndarray, adopted: np.ndarray, control: str = "never") -> np.ndarray:
    """The simple mean effect (D,) of one panel `y` (n, T) under many assignments `adopted` (D, n) of the same adoption periods."""
    one = adopted[0]
    total, weight = np.zeros(len(adopted)), np.zeros(len(adopted))
    index = {int(period): k for k, period in enumerate(periods)}
    for g in np.unique(one[one > 0]):
        inside = (adopted == g).astype(float)
        for t in periods[periods >= g]:
            outside = (adopted == 0) | ((adopted > t) & (control == "not_yet"))
            if g - 1 not in index or not outside[0].any():
                continue
            moved = y[:, index[int(t)]] - y[:, index[int(g) - 1]]
            size = inside.sum(axis=1)
            total += inside @ moved - size * (outside @ moved) / outside.sum(axis=1)
            weight += size
    return total / weight
