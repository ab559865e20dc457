"""Does a drawn study give its truth back? Estimates from the drawn tables beside the true parameters, in standard errors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate import giving
from analysis.simulate import truth as truths
from analysis.simulate.draw import Drawn
from analysis.simulate.network import PHASES
from analysis.simulate.progress import STAGES

Row = tuple[str, float, float, float, int]


def check_sim(drawn: Drawn) -> pd.DataFrame:
    """One row per checked parameter: parameter, truth, estimate, se (under the truth), n, z = (estimate − truth) / se.

    Parameters with fewer than ten cases are left out. Conflict is checked outside the workers' frame, where answers are
    independent; the planted cell departs from the truth by design, so men of that quarter are left out of care loads.
    """
    rows = [
        *_care(drawn),
        *_work(drawn),
        *_conflict(drawn),
        *_waves(drawn),
        *_community(drawn),
        *_progress(drawn),
        *_giving(drawn),
        *_served(drawn),
        *_panel(drawn),
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "truth", "estimate", "se", "n"])
    frame["z"] = (frame["estimate"] - frame["truth"]) / frame["se"]
    return frame.loc[frame["n"] >= 10].reset_index(drop=True)


def care_load(frame: pd.DataFrame) -> pd.Series:
    """none | children | relatives | both, NA where an answer is missing: the codebook's derived variable."""
    children, relatives = frame["children_under15"].astype(str), frame["relatives_care"].astype(str)
    known = children.isin(["yes", "no"]) & relatives.isin(["yes", "no"])
    code = children.eq("yes").astype(int) + 2 * relatives.eq("yes").astype(int)
    return code.map(dict(enumerate(truths.CARE))).where(known)


def scores(frame: pd.DataFrame, scale: str, high: int = 7) -> np.ndarray:
    """Answers to the items of a scale as floats (n, items), missing codes and unasked items NaN."""
    items = frame.filter(regex=f"^{scale}[0-9]+$").to_numpy(dtype=float, na_value=np.nan)
    return np.where(items <= high, items, np.nan)


def _share(name: str, truth: float, hits: pd.Series | np.ndarray) -> Row:
    return _part(name, truth, int(np.sum(hits)), len(hits))


def _part(name: str, truth: float, hits: int, n: int) -> Row:
    estimate = hits / n if n else np.nan
    return name, truth, estimate, float(np.sqrt(max(truth * (1 - truth), 1e-12) / max(n, 1))), n


def _care(drawn: Drawn) -> Iterator[Row]:
    """Sum of each care load against the sum of the true probabilities of the very people drawn (residents)."""
    frame, p = drawn.waves[1], drawn.truth
    cell = p["small_cell"]
    quarter, sex = frame["quarter"].astype(str), frame["gender"].astype(str)
    kept = frame["frame"].eq("residents") & ~(quarter.eq(cell["quarter"]) & sex.eq("m"))
    names = list(p["quarters"]["names"])
    who = frame.loc[kept]
    shift = quarter[kept].map(dict(zip(names, p["quarters"]["care_shift"]))).to_numpy(dtype=float)
    row = sex[kept].map({"f": 0, "m": 1}).to_numpy()
    children, relatives = truths.care_probabilities(p, row, who["age"].to_numpy(), shift)
    for column, probability in (("children_under15", children), ("relatives_care", relatives)):
        answer = who[column].astype(str)
        for number, name in enumerate(truths.SEXES):
            use = answer.isin(["yes", "no"]).to_numpy() & (row == number)
            expected, n = probability[use], int(use.sum())
            se = float(np.sqrt((expected * (1 - expected)).sum())) / max(n, 1)
            yield f"care.{column}.{name}", float(expected.mean()), float(answer[use].eq("yes").mean()), se, n


def _work(drawn: Drawn) -> Iterator[Row]:
    frame, p = drawn.waves[1], drawn.truth
    load, sex = care_load(frame), frame["gender"].astype(str)
    idle = frame["employment"].ne("employed")
    reduced = frame["reduced_hours_care"].astype(str)
    flexible = frame["flexible_hours"].astype(str)
    for name in truths.SEXES:
        asked = sex.eq(name) & flexible.isin(["yes", "no"])
        yield _share(f"work.flexible.{name}", p["work"]["flexible"][name], flexible[asked].eq("yes"))
        for kind in truths.CARE:
            cell = sex.eq(name) & load.eq(kind)
            reason = frame.loc[cell & idle, "not_working_reason"].eq("care")
            yield _share(
                f"employment.reason_care.{name}.{kind}", p["employment"]["reason_care"][name][kind], reason
            )
            answered = reduced[cell & reduced.isin(["yes", "no"])].eq("yes")
            yield _share(
                f"work.reduced_for_care.{name}.{kind}", p["work"]["reduced_for_care"][name][kind], answered
            )


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gender": frame["gender"].astype(str),
            "care_load": care_load(frame),
            "flexible_hours": frame["flexible_hours"].astype(str),
        }
    )


def _conflict(drawn: Drawn) -> Iterator[Row]:
    for wave, frame in drawn.waves.items():
        frame = frame.loc[frame["frame"].ne("workers")]
        cells = _cells(frame)
        for scale in ("wfc", "fwc"):
            answers = scores(frame, scale)
            expected = truths.expected_scores(drawn.truth, scale, wave)
            table = cells.assign(score=pd.DataFrame(answers, index=frame.index).mean(axis=1)).merge(
                expected, on=list(cells), suffixes=("", "_true")
            )
            table["score_true"] = table["score_true"].astype(float)
            for key, group in table.dropna(subset=["score"]).groupby(
                ["gender", "care_load", "flexible_hours"]
            ):
                n = len(group)
                se = float(group["score"].std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
                name = f"conflict.{scale}.wave{wave}." + ".".join(key)
                yield name, float(group["score_true"].iloc[0]), float(group["score"].mean()), se, n


def alpha(drawn: Drawn, scale: str) -> tuple[float, float]:
    """(true, estimated) Cronbach's alpha of a scale of conflict among the employed outside the workers' frame in wave 1."""
    frame = drawn.waves[1].loc[drawn.waves[1]["frame"].ne("workers")]
    answers = scores(frame, scale)
    cells = _cells(frame).merge(truths.latent_means(drawn.truth, scale), how="left")
    use = ~np.isnan(answers).any(axis=1) & cells["latent"].notna().to_numpy()
    latent, count = np.unique(cells["latent"].to_numpy(dtype=float)[use], return_counts=True)
    true = truths.expected_alpha(drawn.truth["conflict"][scale], latent, count, 1, 7)
    covariance = np.cov(answers[use].T)
    k = len(covariance)
    return true, float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def _waves(drawn: Drawn) -> Iterator[Row]:
    first, second = drawn.waves[1], drawn.waves[2]
    load, back = care_load(first), first["person_id"].isin(second["person_id"])
    for kind in truths.CARE:
        yield _share(f"waves.stays.{kind}", drawn.truth["waves"]["stays"][kind], back[load.eq(kind)])


def _community(drawn: Drawn) -> Iterator[Row]:
    p, tables = drawn.truth, drawn.tables
    people, phases = tables["actors"], tables["events"][["event", "phase"]]
    came = tables["participation"].merge(phases, on="event")
    others = people.loc[~people["actor"].isin(tables["events"]["facilitator"])]
    for phase in PHASES:
        present = others["actor"].isin(came.loc[came["phase"].eq(phase), "actor"])
        for kind in p["community"]["reach"]:
            mine = present[others["type"].eq(kind)]
            yield _share(f"community.reach.{kind}.{phase}", p["community"]["reach"][kind][phase], mine)
        office = came.loc[came["phase"].eq(phase) & came["unit"].notna(), "unit"]
        beyond = ~office.map(tables["units"].set_index("unit")["csr_or_hr"]).astype(bool)
        yield _share(f"units.beyond_csr.{phase}", p["units"]["beyond_csr"][phase], beyond)


def _progress(drawn: Drawn) -> Iterator[Row]:
    p, tables = drawn.truth, drawn.tables
    yield from _hazards(tables["ideas"], "ideas.pass", "idea", STAGES, p["ideas"]["pass"])
    status = tables["matches"]["status"]
    total = sum(p["matching"]["status"].values())
    for name, value in p["matching"]["status"].items():
        yield _share(f"matching.status.{name}", value / total, status.eq(name))
    result = tables["mediation"]["result"]
    for name in ("agreement", "open"):
        yield _share(f"mediation.{name}", p["mediation"][name], result.eq(name))


def _hazards(
    history: pd.DataFrame, name: str, by: str, stages: tuple[str, ...], chances: dict[str, float]
) -> Iterator[Row]:
    """Share that passed among those that have left a stage. Leaving and passing are independent, so censoring does no harm."""
    paths = history.groupby(by)["stage"].agg(list)
    for stage, following in itertools.pairwise(stages):
        left = paths.map(
            lambda path, stage=stage: path[path.index(stage) + 1] if stage in path[:-1] else None
        ).dropna()
        yield _share(f"{name}.{stage}", chances[stage], left.eq(following))


def _giving(drawn: Drawn) -> Iterator[Row]:
    p, tables = drawn.truth, drawn.tables
    asked = tables["proposals"]
    for kind, chances in p["proposals"]["pass"].items():
        history = asked.loc[asked["funder_kind"].eq(kind)]
        yield from _hazards(history, f"proposals.pass.{kind}", "proposal", giving.STAGES, chances)
    yield from _retention(tables["gifts"], p["gifts"])


def _retention(gifts: pd.DataFrame, p: dict[str, Any]) -> Iterator[Row]:
    """Donors who gave again and donors recaptured, in the years with places for all who could be expected back (three standard deviations more)."""
    gave = pd.crosstab(gifts["donor"], gifts["date"].dt.year).gt(0)
    places = gifts["date"].dt.year.value_counts()
    hits: dict[str, list[np.ndarray]] = {"again": [], "recaptured": []}
    for last, year in itertools.pairwise(gave.columns):
        who = {"again": gave[last], "recaptured": gave.loc[:, :last].any(axis=1) & ~gave[last]}
        expected = sum(p[name] * mask.sum() for name, mask in who.items())
        spread = sum(p[name] * (1 - p[name]) * mask.sum() for name, mask in who.items())
        if places[year] >= expected + 3 * np.sqrt(spread):
            for name, mask in who.items():
                hits[name].append(gave.loc[mask, year].to_numpy())
    for name, found in hits.items():
        yield _share(f"gifts.{name}", p[name], np.concatenate([np.array([], dtype=bool), *found]))


def _served(drawn: Drawn) -> Iterator[Row]:
    p, tables = drawn.truth, drawn.tables
    places = tables["shifts"].groupby("role")[["filled", "needed"]].sum()
    for role, value in p["shifts"]["coverage"].items():
        if role in places.index:
            yield _part(f"shifts.coverage.{role}", value, *map(int, places.loc[role]))
    cases = tables["caseload"].groupby("service")[["achieved", "persons"]].sum()
    shares = np.resize(p["caseload"]["achieved"], len(tables["services"]))
    for service, value in zip(tables["services"]["service"], shares):
        yield _part(f"caseload.achieved.{service}", value, *map(int, cases.loc[service]))


def _panel(drawn: Drawn) -> Iterator[Row]:
    """The mean of all ATT(g, t), companies that never adopt as comparison and the semester before adoption as base.

    The standard error follows from the noise alone: a company's own level cancels.
    """
    cells = truths.group_time_effects(drawn.truth)
    wide = drawn.tables["panel"].pivot(index=["unit", "adopted"], columns="semester", values="value")
    adopted = wide.index.get_level_values("adopted").to_series(index=range(len(wide))).fillna(0).to_numpy(int)
    member = (adopted == cells["group"].to_numpy()[:, None]).astype(float)
    size, never = member.sum(axis=1), (adopted == 0).astype(float)
    if not (never.any() and np.array_equal(size, cells["companies"])):
        return
    contrast = member / size[:, None] - never / never.sum()
    semester = np.arange(1, wide.shape[1] + 1)
    group, at = cells["group"].to_numpy()[:, None], cells["semester"].to_numpy()[:, None]
    step = (semester == at).astype(float) - (semester == group - 1)
    coefficients = np.einsum("c,cu,cs->us", size / size.sum(), contrast, step)
    variance = np.einsum("us,st,ut->", coefficients, truths.panel_noise(drawn.truth), coefficients)
    estimate = float((coefficients * wide.to_numpy()).sum())
    simple, _ = truths.aggregate_effects(drawn.truth)
    yield "panel.simple", simple, estimate, float(np.sqrt(variance)), len(wide)
