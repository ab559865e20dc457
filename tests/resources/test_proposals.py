"""Histories of proposals and probabilities of being won: a register written out by hand, the closed form of the beta-binomial, registers that cannot be."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import EstimateError
from analysis.evidence import columns
from analysis.resources import proposals
from tests.resources import pipeline_registers as registers

EXACT = 1e-12  # closed forms: rounding only


@pytest.fixture
def found():
    return proposals.histories(registers.proposals(), registers.END)


def test_where_each_proposal_stands(found):
    rows = found.rows.set_index("proposal")
    assert rows["stage"].to_dict() == {"p1": "won", "p2": "lost", "p3": "lost", "p4": "won", "p5": "submitted", "p6": "prospect"}  # fmt: skip
    assert rows["asked"].tolist() == [20_000, 8_000, 3_000, 5_000, 30_000, 12_000]
    assert rows["granted"].dropna().to_dict() == {"p1": 15_000, "p4": 5_000}
    assert rows["days"].tolist() == [0, 0, 0, 0, 30, 10]
    assert rows["reached"].tolist() == [2, 3, 1, 2, 2, 0]
    assert found.open.tolist() == [False] * 4 + [True] * 2
    standing = found.standing().set_index(["funder_kind", "stage"])
    assert standing.loc[("foundation", "submitted"), ["proposals", "asked"]].tolist() == [1, 30_000]
    assert standing["proposals"].sum() == 6


def test_the_order_of_the_rows_does_not_matter(found):
    shuffled = registers.proposals().sample(frac=1, random_state=3)
    again = proposals.histories(shuffled, registers.END)
    pd.testing.assert_frame_equal(again.rows, found.rows)
    assert (np.isnat(again.entered) == np.isnat(found.entered)).all()


def test_probabilities_are_beta_binomial(found):
    learned = proposals.learn(found, strength=4)
    assert learned.kinds == ("company", "foundation", "public")
    # ended: p1 (submitted, won), p2 (negotiation, lost), p3 (contacted, lost), p4 (submitted, won); a stage implies those before it
    assert learned.decided.tolist() == [[2, 2, 1, 0], [2, 2, 2, 1], [0, 0, 0, 0]]
    assert learned.won.tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]
    prior = np.array([2.5 / 5, 2.5 / 5, 2.5 / 4, 0.5 / 2])
    assert learned.prior == pytest.approx(prior, abs=EXACT)
    table = learned.table().set_index(["funder_kind", "stage"])
    alpha, beta = 4 * prior[2] + 1, 4 * (1 - prior[2]) + 0
    row = table.loc[("company", "submitted")]
    assert row["probability"] == pytest.approx(alpha / (alpha + beta), abs=EXACT)
    assert (row["low"], row["high"]) == pytest.approx(stats.beta(alpha, beta).interval(0.95), abs=EXACT)
    assert row["own_weight"] == pytest.approx(1 / 5, abs=EXACT) and row["share_won"] == 1
    assert table.loc[("public", "contacted"), "probability"] == pytest.approx(prior[1], abs=EXACT)


def test_much_data_outweighs_the_prior_and_a_strong_prior_the_data():
    found = proposals.histories(registers.drawn(400, 1), registers.END)
    table = proposals.learn(found, strength=1e-9).table()
    own = table[table["decided"] > 0]
    assert own["probability"].to_numpy() == pytest.approx(own["share_won"].to_numpy(), abs=1e-6)
    strong = proposals.learn(found, strength=1e9, prior=0.35)
    assert strong.mean == pytest.approx(np.full((3, 4), 0.35), abs=1e-6) and strong.declared


def test_a_stage_that_no_ended_proposal_reached_borrows_from_the_one_before():
    rows = [row for row in registers.HAND if row[3] != "negotiation"]
    learned = proposals.learn(proposals.histories(registers.proposals(rows), registers.END))
    assert learned.prior_stage.tolist() == [0, 1, 2, 2] and learned.prior[3] == learned.prior[2]
    assert learned.table()["prior_stage"].tolist()[3] == "submitted"


def test_nothing_ended_needs_a_declared_prior(english):
    found = proposals.histories(registers.proposals(registers.HAND[-2:]), registers.END)
    with pytest.raises(EstimateError, match=r"no proposal has ended.*Declare a prior"):
        proposals.learn(found)
    assert proposals.learn(found, prior=0.2).mean == pytest.approx(np.full((2, 4), 0.2))


@pytest.mark.parametrize("wrong", [{"strength": 0}, {"strength": np.nan}, {"prior": 0.0}, {"prior": 1.0}])
def test_priors_that_cannot_be_are_refused(found, wrong):
    with pytest.raises(EstimateError, match=str(next(iter(wrong)))):
        proposals.learn(found, **wrong)


def test_unknown_kind_or_stage_has_no_probability(found, english):
    with pytest.raises(EstimateError, match=r"funder_kind = bank(.|\n)*stage = pilot"):
        proposals.learn(found).place(["bank", "company"], ["submitted", "pilot"])


def test_granted_is_a_ratio_of_sums(found):
    given = proposals.granted(found)
    assert (given.won, given.asked, given.granted, given.ratio) == (2, 25_000, 20_000, 0.8)
    assert given.low < 0.8 < given.high
    none = proposals.granted(proposals.histories(registers.proposals(registers.HAND[-2:]), registers.END))
    assert none.won == 0 and np.isnan([none.ratio, none.low]).all()


WRONG = [  # row of the table from 1, what is said of it
    (("w1", "Eta", "public", "pilot", "2018-01-01", 10, "EUR"), "unknown stage"),
    (("w2", "Eta", "public", "submitted", None, 10, "EUR"), "date is missing"),
    (("w3", "Eta", "public", "submitted", "2019-01-01", 10, "EUR"), "after the end of the record"),
    (("p5", "Alfa", "foundation", "submitted", "2018-12-02", 10, "EUR"), "twice"),
    (("p6", "Zeta", "public", "contacted", "2018-12-01", 10, "EUR"), "before that of an earlier stage"),
    (("p5", "Omega", "foundation", "negotiation", "2018-12-05", 10, "EUR"), "two funders"),
    (("p5", "Alfa", "company", "negotiation", "2018-12-05", 10, "EUR"), "two kinds of funder"),
    (("w4", "Eta", "public", "submitted", "2018-01-01", 10, "USD"), "another currency"),
    (("w5", "Eta", "public", "submitted", "2018-01-01", 0, "EUR"), "not above 0"),
    (("w6", "Eta", "public", "submitted", "2018-01-01", None, "EUR"), "not above 0"),
    (("p4", "Delta", "company", "negotiation", "2017-03-01", 10, "EUR"), "had ended before"),
    (("p4", "Delta", "company", "lost", "2017-02-10", 10, "EUR"), "won and lost both"),
    (("w7", "Eta", "public", "won", "2018-01-01", 10, "EUR"), "without any stage before"),
    (("w8", None, "public", "submitted", "2018-01-01", 10, "EUR"), "funder or kind missing"),
]


@pytest.mark.parametrize("row, said", WRONG, ids=[said for _, said in WRONG])
def test_each_fault_is_told_with_its_row(row, said, english):
    with pytest.raises(EstimateError) as caught:
        proposals.histories(registers.proposals([*registers.HAND, row]), registers.END)
    line = next(str(fault) for fault in caught.value.faults if said in str(fault))
    assert "proposals: row" in line and "14" in line


def test_all_faults_at_once(english):
    rows = [row for row, said in WRONG if said in ("unknown stage", "date is missing", "another currency")]
    with pytest.raises(EstimateError) as caught:
        proposals.histories(registers.proposals([*registers.HAND, *rows]), registers.END)
    assert len(caught.value.faults) == 3


def test_no_rows_or_columns_missing(english):
    with pytest.raises(EstimateError, match="no rows"):
        proposals.histories(registers.proposals([]), registers.END)
    with pytest.raises(EstimateError, match="funder_kind"):
        proposals.histories(registers.proposals().drop(columns="funder_kind"), registers.END)


def test_currency_may_be_absent():
    bare = registers.proposals().drop(columns="currency")
    assert len(proposals.histories(bare, registers.END).rows) == 6


def test_nullable_columns_are_read_and_refused_alike(found, english):
    table = registers.proposals().convert_dtypes()
    pd.testing.assert_frame_equal(
        proposals.histories(table, registers.END).rows, found.rows, check_dtype=False, check_column_type=False
    )
    table.loc[3, ["stage", "amount"]] = pd.NA
    with pytest.raises(EstimateError, match=r"row 4: unknown stage(.|\n)*row 4: amount missing"):
        proposals.histories(table, registers.END)


def test_tables_are_specified(found):
    tables = (
        found.table(),
        found.standing(),
        proposals.learn(found).table(),
        proposals.granted(found).table(),
    )
    for table in tables:
        columns.resolve(table, None, "test", None)
