"""What the methods appendix tells: a row for each analysis that was made, none for another, with its clusters and settings."""

import numpy as np
import pytest

from analysis.impact import change, difference, methods, placebo, power
from analysis.study import contracts
from tests.impact import comparison_fixtures as fixtures


def test_every_column_that_is_read_stands_in_its_contract():
    known = contracts.contracts().tables
    for table, columns in methods.READ.items():
        assert set(columns) <= set(known[table].fields), table


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(3)
    import pandas as pd

    n = 240
    people = pd.DataFrame(
        {
            "cluster": np.tile(list("abcdefgh"), n // 8),
            "y": rng.normal(0, 1, n),
            "after": np.repeat([0, 1], n // 2),
        }
    )
    people["treated"] = people["cluster"].isin(["a", "b"]).astype(int)
    two = difference.two_by_two(people, "y", "treated", "after", errors="cluster", cluster="cluster")
    ranked = placebo.two_by_two(people, "y", "treated", "after", "cluster")
    moved = change.paired(rng.normal(0, 1, 40), rng.normal(0.2, 1, 40))
    return two, ranked, moved


def test_rows_tell_clusters_errors_and_settings(made):
    two, ranked, moved = made
    rows = [*methods.of_difference(two.effect), *methods.of_placebo(ranked), *methods.of_paired(moved)]
    table = methods.table(rows).set_index("quantity")
    fixtures.resolves(methods.table(rows))
    assert table.loc["difference_in_differences", ["clusters", "treated_clusters"]].tolist() == [8, 2]
    assert table.loc["difference_in_differences", "error"] == "none_few"
    assert table.loc["placebo_ranking", "draws"] == 28
    assert table.loc["placebo_ranking", "parameter"] == pytest.approx(1 / 28)
    assert table.loc["paired_change", "n_persons"] == 40


def test_what_could_be_seen_is_told_once():
    seen = [power.two_groups(1.0, 50, 50), power.two_groups(1.0, 20, 80)]
    (row,) = methods.of_detectable(seen)
    assert (row.n, row.parameter) == (2, power.POWER) and methods.of_detectable([]) == []
