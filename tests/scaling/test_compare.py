"""Published pairs against each other and against the table of residents."""

import pandas as pd
import pytest

from analysis import places
from analysis.scaling import compare


def test_residents_implied_by_the_published_pairs_agree_within_rounding(benchmarks):
    """Oracle row 36: 12,746k / .346 and 2,827k / .077 imply 36.8 and 36.7 million."""
    territory = pd.read_parquet(places.data() / "territory" / "municipalities.parquet")
    frame = compare.implied(benchmarks, territory, ["care-load", "care-relatives"]).set_index("concept")
    assert frame["implied"].round(1).to_dict() == {"care-load": 36.8, "care-relatives": 36.7}
    assert frame["implied_low"].max() < frame["implied_high"].min()
    assert frame.loc["care-load", "implied_low"] == pytest.approx(12.7455 / 0.3465)
    assert frame.loc["care-relatives", "implied_high"] == pytest.approx(2.8275 / 0.0765)
    assert frame["territory"].tolist() == pytest.approx([35.60248] * 2)
    assert (frame["difference"] < 0).all()
    difference = compare.gap(frame.reset_index(), "care-relatives")
    assert difference.low < difference.estimate < difference.high < 0


def test_a_pair_of_another_denominator_is_no_pair(benchmarks, territory):
    inactive = benchmarks[benchmarks["benchmark"].isin(["rel-persons", "rel-inactive"])]
    assert compare.implied(inactive, territory, ["care-relatives"]).empty


def test_published_values_are_listed_with_ages_unit_and_site(benchmarks):
    rows = benchmarks.head(2).assign(
        unit=["share", "persons"],
        value=[0.1, 1000.0],
        age_to=pd.array([64, pd.NA], dtype="Int64"),
        **dict.fromkeys(("numerator_it", "numerator_en", "denominator_it"), "x"),
        url=["https://www.a.it/x", pd.NA],
        source="S",
    )
    frame = compare.listed(rows)
    assert frame["ages"].tolist() == [f"{rows['age_from'].iloc[0]}–64", f"{rows['age_from'].iloc[1]}+"]
    assert frame["reference"].tolist() == ["S (a.it)", "S"]
    assert frame["prevalence"].isna().tolist() == [False, True]
    assert frame["published_count"].isna().tolist() == [True, False]
