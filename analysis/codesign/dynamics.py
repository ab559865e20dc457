"""How the network of collaboration changes from semester to semester: confirmed ties, those across types, mixing, core; and one layout for all its pictures.

A confirmed tie is one that both ends give at the level asked for or above (ties.py). What changes may be the ties, or who rated whom: the change of level is
read on the ratings given in both semesters only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.codesign import network, ties
from analysis.codesign.participation import Difference

ACROSS = ("profit", "nonprofit")


def table(
    ratings: Mapping[int, ties.Ratings], types: pd.Series, level: int, permutations: int = 5000, seed: int = 1
) -> pd.DataFrame:
    """One row a semester: confirmed ties, those not there in any earlier semester and those of them between companies and non-profits, E–I index by type beside
    its expectation, bodies in the core and how well core and periphery describe the ties. `types` by actor."""
    confirmed = {semester: given.confirmed(level) for semester, given in ratings.items()}
    new = ties.first_ties(confirmed)
    rows = []
    for semester, given in ratings.items():
        kind = types.reindex(list(given.actors))
        mixed = mixing(confirmed[semester], kind, permutations, seed)
        member, fit = ties.core(confirmed[semester])
        fresh = sparse.triu(new[semester], k=1).tocoo()
        ends = np.stack([kind.to_numpy()[fresh.row], kind.to_numpy()[fresh.col]])
        across = (ends == ACROSS[0]).any(axis=0) & (ends == ACROSS[1]).any(axis=0)
        index = (mixed.index, mixed.expected) if mixed else (np.nan, np.nan)
        rows.append(
            (str(semester), confirmed[semester].nnz // 2, len(fresh.row), int(across.sum()), *index, int(member.sum()), fit, len(given.both()[0]))
        )  # fmt: skip
    names = ["semester", "confirmed", "new", "new_across", "e_i", "e_i_expected", "core", "fit", "both"]
    frame = pd.DataFrame(rows, columns=names)
    frame.attrs["columns"] = {
        **{key: {"counts": "things"} for key in ("confirmed", "new", "new_across")},
        **{key: {"unit": "index", "digits": 2, "n": "confirmed"} for key in ("e_i", "e_i_expected")},
        "core": {"counts": "organisations"},
        "fit": {"unit": "share", "digits": 0, "n": "both"},
        "both": {"counts": "things", "hidden": True},
    }
    return frame


def mixing_table(
    ratings: Mapping[int, ties.Ratings], types: pd.Series, level: int, permutations: int = 5000, seed: int = 1
) -> pd.DataFrame:
    """One row a semester with confirmed ties: E–I index by type, its expectation and the middle 95 % under random types, p."""
    found = {
        semester: mixing(given.confirmed(level), types.reindex(list(given.actors)), permutations, seed)
        for semester, given in ratings.items()
    }
    rows = [
        (str(semester), one.external + one.internal, one.index, one.expected, one.low, one.high, one.p)
        for semester, one in found.items()
        if one
    ]
    names = ["semester", "confirmed", "e_i", "e_i_expected", "null_low", "null_high", "p"]
    frame = pd.DataFrame(rows, columns=names)
    frame.attrs["columns"] = {
        "confirmed": {"counts": "things"},
        **{key: {"unit": "index", "digits": 2, "n": "confirmed"} for key in names[2:6]},
        "p": {"unit": "p", "digits": 3, "n": "confirmed"},
    }
    return frame


def mixing(
    confirmed: sparse.sparray, groups: pd.Series, permutations: int = 5000, seed: int = 1
) -> network.Mixing | None:
    """E–I index of symmetric ties by the `groups` of bodies (in their order); none where there is no tie."""
    upper = sparse.triu(confirmed, k=1).tocoo()
    if not upper.nnz:
        return None
    return network.external_internal(upper.row, upper.col, groups.tolist(), permutations, seed)


def level_change(first: ties.Ratings, last: ties.Ratings) -> Difference:
    """Mean change of level over the ratings given in both semesters; a complete count, so the bounds are the mean itself."""
    both = np.isfinite(first.level) & np.isfinite(last.level)
    change = float((last.level - first.level)[both].mean()) if both.any() else float("nan")
    return Difference(change, change, change, int(both.sum()))


def layout(networks: Collection[sparse.sparray], steps: int = 300) -> np.ndarray:
    """One position a body for the pictures of all semesters, shape (N, 2), coordinates 0 to 1.

    Distance is the shortest path over the ties of all semesters, a tie the shorter the more semesters have it (from 1 to ½). Stress is brought down by
    majorisation from classical scaling (Gansner, Koren and North 2004), so that the same ties always give the same picture. Parts that nothing joins lie one
    step beyond the farthest; bodies without any tie stand in a row at the foot.
    """
    from scipy.sparse import csgraph

    total = sparse.csr_array(sum(sparse.csr_array(one, dtype=float) for one in networks))
    tied = np.diff(total.indptr) > 0
    place = np.zeros((len(tied), 2))
    alone = np.flatnonzero(~tied)
    place[alone] = np.column_stack(
        [(np.arange(len(alone)) + 0.5) / max(len(alone), 1), np.full(len(alone), 1.0)]
    )
    if not tied.any():
        return place
    apart = total[tied][:, tied].tocsr()
    apart.data = 0.5 + 0.5 / apart.data
    distance = csgraph.shortest_path(apart, directed=False)
    distance[~np.isfinite(distance)] = distance[np.isfinite(distance)].max() + 1.0
    found = _stress(distance, steps)
    span = np.ptp(found, axis=0)
    scaled = (found - found.min(axis=0)) / np.maximum(span, 0.4 * max(span.max(), 1e-9))
    place[tied] = scaled * [1.0, 0.88 if len(alone) else 1.0]
    return np.round(place, 4)


def _stress(distance: np.ndarray, steps: int) -> np.ndarray:
    """Positions in the plane, shape (N, 2), whose distances come as near as may be to those wanted, weighted by their inverse squares."""
    size = len(distance)
    centre = np.eye(size) - 1 / size
    values, vectors = np.linalg.eigh(-0.5 * centre @ distance**2 @ centre)
    largest = np.abs(vectors[:, -2:]).argmax(axis=0)
    place = vectors[:, -2:] * np.sign(vectors[largest, [-2, -1]]) * np.sqrt(np.maximum(values[-2:], 1e-9))
    weight = (1 - np.eye(size)) / (distance + np.eye(size)) ** 2
    inverse = np.linalg.pinv(np.diag(weight.sum(axis=1)) - weight)
    for _ in range(steps):
        gap = np.linalg.norm(place[:, None] - place, axis=2)
        pull = -weight * distance / np.maximum(gap, 1e-9)
        np.fill_diagonal(pull, 0.0)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        place = inverse @ (pull @ place)
    return place


def pictures(
    ratings: Mapping[int, ties.Ratings], shown: Collection[str], types: pd.Series, level: int
) -> dict[str, pd.DataFrame]:
    """For drawing: `bodies` one row a semester and shown body (position, type, confirmed ties with all others), `ties` one row a semester and confirmed tie of two
    shown bodies (its ends, their positions). `shown`: those that may be drawn singly."""
    first = next(iter(ratings.values()))
    at = np.flatnonzero(pd.Index(first.actors).isin(list(shown)))
    names = np.array(first.actors, dtype=object)
    confirmed = {semester: given.confirmed(level) for semester, given in ratings.items()}
    place = layout([one[at][:, at] for one in confirmed.values()])
    bodies, pairs = [], []
    for semester, one in confirmed.items():
        bodies.append(
            pd.DataFrame(
                {
                    "semester": str(semester),
                    "organisation": names[at],
                    "type": types.reindex(list(names[at])).to_numpy(),
                    "ties": np.diff(one.indptr)[at],
                    "x": place[:, 0],
                    "y": place[:, 1],
                }
            )
        )
        upper = sparse.triu(one[at][:, at], k=1).tocoo()
        pairs.append(
            pd.DataFrame(
                {
                    "semester": str(semester),
                    "from": names[at][upper.row],
                    "to": names[at][upper.col],
                    "x_from": place[upper.row, 0],
                    "y_from": place[upper.row, 1],
                    "x_to": place[upper.col, 0],
                    "y_to": place[upper.col, 1],
                }
            )
        )
    nodes, edges = pd.concat(bodies, ignore_index=True), pd.concat(pairs, ignore_index=True)
    position = {"unit": "position"}
    nodes.attrs["columns"] = {
        "organisation": {"organisation": True, "single": True},
        "type": {"labels": "type"},
        "ties": {"counts": "things"},
        "x": position,
        "y": position,
    }
    edges.attrs["columns"] = {
        **{key: {"organisation": True, "pairwise": True} for key in ("from", "to")},
        **dict.fromkeys(("x_from", "y_from", "x_to", "y_to"), position),
    }
    return {"bodies": nodes, "ties": edges}


def latest(drawn: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Of `pictures`, the last semester with a tie."""
    known = drawn["ties"] if len(drawn["ties"]) else drawn["bodies"]
    last = known["semester"].iloc[-1]
    parts = {name: part[part["semester"] == last].reset_index(drop=True) for name, part in drawn.items()}
    for name, part in parts.items():
        part.attrs = drawn[name].attrs
    return parts
