"""From contact to commitment, on five companies written out by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.engagement.pipeline import STAGES, median, pipeline
from analysis.errors import EstimateError

ACTORS = pd.DataFrame(
    [("a", "profit", "2016-01-01"), ("b", "profit", "2016-01-01"), ("c", "profit", "2016-01-01"), ("d", "profit", None),
     ("e", "profit", "2016-06-01"), ("coop", "nonprofit", "2016-01-01")],
    columns=["actor", "type", "joined"],
)  # fmt: skip
EVENTS = pd.DataFrame({"event": ["e1", "e2"], "date": ["2016-01-11", "2016-02-01"]})
WENT = pd.DataFrame({"event": ["e1", "e2", "e2", "e1"], "actor": ["a", "b", "coop", "e"]})
ASSETS = pd.DataFrame({"asset": ["s1", "s2", "s3"], "actor": ["a", "d", "coop"]})
MATCHES = pd.DataFrame(
    {
        "asset": ["s1", "s1", "s2", "s3"],
        "status": ["proposed", "delivered", "failed", "delivered"],
        "date": ["2016-02-10", "2016-01-21", "2016-03-01", "2016-02-01"],
    }
)


@pytest.fixture
def found():
    return pipeline(ACTORS, EVENTS, WENT, ASSETS, MATCHES)


def test_each_stage_implies_those_before(found):
    table = found.table()
    assert dict(zip(table["stage"], table["companies"])) == dict(zip(STAGES, (5, 4, 2, 2, 1, 1)))
    assert table["recorded"].tolist() == [5, 3, 2, 2, 1, 1]  # d never came to an event, yet offered an asset
    assert table["conversion"].tolist()[1:] == pytest.approx([0.8, 0.5, 1, 0.5, 1])


def test_days_by_hand(found):
    days = found.days().set_index("from_stage")
    # a after 10 days, b after 31, c still waiting on the last day; e's event came before it joined; d has no date of joining
    assert days.loc["contacted", ["companies", "moved", "still_open", "reversed"]].tolist() == [3, 2, 1, 1]
    assert days.loc["contacted", "median_days"] == 31
    # a moved 10 days after its event; b and e never
    assert days.loc["took_part", ["companies", "moved", "still_open"]].tolist() == [3, 1, 2]
    assert np.isnan(days.loc["took_part", "median_days"])


@pytest.mark.parametrize(
    ("days", "moved", "value"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2),
        ([1, 2, 3], [1, 0, 1], 3),
        ([5, 5], [0, 0], np.nan),
        ([2, 2, 9], [1, 0, 0], np.nan),
        ([], [], np.nan),
    ],
)
def test_kaplan_meier_median_by_hand(days, moved, value):
    assert median(np.array(days, dtype=float), np.array(moved, dtype=bool)) == pytest.approx(value, nan_ok=True)  # fmt: skip


def test_order_of_rows_does_not_matter(found):
    turned = pipeline(*(table.iloc[::-1] for table in (ACTORS, EVENTS, WENT, ASSETS, MATCHES)))
    assert turned.counts.tolist() == found.counts.tolist()
    assert turned.days()["median_days"].tolist()[0] == 31


def test_faults_come_at_once(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")
    wrong = MATCHES.assign(asset="s9", status="dreamt")
    with pytest.raises(EstimateError, match="participation: row 4: event = e9") as caught:
        pipeline(ACTORS[ACTORS["type"] != "profit"], EVENTS, WENT.assign(event=["e1", "e2", "e2", "e9"]), ASSETS, wrong)  # fmt: skip
    assert len(caught.value.faults) == 4


def test_demo(demo):
    found = pipeline(*(demo[name] for name in ("actors", "events", "participation", "assets", "matches")))
    counts = found.counts
    assert counts[0] == 26 and (np.diff(counts) <= 0).all()
