"""Who works with whom: two-mode networks (organisation × event, organisation × service), their projection, and mixing between groups.

In a two-mode network a tie joins a body to something that it took part in; degree is normalised by the size of the other mode, density by the
product of both (Borgatti and Halgin, "Analyzing affiliation networks"). Two bodies are linked in the projection if they share at least one.
E–I index: (external − internal) / (external + internal) ties (Krackhardt and Stern 1988); density and group sizes limit its range, so it is
read against its expectation under random labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.codesign.participation import Difference
from analysis.errors import EstimateError, Fault, say


@dataclass(frozen=True)
class TwoMode:
    """Binary incidence of `rows` (N bodies) and `columns` (M things), a sparse matrix of shape (N, M)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    matrix: sparse.csr_array

    @property
    def ties(self) -> int:
        return int(self.matrix.nnz)

    @property
    def density(self) -> float:
        """Ties present over ties possible, N·M."""
        return self.ties / (len(self.rows) * len(self.columns))

    @property
    def row_degree(self) -> np.ndarray:
        """Things that each body took part in, shape (N,)."""
        return np.asarray(self.matrix.sum(axis=1)).ravel().astype(int)

    @property
    def column_degree(self) -> np.ndarray:
        """Bodies that took part in each thing, shape (M,)."""
        return np.asarray(self.matrix.sum(axis=0)).ravel().astype(int)

    @property
    def row_degree_normalised(self) -> np.ndarray:
        return self.row_degree / len(self.columns)

    @property
    def column_degree_normalised(self) -> np.ndarray:
        return self.column_degree / len(self.rows)

    def projection(self) -> sparse.csr_array:
        """Body × body: how many things two bodies share, without the diagonal, shape (N, N)."""
        shared = (self.matrix @ self.matrix.T).tocsr()
        shared.setdiag(0)
        shared.eliminate_zeros()
        return shared

    def linked(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs i < j of bodies that share at least one thing, as two index arrays."""
        upper = sparse.triu(self.projection(), k=1).tocoo()
        return upper.row, upper.col

    def transposed(self) -> TwoMode:
        return TwoMode(self.columns, self.rows, self.matrix.T.tocsr())


def incidence(rows: Sequence | pd.Series, columns: Sequence | pd.Series) -> TwoMode:
    """The two-mode network of pairs (rows[k], columns[k]); a pair given several times is one tie. Modes are sorted by identifier.

    Refused: no pair at all, a pair with an end missing.
    """
    left, right = pd.Series(rows).reset_index(drop=True), pd.Series(columns).reset_index(drop=True)
    if not len(left) or left.isna().any() or right.isna().any():
        raise EstimateError(
            Fault(
                say("legami vuoti o senza un estremo", "no ties, or a tie without an end"),
                say("rete a due modi", "two-mode network"),
                next_step=say("Controllare le righe.", "Check the rows.")
                if len(left)
                else say("Servono almeno due righe.", "Rows are needed."),
            )
        )
    i, bodies = pd.factorize(left, sort=True)
    j, things = pd.factorize(right, sort=True)
    matrix = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(len(bodies), len(things)))
    matrix.data[:] = 1.0
    return TwoMode(tuple(map(str, bodies)), tuple(map(str, things)), matrix)


@dataclass(frozen=True)
class Mixing:
    """E–I index of undirected ties between groups, with its expectation and two-sided p under random labels."""

    external: int
    internal: int
    index: float
    expected: float
    low: float  # the middle 95% of the index under random labels
    high: float
    p: float
    permutations: int
    seed: int

    @property
    def difference(self) -> Difference:
        """Index less expectation; it is told from zero only where the index lies outside the middle 95% of random labels."""
        return Difference(
            self.index - self.expected,
            self.index - self.high,
            self.index - self.low,
            self.external + self.internal,
        )


def external_internal(
    i: np.ndarray, j: np.ndarray, groups: Sequence, permutations: int = 5000, seed: int = 1
) -> Mixing:
    """E–I index of the ties (i[k], j[k]) between bodies whose group is `groups[body]`.

    The null keeps the ties and permutes labels over bodies; p = (1 + number at least as far from the expectation) / (1 + permutations).
    Refused: no tie, a self tie, an end outside `groups`, a body without a group.
    """
    labels = pd.Series(list(groups))
    i, j = np.asarray(i, dtype=int), np.asarray(j, dtype=int)
    faults = []
    if not len(i):
        faults.append(Fault(say("nessun legame", "no ties"), "E–I"))
    elif max(i.max(), j.max()) >= len(labels) or min(i.min(), j.min()) < 0:
        faults.append(
            Fault(say("estremo fuori elenco", "an end outside the list"), "E–I", f"0–{len(labels) - 1}")
        )
    if (i == j).any():
        faults.append(Fault(say("legame di un soggetto con sé stesso", "self tie"), "E–I"))
    if labels.isna().any():
        faults.append(Fault(say("soggetto senza gruppo", "a body without a group"), "E–I"))
    if faults:
        raise EstimateError(faults)
    code, names = pd.factorize(labels)
    external = int((code[i] != code[j]).sum())
    ties, n = len(i), len(code)
    sizes = np.bincount(code, minlength=len(names)).astype(float)
    possible = n * (n - 1) / 2
    expected = 2 * (possible - (sizes * (sizes - 1) / 2).sum()) / possible - 1
    index = (2 * external - ties) / ties
    rng = np.random.default_rng(seed)
    drawn = rng.permuted(np.broadcast_to(code, (permutations, n)), axis=1)
    null = 2 * (drawn[:, i] != drawn[:, j]).mean(axis=1) - 1
    extreme = int((np.abs(null - expected) >= abs(index - expected) - 1e-12).sum())
    low, high = np.quantile(null, [0.025, 0.975])
    return Mixing(
        external,
        ties - external,
        index,
        float(expected),
        float(low),
        float(high),
        (1 + extreme) / (1 + permutations),
        permutations,
        seed,
    )


def mixing(net: TwoMode, groups: pd.Series, permutations: int = 5000, seed: int = 1) -> Mixing | None:
    """E–I index of the pairs of bodies of `net` that share something, `groups` by body; none where no pair does."""
    i, j = net.linked()
    if not len(i):
        return None
    return external_internal(i, j, groups.reindex(list(net.rows)).tolist(), permutations, seed)


def summary(nets: Mapping[str, tuple[TwoMode, Mixing | None]]) -> pd.DataFrame:
    """One row a two-mode network: size of both modes, ties, density, pairs of bodies that share something, E–I index of those pairs."""
    rows = [
        (name, len(net.rows), len(net.columns), net.ties, len(net.rows) * len(net.columns), net.density,
         len(net.linked()[0]), *((m.index, m.expected) if m else (np.nan, np.nan)))
        for name, (net, m) in nets.items()
    ]  # fmt: skip
    names = [
        "network",
        "organisations",
        "things",
        "ties",
        "possible",
        "density",
        "pairs",
        "e_i",
        "e_i_expected",
    ]
    frame = pd.DataFrame(rows, columns=names)
    frame.attrs["columns"] = {
        "network": {"labels": "network"},
        "organisations": {"counts": "organisations"},
        "things": {"counts": "things"},
        "ties": {"counts": "things"},
        "possible": {"counts": "things", "hidden": True},
        "density": {"unit": "share", "digits": 1, "n": "possible", "cases": "ties"},
        "pairs": {"counts": "things"},
        "e_i": {"unit": "index", "digits": 2, "n": "pairs"},
        "e_i_expected": {"unit": "index", "digits": 2, "n": "pairs"},
    }
    return frame


def ordered(net: TwoMode, starts: int = 24, sweeps: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """An order of rows and of columns with few crossings, as two arrays of ranks (shapes (N,), (M,)). For networks small enough to be drawn.

    Barycentre sweeps (Sugiyama, Tagawa and Toda 1981): each mode in turn is ordered by the mean rank of what it is tied to. The order with
    the fewest crossings is kept of `starts` starting orders: that of identifiers, then fixed random ones, so that the result is always the same.
    """
    down, up = _averaging(net.matrix), _averaging(net.matrix.T.tocsr())
    rng = np.random.default_rng(0)
    best = (np.arange(len(net.rows)), np.arange(len(net.columns)))
    fewest = _crossings(net, *best)
    for start in range(starts):
        rows = rng.permutation(len(net.rows)) if start else best[0]
        for _ in range(sweeps):
            columns = _ranks(up @ rows)
            rows = _ranks(down @ columns)
            crossed = _crossings(net, rows, columns)
            if crossed < fewest:
                best, fewest = (rows, columns), crossed
    return best


def _averaging(matrix: sparse.csr_array) -> sparse.csr_array:
    degree = np.asarray(matrix.sum(axis=1)).ravel()
    return sparse.diags_array(1.0 / np.maximum(degree, 1)).tocsr() @ matrix


def _ranks(values: np.ndarray) -> np.ndarray:
    ranks = np.empty(len(values), dtype=int)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks


def _crossings(net: TwoMode, rows: np.ndarray, columns: np.ndarray) -> int:
    ties = net.matrix.tocoo()
    a, b = rows[ties.row], columns[ties.col]
    return int((((a[:, None] - a) * (b[:, None] - b)) < 0).sum() // 2)


@dataclass(frozen=True)
class Picture:
    """A two-mode network laid out in two columns: bodies at x = 0, things at x = 1, y from 0 (top) to 1."""

    bodies: pd.DataFrame
    things: pd.DataFrame
    ties: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        return {"bodies": self.bodies, "things": self.things, "ties": self.ties}


def picture(net: TwoMode, types: pd.Series, titles: pd.DataFrame) -> Picture:
    """Positions and attributes for drawing `net`; `types` by body, `titles` by thing with columns it, en."""
    rows, columns = ordered(net)
    y_rows, y_columns = _spread(rows), _spread(columns)
    position = {"unit": "position"}
    bodies = pd.DataFrame(
        {
            "organisation": net.rows,
            "type": types.reindex(list(net.rows)).to_numpy(),
            "ties": net.row_degree,
            "x": 0.0,
            "y": y_rows,
        }
    )
    bodies.attrs["columns"] = {
        "organisation": {"organisation": True},
        "type": {"labels": "type"},
        "ties": {"counts": "things"},
        "x": position,
        "y": position,
    }
    things = pd.DataFrame(
        {
            "service": titles.reindex(list(net.columns))[["it", "en"]].to_dict("records"),
            "organisations": net.column_degree,
            "x": 1.0,
            "y": y_columns,
        }
    )
    things.attrs["columns"] = {
        "service": {"text": True},
        "organisations": {"counts": "organisations"},
        "x": position,
        "y": position,
    }
    pairs = net.matrix.tocoo()
    ties = pd.DataFrame(
        {
            "organisation": np.array(net.rows, dtype=object)[pairs.row],
            "type": bodies["type"].to_numpy()[pairs.row],
            "y_organisation": y_rows[pairs.row],
            "y_service": y_columns[pairs.col],
        }
    )
    ties.attrs["columns"] = {
        "organisation": {"organisation": True},
        "type": {"labels": "type"},
        "y_organisation": position,
        "y_service": position,
    }
    return Picture(
        bodies.sort_values("y", ignore_index=True),
        things.sort_values("y", ignore_index=True),
        ties.sort_values(["y_organisation", "y_service"], ignore_index=True),
    )


def _spread(ranks: np.ndarray) -> np.ndarray:
    return (ranks + 0.5) / len(ranks)
