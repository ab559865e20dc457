"""Published figures beside one another: 30.4 of 67 million (domain.md §1.4), the conflict with the other source, and what is refused."""

import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence import style
from analysis.evidence.words import Words
from analysis.impact import plots_published, published
from analysis.study import studies
from tests.impact.comparison_fixtures import resolves

WORDS = {
    "sources_agree": {"it": "una fonte", "en": "one source"},
    "sources_differ": {"it": "fonti discordi", "en": "sources that disagree"},
    "million_euro": {"it": "milioni di euro", "en": "million euro"},
}


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")


@pytest.fixture(scope="module")
def milano():
    return studies.open_study("milano")


@pytest.fixture
def figures(milano):
    return published.published(milano.table("claims"))


def test_one_row_a_source_and_the_conflict_told(figures):
    table = figures.table()
    assert len(table) == len(figures.frame) and figures.disagreeing == 1
    grants = table[table["agrees"] == "no"]
    assert sorted(grants["value"]) == [27e6, 30.4e6] and grants["claim_source"].nunique() == 2
    resolves(table)


def test_the_share_is_given_by_every_source(figures):
    shares = figures.shares()
    assert shares["share_of_whole"].round(4).tolist() == [0.4537, 0.403]
    assert (shares["whole"] == 67e6).all()
    resolves(shares)


def test_a_cap_is_that_of_the_editions_that_state_it(milano):
    caps = published.caps(milano.table("call_rules"))
    assert caps["edition"].tolist() == ["2", "4"]
    resolves(caps)


def test_wrong_figures_are_refused_with_their_rows(milano):
    bad = pd.concat([milano.table("claims")] * 2, ignore_index=True).assign(value=[0.0, *[1.0] * 7])
    with pytest.raises(EstimateError) as caught:
        published.published(bad)
    assert "claims: row 1" in str(caught.value) and "written twice" in str(caught.value)


def test_without_a_whole_there_is_no_share(milano):
    claims = milano.table("claims")
    kept = claims[~claims["claim"].str.startswith("value-")]
    assert len(published.published(kept).shares()) == 0


def test_both_languages_draw_the_same(figures):
    with style.house():
        drawn = [
            plots_published.amounts(figures.table(), Words(lang, WORDS, {}, "impact"))
            for lang in ("it", "en")
        ]
    assert style.same_coordinates(*drawn)
