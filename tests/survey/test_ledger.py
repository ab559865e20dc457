"""The ledger: each specification noted once, with its outcome, restriction, groups, degrees of freedom and n."""

import numpy as np
import pandas as pd

from analysis.survey import benchmarks, contrasts, design, estimates, frames, reliability, waves
from analysis.survey.ledger import Ledger

NAMES = {"care": {"it": "cura", "en": "care"}, "age": {"it": "età", "en": "age"}, "sex": {"it": "genere", "en": "gender"}}  # fmt: skip
CODES = {
    "care": {"none": {"it": "nessuna", "en": "none"}, "kids": {"it": "figli", "en": "children"}},
    "sex": {"f": {"it": "donne", "en": "women"}, "m": {"it": "uomini", "en": "men"}},
}


def people():
    return pd.DataFrame(
        {
            "sex": ["f", "m"] * 6,
            "care": ["none", "kids", "kids", None, "none", "none", "kids", "kids", "none", "kids", "none", "none"],
            "age": [20, 30, 40, 50, 60, 70, 25, 35, 45, 55, 65, 75],
            "score": pd.Series(range(12), dtype=float, name="score"),
        }
    )  # fmt: skip


def sample(ledger, frame):
    return design.Design(np.ones(len(frame)), strata=["a"] * 6 + ["b"] * 6, ledger=ledger)


def test_a_share_is_noted_with_event_restriction_groups_and_its_difference():
    ledger, frame = Ledger(), people()
    with_care = frames.among(frame, frames.one_of(frame["care"], "kids"), age=(18, 64))
    found = estimates.share(with_care, sample(ledger, frame), frame[["sex"]], margin=True)
    found.difference({"sex": "f"}, {"sex": "m"})
    share, difference = ledger.runs
    assert (share.measure, share.event, share.groups) == ("share", ("care", ("kids",)), ("sex",))
    assert share.restriction == (("age", (18, 64)),)
    assert share.n == 8 == int(found.n[:2].sum()) and share.df == found.df.min()
    assert (difference.measure, difference.contrast, difference.n) == ("difference", (("sex", "f", "m"),), 8)
    assert ledger.fields() == ["care", "age", "sex"]
    row = ledger.table(NAMES, CODES, primary=["care"]).iloc[1]
    assert row["outcome"] == {"it": "cura: figli", "en": "care: children"}
    assert row["groups"] == {"it": "genere: donne − uomini", "en": "gender: women − men"}
    assert row["restriction"] == {"it": "età: 18–64", "en": "age: 18–64"}
    assert (row["status"], row["variance"]) == ("primary", "linearised")


def test_among_leaves_out_whoever_does_not_meet_the_conditions_and_keeps_what_was_noted():
    frame = people()
    found = frames.among(frame, frames.one_of(frame["care"], "kids"), sex="m", age=(30, 60))
    assert found.dropna().index.tolist() == [1, 7, 9]
    assert found.attrs == {"event": ("care", ("kids",)), "restriction": {"sex": "m", "age": (30, 60)}}
    both = frames.among(frame, frame[["score"]], sex="f")
    assert both["score"].notna().sum() == 6 and both["score"].attrs["restriction"] == {"sex": "f"}


def test_the_same_run_twice_is_one_and_another_restriction_is_another():
    ledger, frame = Ledger(), people()
    drawn = sample(ledger, frame)
    for _ in range(2):
        estimates.mean(frame["score"], drawn)
    estimates.mean(frames.among(frame, frame["score"], sex="f"), drawn)
    assert [run.n for run in ledger.runs] == [12, 6]


def test_what_compares_nothing_describes_and_a_comparison_is_primary_only_in_the_plan():
    ledger, frame = Ledger(), people()
    drawn = sample(ledger, frame)
    contrasts.compare(frame[["score"]], frame, drawn, {"women": ("sex", "f", "m")})
    waves.change(frame["score"], frame["score"] + 1, drawn, frame[["sex"]])
    estimates.composition(frame["care"], drawn, frame[["sex"]])
    assert [run.measure for run in ledger.runs] == ["difference", "change", "composition"]
    assert ledger.table({}, {}, ["score"])["status"].tolist() == ["primary", "primary", "descriptive"]
    assert ledger.table({}, {})["status"].tolist() == ["exploratory", "exploratory", "descriptive"]
    assert [run.n for run in ledger.runs] == [12, 12, 11]


def test_volunteers_have_no_degrees_of_freedom_and_no_variance():
    ledger, frame = Ledger(), people()
    estimates.mean(frame["score"], design.of(frame, {"kind": "volunteer"}, ledger=ledger))
    row = ledger.table({}, {}).iloc[0]
    assert row["variance"] == "none_respondents" and np.isnan(row["df"]) and row["n"] == 12


def test_attrition_published_shares_and_alpha_are_noted_too():
    ledger, frame = Ledger(), people()
    waves.attrition(frame, frame["age"] < 50, ["sex"], CODES, ledger)
    published = pd.DataFrame(
        {"concept": ["care"], "unit": ["share"], "value": [0.4], "sex": ["f"], "age_from": [18], "age_to": [64], "place": ["x"], "year": [2017]}
    )  # fmt: skip
    event = {"care": frames.one_of(frame["care"], "kids")}
    persons = frame.rename(columns={"sex": "gender"})
    benchmarks.beside(persons, event, sample(ledger, frame), published, simulated=True)
    items = pd.DataFrame({f"i{k}": np.arange(12) % (k + 2) for k in range(3)}).astype(float)
    ledger.note(*reliability.runs({"scale": reliability.alpha(items)}))
    assert [run.measure for run in ledger.runs] == ["share", "share", "alpha"]
    assert ledger.runs[0].outcome == "returned" and ledger.runs[0].kind == "census"
    assert ledger.runs[1].restriction == (("age", (18.0, 64.0)), ("gender", "f"))
    assert ledger.table({}, {})["variance"].tolist() == ["none_census", "linearised", "feldt"]


def test_without_a_ledger_nothing_is_noted_and_the_estimates_are_the_same():
    frame = people()
    plain = estimates.mean(frame["score"], sample(None, frame), frame[["sex"]])
    noted = estimates.mean(frame["score"], sample(Ledger(), frame), frame[["sex"]])
    assert plain.estimate.tolist() == noted.estimate.tolist() and plain.run == noted.run
