"""Priorities put to the vote: which statements a community agrees on, and which groups of opinion it holds, as participatory platforms compute them.

A vote is 1 (agree), −1 (disagree), 0 (pass) or missing (not seen). Group-informed consensus of a statement: Π_g (A_g + 1)/(S_g + 2), over
groups of opinion, with A_g who agree and S_g who saw it (Small et al. 2021); it is high only where every group agrees.
Groups of opinion: votes centred by statement, missing ones at its mean; first two principal components, each person stretched by √(statements/votes
cast), so that whoever voted little is not drawn to the middle; k-means, the number of groups by mean silhouette (Rousseeuw 1987).
Those who voted choose themselves: shares describe the voters and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

AGREE, PASS, DISAGREE = 1, 0, -1
WORDS = {"agree": AGREE, "pass": PASS, "disagree": DISAGREE}
FEWEST_VOTES = 7
MOST_GROUPS = 5
STARTS = 20


@dataclass(frozen=True)
class Votes:
    """Last vote of each person (rows) on each statement (columns), shape (P, S); missing where not seen."""

    persons: tuple[str, ...]
    statements: tuple[str, ...]
    matrix: np.ndarray

    @property
    def cast(self) -> np.ndarray:
        """Votes cast by each person, passes included, shape (P,)."""
        return np.isfinite(self.matrix).sum(axis=1)


@dataclass(frozen=True)
class Opinion:
    """Group of each person, shape (P,), −1 for those who voted too little to be placed; two coordinates each, shape (P, 2); mean silhouette by number of groups tried."""

    group: np.ndarray
    position: np.ndarray
    silhouette: dict[int, float]

    @property
    def groups(self) -> int:
        return int(self.group.max()) + 1

    @property
    def sizes(self) -> np.ndarray:
        return np.bincount(self.group[self.group >= 0], minlength=self.groups)


def votes(cast: pd.DataFrame) -> Votes:
    """The matrix of last votes from `cast` with columns person, statement, vote and, where votes were changed, time.

    Refused, all faults at once: a vote other than −1, 0, 1, an end missing, two votes of one person on one statement without a time to tell the later, no vote at all; a column missing.
    """
    required("votes", cast, ("person", "statement", "vote"))
    faults = []
    if not len(cast):
        faults.append(Fault(say("nessun voto", "no votes"), "votes"))
    lost = cast[["person", "statement"]].isna().any(axis=1)
    if lost.any():
        faults.append(
            Fault(
                say("voto senza persona o proposta", "a vote without person or statement"),
                where("votes", lost),
            )
        )
    wrong = ~cast["vote"].isin([AGREE, PASS, DISAGREE])
    if wrong.any():
        shown = ", ".join(sorted(set(cast.loc[wrong, "vote"].astype(str)))[:5])
        faults.append(Fault(f"vote = {shown}", where("votes", wrong), "−1, 0, 1"))
    timed = cast["time"] if "time" in cast else pd.Series(0, index=cast.index)
    twice = cast.assign(time=timed).duplicated(["person", "statement", "time"], keep=False)
    if twice.any():
        what = say(
            "due voti della stessa persona sulla stessa proposta, senza un'ora che dica quale è l'ultimo",
            "two votes of one person on one statement, and no time tells which is the later",
        )
        faults.append(Fault(what, where("votes", twice)))
    if faults:
        raise EstimateError(faults)
    last = (
        cast.assign(time=timed)
        .sort_values("time", kind="stable")
        .drop_duplicates(["person", "statement"], keep="last")
    )
    i, persons = pd.factorize(last["person"], sort=True)
    j, statements = pd.factorize(last["statement"], sort=True)
    matrix = np.full((len(persons), len(statements)), np.nan)
    matrix[i, j] = last["vote"].to_numpy(dtype=float)
    return Votes(tuple(map(str, persons)), tuple(map(str, statements)), matrix)


def matrix_of(cast: pd.DataFrame) -> Votes:
    """As `votes`, from a table of the study: person, statement, vote ("agree", "pass", "disagree")."""
    required("votes", cast, ("person", "statement", "vote"))
    unknown = ~cast["vote"].isin(list(WORDS))
    if unknown.any():
        shown = ", ".join(sorted(set(cast.loc[unknown, "vote"].map(str)))[:5])
        raise EstimateError(Fault(f"vote = {shown}", where("votes", unknown), ", ".join(WORDS)))
    return votes(cast.assign(vote=cast["vote"].map(WORDS)))


def consensus(given: Votes, group: np.ndarray) -> pd.DataFrame:
    """One row a statement: who saw it, agreed, disagreed, passed, over all persons; group-informed consensus over the persons with `group` ≥ 0.

    Refused: as many groups as persons are not given, or nobody is in a group.
    """
    group = np.asarray(group)
    if group.shape != (len(given.persons),) or not (group >= 0).any():
        raise EstimateError(
            Fault(
                say(f"{len(group)} gruppi per {len(given.persons)} persone", f"{len(group)} groups for {len(given.persons)} persons"),
                say("consenso fra i gruppi", "group-informed consensus"),
                say("uno per persona, almeno una in un gruppo", "one for each person, at least one in a group"),
            )
        )  # fmt: skip
    placed = group >= 0
    member = np.zeros((int(group.max()) + 1, len(group)))
    member[group[placed], np.flatnonzero(placed)] = 1.0
    member = member[member.any(axis=1)]
    seen, agreed = np.isfinite(given.matrix), given.matrix == AGREE
    shared = ((member @ agreed + 1) / (member @ seen + 2)).prod(axis=0)
    frame = pd.DataFrame(
        {
            "statement": given.statements,
            "seen": seen.sum(axis=0),
            "agree": agreed.sum(axis=0),
            "disagree": (given.matrix == DISAGREE).sum(axis=0),
            "passed": (given.matrix == PASS).sum(axis=0),
            "consensus": shared,
        }
    )
    persons = {"counts": "persons"}
    frame.attrs["columns"] = {
        "statement": {"text": True},
        **dict.fromkeys(("seen", "agree", "disagree", "passed"), persons),
        "consensus": {"unit": "index", "digits": 2, "n": "seen"},
    }
    return frame


def by_group(given: Votes, group: np.ndarray) -> pd.DataFrame:
    """One row a statement and group of opinion: persons of the group who saw it, who agreed, the share."""
    placed = group >= 0
    member = np.eye(int(group.max()) + 1)[group[placed]].T
    seen = (member @ np.isfinite(given.matrix[placed])).astype(int)
    agreed = (member @ (given.matrix[placed] == AGREE)).astype(int)
    g, s = np.indices(seen.shape)
    frame = pd.DataFrame(
        {
            "statement": np.array(given.statements, dtype=object)[s.ravel()],
            "opinion_group": (g.ravel() + 1).astype(str),
            "seen": seen.ravel(),
            "agree": agreed.ravel(),
            "share": np.divide(
                agreed.ravel(), seen.ravel(), out=np.full(seen.size, np.nan), where=seen.ravel() > 0
            ),
        }
    )
    frame.attrs["columns"] = {
        "statement": {"labels": "statement"},
        "seen": {"counts": "persons"},
        "agree": {"counts": "persons"},
        "share": {"unit": "share", "digits": 0, "n": "seen", "cases": "agree"},
    }
    return frame


def opinion(given: Votes, fewest: int = FEWEST_VOTES, most: int = MOST_GROUPS, seed: int = 1) -> Opinion:
    """Groups of opinion among the persons who cast `fewest` votes or more, the largest first; as many as the silhouette prefers from 2 to `most`.

    Refused: fewer than four such persons, or persons who all voted alike.
    """
    from scipy.cluster.vq import kmeans2

    placed = given.cast >= fewest
    matrix = given.matrix[placed]
    seen = np.isfinite(matrix)
    average = np.where(seen, matrix, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    centred = np.where(seen, matrix - average, 0.0)
    if placed.sum() < 4 or np.allclose(centred, 0):
        raise EstimateError(
            Fault(
                say(f"{placed.sum()} persone con almeno {fewest} voti", f"{placed.sum()} persons with {fewest} votes or more"),
                say("gruppi di opinione", "groups of opinion"),
                say("almeno quattro, che non votino tutte allo stesso modo", "at least four that do not all vote alike"),
            )
        )  # fmt: skip
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.sign(axes[:2, [0]] + (axes[:2, [0]] == 0))
    point = centred @ axes.T * np.sqrt(matrix.shape[1] / seen.sum(axis=1))[:, None]
    distance = np.linalg.norm(point[:, None] - point, axis=2)
    best, chosen = np.zeros(len(point), dtype=int), -np.inf
    tried: dict[int, float] = {}
    different = len(np.unique(point.round(9), axis=0))
    for k in range(2, min(most, different, len(point) - 1) + 1):
        starts = [kmeans2(point, k, minit="++", rng=seed + start) for start in range(STARTS)]
        _, group = min(starts, key=lambda found: _within(point, *found))
        if len(np.unique(group)) < k:
            continue
        tried[k] = silhouette(distance, group)
        if tried[k] > chosen + 1e-12:
            best, chosen = group, tried[k]
    if not tried:
        raise EstimateError(
            Fault(
                say("le persone non si dividono in gruppi", "the persons do not part into groups"),
                say("gruppi di opinione", "groups of opinion"),
                say("almeno due modi diversi di votare", "at least two different ways to vote"),
            )
        )
    order = np.argsort(-np.bincount(best), kind="stable")
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    every = np.full(len(placed), -1)
    every[placed] = rank[best]
    position = np.full((len(placed), 2), np.nan)
    position[placed] = point
    return Opinion(every, position, tried)


def ranked(
    found: pd.DataFrame, groups: pd.DataFrame, texts: Mapping[str, Any], most: int = 20
) -> dict[str, pd.DataFrame]:
    """For drawing and printing, the statements by group-informed consensus, highest first: `statements` as `consensus`, `groups` as `by_group`, with their texts
    (statement → it, en) for the identifiers. Of more than `most` statements the highest and the lowest are kept, as many of each."""
    order = found.sort_values(["consensus", "statement"], ascending=[False, True], ignore_index=True)
    if len(order) > most:
        order = pd.concat([order.head(most // 2), order.tail(most // 2)], ignore_index=True)
    place = {name: k for k, name in enumerate(order["statement"])}
    kept = groups[groups["statement"].isin(place)]
    kept = kept.assign(rank=kept["statement"].map(place)).sort_values(
        ["rank", "opinion_group"], ignore_index=True
    )
    parts = {"statements": order, "groups": kept.drop(columns="rank")}
    for part, source in zip(parts.values(), (found, groups)):
        part["statement"] = part["statement"].map(dict(texts)).astype(object)
        part.attrs["columns"] = source.attrs["columns"] | {"statement": {"text": True}}
    return parts


def silhouette(distance: np.ndarray, group: np.ndarray) -> float:
    """Mean silhouette of a partition, `distance` of shape (N, N), `group` 0 … k − 1; a group of one counts 0."""
    member = np.eye(int(group.max()) + 1)[group]
    size = member.sum(axis=0)
    total = distance @ member
    own = total[np.arange(len(group)), group] / np.maximum(size[group] - 1, 1)
    other = np.where(member > 0, np.inf, total / size).min(axis=1)
    width = np.where(size[group] > 1, (other - own) / np.maximum(np.maximum(other, own), 1e-300), 0.0)
    return float(width.mean())


def _within(point: np.ndarray, centres: np.ndarray, group: np.ndarray) -> float:
    return float(((point - centres[group]) ** 2).sum())
