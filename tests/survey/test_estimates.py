"""Design-based estimates against R's survey package (version 4.1-1).

Oracles: A rows 1 and 2, B rows apiclus1, apistrat; D row ESS10. Tolerances: 1e-9 relative where the figure is known to full
precision, since both sides are sums of some hundred doubles; half of the last digit printed elsewhere.
"""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import design, estimates

FULL = 1e-9


@pytest.fixture(scope="module")
def clusters(shared_data):
    frame = pd.read_csv(shared_data / "oracles" / "apiclus1.csv")
    return frame, design.Design(frame["pw"], psu=frame["dnum"], fpc=frame["fpc"])


@pytest.fixture(scope="module")
def strata(shared_data):
    frame = pd.read_csv(shared_data / "oracles" / "apistrat.csv")
    return frame, design.Design(frame["pw"], strata=frame["stype"], fpc=frame["fpc"])


def test_cluster_mean_and_total(clusters):
    frame, sample = clusters
    api = estimates.mean(frame["api00"], sample)
    enrolled = estimates.total(frame["enroll"], sample)
    assert api.estimate[0] == pytest.approx(644.169398907104, rel=FULL)
    assert api.se[0] == pytest.approx(23.542240693781, rel=FULL)
    assert enrolled.estimate[0] == pytest.approx(3404940.13452911, rel=FULL)
    assert enrolled.se[0] == pytest.approx(932235.027041215, rel=FULL)
    assert sample.df == 14


def test_cluster_proportions(clusters):
    frame, sample = clusters
    found = estimates.composition(frame["stype"], sample)
    assert found.groups["stype"].tolist() == ["E", "H", "M"]
    assert found.estimate == pytest.approx(
        [0.786885245901639, 0.0765027322404372, 0.136612021857924], rel=FULL
    )
    assert found.se == pytest.approx([0.0463365536499119, 0.0268102190507708, 0.0296490466402602], rel=FULL)
    assert found.cases is not None and found.cases.sum() == found.n[0] == len(frame)


def test_stratified_mean_interval_and_domains(strata):
    frame, sample = strata
    api = estimates.mean(frame["api00"], sample)
    assert api.estimate[0] == pytest.approx(662.287363159321, rel=FULL)
    assert api.se[0] == pytest.approx(9.40894080278458, rel=FULL)
    low, high = api.interval
    assert (low[0], high[0]) == pytest.approx((643.732188, 680.842538), abs=5e-7)
    domains = estimates.mean(frame["api00"], sample, frame[["stype"]], margin=True)
    assert domains.estimate == pytest.approx([674.43, 625.82, 636.60, 662.287363159321], abs=0.005)
    assert domains.groups["stype"].tolist() == ["E", "H", "M", "total"]
    gap = domains.difference({"stype": "E"}, {"stype": "H"})
    assert gap.se**2 == pytest.approx(domains.se[0] ** 2 + domains.se[1] ** 2, rel=FULL)


def test_design_effect_of_the_stratified_mean(strata):
    frame, sample = strata
    drawn_simply = design.Design(sample.weights)
    n, population = len(frame), sample.weights.sum()
    api, w = frame["api00"].to_numpy(float), sample.weights
    mean = (w * api).sum() / w.sum()
    spread = (w * (api - mean) ** 2).sum() / w.sum() * n / (n - 1)
    plain = spread / n * (1 - n / population)
    assert estimates.mean(api, sample).se[0] ** 2 / plain == pytest.approx(1.20445726853772, rel=1e-6)
    assert drawn_simply.df == n - 1


def test_domain_in_clusters_is_a_ratio(clusters):
    """A domain mean is the ratio of two totals over the whole design, and its error counts PSUs without the domain."""
    frame, sample = clusters
    inside = (frame["stype"] == "H").astype(float)
    domain = estimates.mean(frame["api00"], sample, frame[["stype"]])
    by_ratio = estimates.ratio(frame["api00"] * inside, inside, sample)
    k = domain.at(stype="H")
    assert domain.estimate[k] == pytest.approx(by_ratio.estimate[0], rel=FULL)
    assert domain.se[k] == pytest.approx(by_ratio.se[0], rel=FULL)


def test_difference_between_domains_that_share_clusters(clusters):
    """The variance of a difference equals that of one linearised variable: both domains' scores, one less the other."""
    frame, sample = clusters
    domains = estimates.mean(frame["api00"], sample, frame[["stype"]])
    gap = domains.difference({"stype": "E"}, {"stype": "M"})
    scores = np.zeros(len(frame))
    for label, sign in (("E", 1), ("M", -1)):
        inside = (frame["stype"] == label).to_numpy()
        k = domains.at(stype=label)
        scores[inside] = (
            sign
            * (sample.weights * (frame["api00"] - domains.estimate[k]))[inside]
            / sample.weights[inside].sum()
        )
    variance = sample.covariance(sample.sums(np.zeros(len(frame), dtype=int), 1, scores))[0, 0]
    assert gap.se == pytest.approx(np.sqrt(variance), rel=FULL)
    assert gap.n == int(frame["stype"].isin(["E", "M"]).sum())


@pytest.mark.parametrize(
    ("item", "beyond", "country", "mean", "se"),
    [
        ("trdawrk", 5, "DE", 3.20796, 0.01543),
        ("trdawrk", 5, "PL", 3.27545, 0.02536),
        ("trdawrk", 5, "SE", 3.16926, 0.02696),
        ("jbprtfp", 5, "DE", 3.06280, 0.01708),
        ("jbprtfp", 5, "PL", 3.06567, 0.02973),
        ("jbprtfp", 5, "SE", 2.92166, 0.03107),
    ],
)
def test_work_life_items_of_a_real_survey(shared_data, item, beyond, country, mean, se):
    """European Social Survey 10, strata country × stratum, PSUs nested, lonely PSUs by the rule "adjust"."""
    frame = pd.read_csv(shared_data / "survey" / "ess10" / "ess10sc_de_pl_se.csv", low_memory=False)
    sample = design.Design(
        frame["anweight"], frame["cntry"] + frame["stratum"].astype(str), frame["psu"], lonely="adjust"
    )
    answers = frame[item].where(frame[item].between(1, beyond))
    found = estimates.mean(answers, sample, frame[["cntry"]])
    k = found.at(cntry=country)
    assert (found.estimate[k], found.se[k]) == pytest.approx((mean, se), abs=5e-6)


def sample_of(n: int = 40) -> tuple[pd.DataFrame, design.Design]:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"y": rng.normal(size=n), "g": np.tile(["a", "b"], n // 2), "event": rng.random(n) < 0.3}
    )
    return frame, design.Design(np.ones(n))


def test_share_at_its_bounds_has_an_honest_interval():
    _, sample = sample_of(40)
    low, high = estimates.share(np.zeros(40), sample).interval
    assert low[0] == 0
    assert high[0] == pytest.approx(1 - 0.025 ** (1 / 40))
    low, high = estimates.share(np.ones(40), sample).interval
    assert (low[0], high[0]) == (pytest.approx(0.025 ** (1 / 40)), 1)


def test_missing_answers_leave_the_group_not_the_design():
    frame, sample = sample_of()
    y = frame["y"].where(frame.index > 4)
    found = estimates.mean(y, sample)
    kept = frame.index > 4
    assert found.n[0] == kept.sum()
    assert found.estimate[0] == pytest.approx(y[kept].mean())
    assert found.df[0] == kept.sum() - 1


def test_volunteers_are_described_and_nothing_else(english):
    frame, _ = sample_of()
    people = design.Volunteers(len(frame))
    found = estimates.share(frame["event"], people, frame[["g"]])
    assert "low" not in found.table() and "n" in found.table()
    gap = found.difference({"g": "a"}, {"g": "b"})
    assert gap.estimate == pytest.approx(found.estimate[0] - found.estimate[1])
    for ask in (
        lambda: found.se,
        lambda: found.interval,
        lambda: gap.low,
        lambda: estimates.total(frame["y"], people),
    ):
        with pytest.raises(EstimateError, match="not a sample"):
            ask()


def test_a_census_has_no_sampling_error():
    frame, _ = sample_of()
    found = estimates.mean(frame["y"], design.Census(len(frame)), frame[["g"]])
    gap = found.difference({"g": "a"}, {"g": "b"})
    assert gap.low == gap.estimate == gap.high
    assert "low" not in found.table()


def test_bad_data_are_refused(english):
    frame, sample = sample_of()
    with pytest.raises(EstimateError, match="true or false"):
        estimates.share(frame["y"], sample)
    with pytest.raises(EstimateError, match="39 values for a design of 40 rows"):
        estimates.mean(frame["y"][1:], sample)
    with pytest.raises(EstimateError, match="no value is present"):
        estimates.mean(np.full(40, np.nan), sample)
    with pytest.raises(EstimateError, match="groups instead of one"):
        estimates.mean(frame["y"], sample, frame[["g"]]).at(g="z")


def test_entry_is_what_a_kept_number_needs():
    frame, sample = sample_of()
    found = estimates.share(frame["event"], sample, frame[["g"]])
    entry = found.entry(g="a")
    assert set(entry) == {"value", "n", "cases", "low", "high", "se"}
    assert entry["low"] < entry["value"] < entry["high"]
    assert set(estimates.mean(frame["y"], design.Volunteers(40)).entry()) == {"value", "n"}


def test_difference_carries_the_counts_of_every_side():
    frame, sample = sample_of(40)
    event = (frame.index < 6) & (frame["g"] == "a") | (frame.index < 20) & (frame["g"] == "b")
    gap = estimates.share(event, sample, frame[["g"]]).difference({"g": "a"}, {"g": "b"})
    assert gap.cells == (20, 20, 3, 10, 17, 10)


def test_a_group_in_one_cluster_of_its_stratum_has_no_interval():
    """Between PSUs it shows no variability: an interval of no width would be false precision."""
    frame = pd.DataFrame(
        {"g": ["a", "a", "b", "b", "b", "b"], "y": [1.0, 3, 2, 4, 5, 7], "hit": [1, 0, 1, 0, 1, 1]}
    )
    sample = design.Design(np.ones(6), psu=[1, 1, 2, 2, 3, 3])
    means = estimates.mean(frame["y"], sample, frame[["g"]], margin=True)
    assert means.df.tolist() == [0, 1, 2]
    low, high = means.interval
    assert np.isnan(low[0]) and np.isnan(high[0]) and low[1] < high[1]
    assert np.isnan(means.difference({"g": "a"}, {"g": "b"}).low)
    assert np.isnan(estimates.share(frame["hit"], sample, frame[["g"]]).interval[0][0])
