"""Oracle row 31: Welfare in Azione, editions I–III, 142 → 51 → 27."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis.codesign import funnel
from analysis.errors import EstimateError

ROUNDED = 5e-5  # the published shares have four decimals
STAGES = ("ideas", "feasibility", "projects")


def test_welfare_in_azione_conversions():
    call = funnel.funnel(STAGES, [142, 51, 27])
    assert call.conversion[1:] == pytest.approx([0.3592, 0.5294], abs=ROUNDED)
    assert call.overall[2] == pytest.approx(0.1901, abs=ROUNDED)


def test_a_complete_count_has_no_interval():
    table = funnel.funnel(STAGES, [142, 51, 27]).table()
    assert not {"low", "high"} & set(table)


def test_exchangeable_cases_have_wilsons_interval():
    table = funnel.funnel(STAGES, [142, 51, 27], exchangeable=True).table()
    low, high = proportion_confint(np.array([51, 27]), np.array([142, 51]), method="wilson")
    assert table["low"].to_numpy()[1:] == pytest.approx(low, rel=1e-12)
    assert table["high"].to_numpy()[1:] == pytest.approx(high, rel=1e-12)


@pytest.mark.parametrize(("cases", "n"), [(0, 10), (10, 10), (1, 1)])
def test_wilson_stays_between_nought_and_one(cases, n):
    low, high = funnel.wilson(np.array([cases]), np.array([n]))
    assert 0 <= low[0] <= cases / n <= high[0] <= 1


def test_wilson_of_nothing_is_missing():
    assert all(np.isnan(bound).all() for bound in funnel.wilson(np.array([0]), np.array([0])))


@pytest.mark.parametrize(
    ("stages", "counts", "word"),
    [
        (("a", "b"), [3, 5], "'b'"),
        (("a", "b"), [3, -1], "-1.0"),
        (("a", "b"), [3, 1.5], "1.5"),
        (("a",), [3], "1 stages"),
        (("a", "a"), [3, 2], "twice"),
        (("a", "b"), [3, np.nan], "nan"),
    ],
)
def test_bad_counts_are_refused(monkeypatch, stages, counts, word):
    monkeypatch.setenv("ALTRO_LANG", "en")
    with pytest.raises(EstimateError, match=word):
        funnel.funnel(stages, counts)


IDEAS = pd.DataFrame(
    [
        ("i1", "proposed"),
        ("i1", "feasibility"),
        ("i1", "prototype"),
        ("i1", "service"),
        ("i2", "proposed"),
        ("i2", "prototype"),  # feasibility not recorded: it still passed through
        ("i3", "proposed"),
        ("i3", "dropped"),
        ("i4", "proposed"),
        ("i4", "feasibility"),
        ("i4", "merged"),
    ],
    columns=["idea", "stage"],
)


def test_ideas_count_in_every_stage_before_the_furthest():
    path, ends = funnel.of_ideas(IDEAS)
    assert path.counts.tolist() == [4, 3, 2, 1]
    assert ends.table().set_index("stage").loc["feasibility"].tolist() == [0, 1, 0]
    assert ends.counts.sum() == 4


def test_order_of_rows_does_not_matter():
    path, ends = funnel.of_ideas(IDEAS.iloc[::-1])
    assert path.counts.tolist() == [4, 3, 2, 1]
    assert ends.counts.tolist() == funnel.of_ideas(IDEAS)[1].counts.tolist()


def test_an_unknown_or_repeated_stage_is_refused():
    wrong = pd.concat([IDEAS, IDEAS.iloc[[0]], pd.DataFrame({"idea": ["i5"], "stage": ["dreamt"]})])
    with pytest.raises(EstimateError) as caught:
        funnel.of_ideas(wrong)
    assert len(caught.value.faults) == 2
