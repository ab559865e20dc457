"""Ego networks: how far a body's contacts are contacts of each other, by Burt's constraint and effective size, and who falls apart without it.

Ties are read in both directions: the strength of a pair is a_ij + a_ji, and p_ij the share of i's strength that goes to j.
Constraint: C_i = Σ_j (p_ij + Σ_q p_iq p_qj)² over the contacts j of i (Burt 1992). It is undefined for a body without contacts, and reaches
1 and more where they are few and tied to each other.
Effective size: Σ_j [1 − Σ_q p_iq m_jq], with m_jq the strength of j and q over j's strongest; without weights it is the number of contacts
less their mean number of ties to each other (Borgatti 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from analysis.errors import EstimateError, Fault, say

CELLS = 20_000_000  # entries of the copies of a network that are held at a time


def adjacency(ties: sparse.sparray | np.ndarray) -> sparse.csr_array:
    """The ties as a sparse matrix of shape (N, N) without stored zeros.

    Refused, all faults at once: a matrix that is not square, a strength that is negative or no number, a tie of a body with itself.
    """
    matrix = sparse.csr_array(ties, dtype=float, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    where = say("rete", "network")
    faults = []
    if matrix.shape[0] != matrix.shape[1]:
        shape = f"{matrix.shape[0]} × {matrix.shape[1]}"
        raise EstimateError(Fault(shape, where, say("tante righe quante colonne", "as many rows as columns")))
    if not (np.isfinite(matrix.data) & (matrix.data > 0)).all():
        faults.append(
            Fault(
                say("forza negativa o mancante", "negative or missing strength"),
                where,
                say("numeri da 0 in su", "numbers from 0"),
            )
        )
    own = np.flatnonzero(matrix.diagonal())
    if len(own):
        shown = ", ".join(map(str, own[:5]))
        faults.append(
            Fault(
                say(f"legame con sé stesso, riga {shown}", f"self tie, row {shown}"),
                where,
                say("legami fra soggetti diversi", "ties between different bodies"),
            )
        )
    if faults:
        raise EstimateError(faults)
    return matrix


@dataclass(frozen=True)
class Ego:
    """Contacts, constraint and effective size of each body, shapes (N,); the last two are missing for a body without contacts."""

    contacts: np.ndarray
    constraint: np.ndarray
    effective_size: np.ndarray

    def table(self, names: tuple[str, ...]) -> pd.DataFrame:
        """One row a body."""
        frame = pd.DataFrame(
            {
                "organisation": names,
                "contacts": self.contacts,
                "effective_size": self.effective_size,
                "constraint": self.constraint,
            }
        )
        frame.attrs["columns"] = {
            "organisation": {"organisation": True, "single": True},
            "contacts": {"counts": "things"},
            "effective_size": {"unit": "number", "digits": 1, "n": "contacts"},
            "constraint": {"unit": "index", "digits": 2, "n": "contacts"},
        }
        return frame


def ego(ties: sparse.sparray | np.ndarray) -> Ego:
    """Burt's measures of every body from the strengths `ties`, shape (N, N), directed or not."""
    matrix = adjacency(ties)
    strength = (matrix + matrix.T).tocsr()
    contacts = np.diff(strength.indptr)
    rows = np.repeat(np.arange(len(contacts)), contacts)
    total = np.asarray(strength.sum(axis=1)).ravel()
    most = np.zeros(len(contacts))
    np.maximum.at(most, rows, strength.data)
    shares, marginal = strength.copy(), strength.copy()
    shares.data = strength.data / total[rows]
    marginal.data = strength.data / most[rows]
    linked = strength.copy()
    linked.data[:] = 1.0
    alone = contacts == 0
    invested = shares + linked.multiply(shares @ shares)
    constraint = np.asarray(invested.multiply(invested).sum(axis=1)).ravel()
    repeated = np.asarray(linked.multiply(shares @ marginal.T).sum(axis=1)).ravel()
    return Ego(
        contacts.astype(int),
        np.where(alone, np.nan, constraint),
        np.where(alone, np.nan, contacts - repeated),
    )


def cut_off(ties: sparse.sparray | np.ndarray) -> np.ndarray:
    """Pairs of other bodies that are connected, by whatever path, and no longer are once a body is taken away, shape (N,); directions are not read."""
    matrix = adjacency(ties)
    size = matrix.shape[0]
    lost = np.zeros(size, dtype=int)
    _, part = csgraph.connected_components(matrix, directed=False)
    members = np.bincount(part) if size else np.zeros(0, dtype=int)
    edges = matrix.tocoo()
    step = max(1, CELLS // max(1, size + matrix.nnz))
    for first in range(0, size, step):
        gone = np.arange(first, min(first + step, size))
        copy = np.arange(len(gone))[:, None]
        kept = (edges.row != gone[:, None]) & (edges.col != gone[:, None])
        i, j = (copy * size + edges.row)[kept], (copy * size + edges.col)[kept]
        copies = sparse.coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(len(gone) * size,) * 2)
        count, parts = csgraph.connected_components(copies, directed=False)
        pieces = np.bincount(parts, minlength=count)
        owner = np.empty(count, dtype=int)
        owner[parts] = np.repeat(copy.ravel(), size)
        left = np.bincount(owner, _pairs(pieces), minlength=len(gone))
        without = _pairs(members).sum() - (members[part[gone]] - 1)
        lost[gone] = np.rint(without - left).astype(int)
    return lost


def _pairs(sizes: np.ndarray) -> np.ndarray:
    return sizes * (sizes - 1) / 2
