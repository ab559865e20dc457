"""Do 95 % intervals cover? A thousand samples of stratified clusters with unequal weights, drawn from one finite population whose truths are known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.survey import estimates, models, quantiles
from analysis.survey.design import Design
from analysis.survey.stages import LaterStage

SEED, STUDIES = 20260115, 1000
STRATA, CLUSTERS, SIZE, DRAWN = 8, 60, 40, 10
OFTEN, SELDOM = 8, 4  # persons drawn in a cluster, by class
LEVEL = 0.95


@pytest.fixture(scope="module")
def population():
    """480 clusters of 40 persons in eight strata, sampled at different rates within clusters."""
    generator = np.random.default_rng(SEED)
    n = STRATA * CLUSTERS * SIZE
    cluster = np.repeat(np.arange(STRATA * CLUSTERS), SIZE)
    stratum = cluster // CLUSTERS
    shift = generator.normal(size=STRATA * CLUSTERS)[cluster] * 0.4 + 0.1 * stratum
    x = generator.normal(size=n)
    y = 5 + shift + 0.5 * x + generator.normal(size=n)
    event = generator.random(n) < 1 / (1 + np.exp(-(-0.6 + 0.7 * x + 0.6 * shift)))
    group = generator.random(n) < 0.4
    often = generator.random(n) < 0.5  # of them more are drawn
    frame = pd.DataFrame(
        {
            "cluster": cluster,
            "stratum": stratum,
            "x": x,
            "y": y,
            "event": event * 1.0,
            "group": np.where(group, "a", "b"),
            "often": often,
        }
    )
    truth = {
        "mean": y.mean(),
        "share": event.mean(),
        "total": y.sum(),
        "ratio": y.sum() / (y + x).sum(),
        "median": np.sort(y)[int(np.ceil(n / 2)) - 1],
        "difference": y[group].mean() - y[~group].mean(),
        "logit": models.fit(frame["event"], frame[["x"]], Design(np.ones(n)), "logit").coefficients[1],
    }
    return frame, truth


def draw(frame: pd.DataFrame, generator: np.random.Generator) -> tuple[pd.DataFrame, Design]:
    """Ten clusters a stratum, then persons of two classes in each at different rates, all without replacement: unequal weights, a finite population at both stages."""
    clusters = np.concatenate([h * CLUSTERS + generator.permutation(CLUSTERS)[:DRAWN] for h in range(STRATA)])
    own = frame[frame["cluster"].isin(clusters).to_numpy()]
    classes = own.groupby(["cluster", "often"])["y"]
    held = classes.transform("size").to_numpy()
    order = pd.Series(generator.random(len(own)), own.index).groupby([own["cluster"], own["often"]]).rank()
    taken = np.minimum(np.where(own["often"], OFTEN, SELDOM), held)
    chosen = order.to_numpy() <= taken
    sample, held, taken = own[chosen].reset_index(drop=True), held[chosen], taken[chosen]
    weights = CLUSTERS / DRAWN * held / taken
    persons = LaterStage(np.arange(len(sample)), held, sample["often"])
    fpc = np.full(len(sample), CLUSTERS)
    return sample, Design(weights, sample["stratum"], sample["cluster"], fpc, later=[persons])


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say(population):
    frame, truth = population
    covered = dict.fromkeys(truth, 0)
    for generator in np.random.default_rng(SEED + 1).spawn(STUDIES):
        people, sample = draw(frame, generator)
        differs = estimates.mean(people["y"], sample, people[["group"]]).difference(
            {"group": "a"}, {"group": "b"}
        )
        model = models.fit(people["event"], people[["x"]], sample, "logit")
        bounds = {
            "mean": estimates.mean(people["y"], sample).interval,
            "share": estimates.share(people["event"], sample).interval,
            "total": estimates.total(people["y"], sample).interval,
            "ratio": estimates.ratio(people["y"], people["y"] + people["x"], sample).interval,
            "median": quantiles.quantile(people["y"], sample).interval,
            "difference": ([differs.low], [differs.high]),
            "logit": tuple(bound[1:] for bound in model.interval),
        }
        for name, (low, high) in bounds.items():
            covered[name] += bool(low[0] <= truth[name] <= high[0])
    tail = 0.05 / (2 * len(truth))
    least, most = stats.binom.ppf([tail, 1 - tail], STUDIES, LEVEL)
    assert all(least <= count <= most for count in covered.values()), (covered, least, most)


@pytest.mark.slow
def test_intervals_that_ignore_the_design_do_not_cover(population):
    frame, truth = population
    covered = 0
    for generator in np.random.default_rng(SEED + 2).spawn(200):
        people, sample = draw(frame, generator)
        low, high = estimates.mean(people["y"], Design(sample.weights)).interval
        covered += bool(low[0] <= truth["mean"] <= high[0])
    assert covered < stats.binom.ppf(0.001, 200, LEVEL)
