"""The linear programme of matching: shares of needs served by assets, within what each need asks and each asset offers.

Variables y[i, j] ≥ 0, the share of need i served by asset j. Maximise Σ value[i, j]·y[i, j] subject to Σ_j y[i, j] ≤ 1 (need) and
Σ_i quantity[i]·y[i, j] ≤ capacity[j] (asset); with groups also mean share served ≥ floor, or the smallest such mean itself maximised.
Solved exactly by column generation (Dantzig and Wolfe 1960; Ford and Fulkerson 1958): HiGHS (Huangfu and Hall 2018) solves the programme on a few promising
pairs, its dual prices value all usable pairs at once, those that would improve it come in, until none would. The gap between the value and the bound
that the prices give (weak duality over all pairs) is kept as the certificate. The first prices come from ascending the smoothed dual with the
entropic regularisation of optimal transport (Cuturi 2013) and Newton steps. Several programmes with the same needs and assets (blocks) are solved as one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.errors import EstimateError, Fault, say

WHOLE = 20_000  # usable pairs up to which all stand in the first programme, as they do where a selection would hardly be smaller
CELLS = 50_000_000  # blocks × needs × assets that fit in memory
FEW = 2_000  # columns up to which simplex is quicker than the interior point
STEPS = 30  # of the dual ascent
SMOOTH = (0.2, 0.01)  # entropic smoothing, first and last, in units of value
FIRST = 8  # best pairs of each need and of each asset that enter at the start
MORE = 3  # and in each later round
FINE = 100.0  # first price of falling short of a floor, times the number of needs; multiplied by itself while the floor is missed
SHORT = 1e-7  # HiGHS holds its rows to this
CLOSE = (
    0.01  # once the gap is below this share of the bound, pairs whose surplus lies FAR below zero leave, once
)
FAR = 0.01
FAINT = -80.0  # exponents below this count for nothing and would be slow in single precision
REDUCED = 1e-9  # a reduced cost below this improves nothing


@dataclass(frozen=True)
class Optimum:
    """Pairs with a positive share (block, need, asset, share, each of shape (P,)), value by block (B,), prices of needs (B, N) and of a unit of each asset
    (B, M), and the certified distance from the upper bound over all usable pairs, in units of value, summed over blocks."""

    block: np.ndarray
    need: np.ndarray
    asset: np.ndarray
    share: np.ndarray
    value: np.ndarray
    need_price: np.ndarray
    unit_price: np.ndarray
    group_price: np.ndarray  # shape (G,), empty without groups
    gap: float
    rounds: int


@dataclass(frozen=True)
class Floor:
    """Groups of needs, codes 0 … G − 1 of shape (N,), −1 for needs that no group counts; least mean share of each, or None: maximise the smallest."""

    code: np.ndarray
    least: float | None = None

    @property
    def weight(self) -> np.ndarray:
        """1 / size of the need's group, 0 outside the groups, shape (N,)."""
        inside = self.code >= 0
        size = np.bincount(self.code[inside], minlength=1)
        return np.where(inside, 1.0 / size[np.maximum(self.code, 0)], 0.0)

    @property
    def groups(self) -> int:
        return int(self.code.max()) + 1


def solve(
    value: np.ndarray,
    usable: np.ndarray,
    quantity: np.ndarray,
    capacity: np.ndarray,
    floor: Floor | None = None,
) -> Optimum:
    """The optimum of each block; `value` and `usable` (True where a pair may be matched) of shape (B, N, M), `quantity` (N,), `capacity` (M,).

    `quantity` and `capacity` are positive wherever a pair is usable. With `floor` there is one block; without `floor.least` the value is the smallest
    mean share. Refused: more cells than fit in memory; a programme that HiGHS cannot solve.
    """
    if usable.size > CELLS:
        what = say(f"{usable.size} celle", f"{usable.size} cells")
        step = say("Chiedere meno estrazioni o dividere per ambito.", "Ask for fewer draws, or split by category.")  # fmt: skip
        raise EstimateError(Fault(what, say("abbinamento", "matching"), f"≤ {CELLS}", step))
    if usable.sum() <= max(WHOLE, FIRST * len(usable) * (len(quantity) + len(capacity))):
        chosen = usable.copy()
    else:
        price = _ascend(value, usable, quantity, capacity)
        chosen = _best(_surplus(value, usable, quantity, price), FIRST) & usable
    trimmed = False
    rounds, penalty, short = 0, FINE * len(quantity), np.inf
    while True:
        rounds += 1
        strict = short <= SHORT
        found, short = _linear(value, chosen, quantity, capacity, floor, 0.0 if strict else penalty, rounds)
        if not usable.any():
            return found
        worth = value if floor is None else _bonus(value, floor, found.group_price)
        surplus = _surplus(worth, usable, quantity, found.unit_price)
        top = np.maximum(surplus.max(axis=2), 0.0)
        bound = top.sum() + (found.unit_price @ capacity).sum()
        if floor is not None and floor.least is not None:
            bound -= floor.least * found.group_price.sum()
        gap = float(bound - found.value.sum())
        surplus -= found.need_price[:, :, None]
        better = (surplus > REDUCED) & ~chosen
        count = int(better.sum())
        if not count or gap <= REDUCED * max(1.0, abs(float(bound))):
            if (
                floor is not None
                and floor.least is not None
                and not strict
                and penalty < FINE**4 * len(quantity)
            ):
                penalty *= FINE if short > SHORT else 1.0
                continue
            return replace(found, gap=gap)
        near = _best(surplus, MORE) & usable
        if not trimmed and gap < CLOSE * abs(float(bound)):
            chosen &= surplus > -FAR
            chosen[found.block, found.need, found.asset] = trimmed = True
        if count > 2 * len(usable) * (len(quantity) + len(capacity)):
            better &= _best(np.where(better, surplus, -np.inf), MORE)
        chosen |= near | better


def _bonus(value: np.ndarray, floor: Floor, price: np.ndarray) -> np.ndarray:
    extra = floor.weight * np.append(price, 0.0)[floor.code]
    return (value if floor.least is not None else np.zeros_like(value)) + extra[:, None]


def _surplus(value: np.ndarray, usable: np.ndarray, quantity: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Value less what the asset's units cost at `price` (B, M); −∞ where a pair may not be matched."""
    surplus = value - quantity[:, None] * price[:, None, :]
    surplus[~usable] = -np.inf
    return surplus


def _best(surplus: np.ndarray, k: int) -> np.ndarray:
    """The `k` pairs of highest surplus of each need, after the best alternative of that need is paid, and of each asset."""
    found = np.zeros(surplus.shape, dtype=bool)
    _, n, m = surplus.shape
    single = surplus.astype(np.float32)
    top = single.max(axis=2, keepdims=True)
    away = single - np.where(np.isfinite(top), top, 0.0)
    by_need = np.argpartition(single, max(m - k, 0), axis=2)[:, :, max(m - k, 0) :]
    np.put_along_axis(found, by_need, True, axis=2)
    turned = np.ascontiguousarray(away.transpose(0, 2, 1))
    by_asset = np.argpartition(turned, max(n - k, 0), axis=2)[:, :, max(n - k, 0) :]
    np.put_along_axis(found.transpose(0, 2, 1), by_asset, True, axis=2)
    return found


def _ascend(value: np.ndarray, usable: np.ndarray, quantity: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Unit prices of the assets, shape (B, M), near those of the optimum: each need spreads over assets by softmax, each price moves by a Newton step
    towards the use of its asset equal to its capacity; the smoothing falls geometrically. In single precision: the prices only choose where to begin."""
    worth = np.where(usable, value, -np.inf).astype(np.float32)
    q, room = quantity.astype(np.float32), np.maximum(capacity, 1e-9).astype(np.float32)
    typical = float(value[usable].mean() / quantity[quantity > 0].mean())
    price = np.full((len(worth), worth.shape[2]), typical / 2, dtype=np.float32)
    use = np.empty_like(worth)
    first, last = SMOOTH
    for step in range(STEPS):
        smooth = np.float32(first * (last / first) ** min(1.0, step / (0.8 * STEPS)))
        np.multiply(q[:, None], price[:, None, :], out=use)
        np.subtract(worth, use, out=use)
        use /= smooth
        top = np.maximum(use.max(axis=2, keepdims=True), 0.0)
        use -= top
        np.maximum(use, FAINT, out=use)
        np.exp(use, out=use)
        total = use.sum(axis=2) + np.exp(-top[:, :, 0])
        weights = np.stack([q / total, q * q / total], axis=1)
        used, slope = np.moveaxis(weights @ use, 1, 0)
        used, slope = np.maximum(used, 1e-20), np.maximum(slope, 1e-20)
        price = np.maximum(price + smooth * np.log(used / room) * used / slope, 0.0)
    return price.astype(float)


def _linear(
    value: np.ndarray,
    chosen: np.ndarray,
    quantity: np.ndarray,
    capacity: np.ndarray,
    floor: Floor | None,
    penalty: float,
    rounds: int,
) -> tuple[Optimum, float]:
    """The programme on the `chosen` pairs alone, and by how much it falls short of the floor, summed over groups; with a `penalty` the floor may be missed at
    that price, so that a first choice of pairs that cannot hold it still yields prices."""
    from scipy import sparse
    from scipy.optimize import linprog

    blocks, needs, assets = chosen.shape
    b, i, j = np.nonzero(chosen)
    n, lines, groups = len(b), blocks * (needs + assets), 0 if floor is None else floor.groups
    smallest = floor is not None and floor.least is None
    if not n:
        return _nothing(chosen, groups, rounds), 0.0
    rows = [b * needs + i, blocks * needs + b * assets + j]
    entries = [np.ones(n), quantity[i] / capacity[j]]
    limit = np.ones(lines + groups)
    cost = -value[b, i, j]
    if floor is not None:
        inside = floor.code[i] >= 0
        rows.append(np.where(inside, lines + floor.code[i], lines))
        entries.append(-floor.weight[i])
        limit[lines:] = -(floor.least or 0.0)
    depth = len(rows)
    indptr = np.arange(0, depth * n + 1, depth)
    indices, data = np.stack(rows, axis=1).ravel(), np.stack(entries, axis=1).ravel()
    if smallest or penalty:
        indices = np.append(indices, lines + np.arange(groups))
    if smallest:  # one column: the smallest mean share
        indptr, data = np.append(indptr, indptr[-1] + groups), np.append(data, np.ones(groups))
        cost = np.append(np.zeros(n), -1.0)
    elif penalty and floor is not None:  # one column a group: what it lacks to the floor
        indptr = np.append(indptr, indptr[-1] + np.arange(1, groups + 1))
        data, cost = np.append(data, -np.ones(groups)), np.append(cost, np.full(groups, penalty))
    matrix = sparse.csc_array((data, indices, indptr), shape=(lines + groups, len(cost)))
    made = linprog(cost, A_ub=matrix, b_ub=limit, method="highs-ds" if n <= FEW else "highs-ipm")
    if made.status:
        raise EstimateError(Fault(str(made.message), say("abbinamento", "matching")))
    dual = np.maximum(-made.ineqlin.marginals, 0.0)
    share = made.x[:n]
    taken = share > REDUCED
    worth = np.array([made.x[n]]) if smallest else np.bincount(b, value[b, i, j] * share, blocks)
    found = Optimum(
        b[taken], i[taken], j[taken], share[taken], worth,
        dual[: blocks * needs].reshape(blocks, needs),
        dual[blocks * needs : lines].reshape(blocks, assets) / np.where(capacity > 0, capacity, 1.0),
        dual[lines:], 0.0, rounds,
    )  # fmt: skip
    return found, 0.0 if smallest else float(made.x[n:].sum())


def _nothing(chosen: np.ndarray, groups: int, rounds: int) -> Optimum:
    blocks, needs, assets = chosen.shape
    none = np.zeros(0, dtype=int)
    return Optimum(
        none, none, none, np.zeros(0), np.zeros(blocks), np.zeros((blocks, needs)), np.zeros((blocks, assets)),
        np.zeros(groups), 0.0, rounds,
    )  # fmt: skip
