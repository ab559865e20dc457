"""Suppression by threshold, and of what would give a suppressed cell away. Oracle: oracles.md A row 35 (threshold rule)."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DisclosureError, EvidenceError
from analysis.evidence import columns as specs
from analysis.evidence.disclosure import Rules, protect, small

COUNT = {"n": {"counts": "persons"}}


def run(frame, spec, **rules):
    columns = specs.resolve(frame, spec, "test", None)
    return protect(frame, columns, Rules(**rules))


def test_threshold_three_suppresses_one_and_two_and_shows_three():
    assert small(np.array([0, 1, 2, 3, np.nan]), 3).tolist() == [False, True, True, False, False]


def test_a_threshold_under_three_is_refused():
    with pytest.raises(DisclosureError, match="≥ 3"):
        Rules(threshold=2)


def test_one_suppressed_cell_takes_a_second_where_the_total_is_shown():
    frame = pd.DataFrame({"care": ["none", "children", "both", "total"], "n": [40, 12, 2, 54]})
    protected, mask = run(frame, COUNT)
    assert mask["n"].tolist() == [False, True, True, False]
    assert protected["n"].isna().tolist() == [False, True, True, False]


def test_without_a_total_no_second_cell_goes():
    frame = pd.DataFrame({"care": ["none", "children", "both"], "n": [40, 12, 2]})
    assert run(frame, COUNT)[1]["n"].tolist() == [False, False, True]


def test_two_suppressed_cells_that_sum_below_the_threshold_take_a_third():
    frame = pd.DataFrame({"care": ["a", "b", "c", "total"], "n": [1, 2, 30, 33]})
    assert run(frame, COUNT)[1]["n"].tolist() == [True, True, True, False]


def test_in_two_ways_the_complement_is_closed_in_rows_and_columns():
    rows = [("f", "a", 2), ("f", "b", 20), ("f", "c", 30), ("m", "a", 25), ("m", "b", 15), ("m", "c", 40)]
    frame = pd.DataFrame(rows, columns=["sex", "care", "n"])
    by_sex = frame.groupby("sex", as_index=False)["n"].sum().assign(care="total")
    by_care = frame.groupby("care", as_index=False)["n"].sum().assign(sex="total")
    whole = pd.DataFrame({"sex": ["total"], "care": ["total"], "n": [frame["n"].sum()]})
    full = pd.concat([frame, by_sex, by_care, whole], ignore_index=True)
    _, mask = run(full, COUNT)
    hidden = full[mask["n"]]
    inner = hidden[(hidden.sex != "total") & (hidden.care != "total")]
    assert (inner.groupby("sex")["n"].size() >= 2).all() and (inner.groupby("care")["n"].size() >= 2).all()


def outsider_bounds(full, mask):
    """What somebody with the published cells can work out of each suppressed one, by linear programming."""
    from scipy.optimize import linprog

    unknown = np.flatnonzero(mask)
    rows, sums = [], []
    for sex in full.sex.unique():
        for line in (full.index[full.sex == sex],):
            add(
                full,
                mask,
                unknown,
                line[full.care[line] != "total"],
                line[full.care[line] == "total"],
                rows,
                sums,
            )
    for care in full.care.unique():
        line = full.index[full.care == care]
        add(full, mask, unknown, line[full.sex[line] != "total"], line[full.sex[line] == "total"], rows, sums)
    widths = []
    for i in range(len(unknown)):
        aim = np.eye(len(unknown))[i]
        low = linprog(aim, A_eq=np.array(rows), b_eq=sums).fun
        high = -linprog(-aim, A_eq=np.array(rows), b_eq=sums).fun
        widths.append(high - low)
    return unknown, np.array(widths)


def add(full, mask, unknown, cells, total, rows, sums):
    row, known = np.zeros(len(unknown)), 0.0
    for cell in cells:
        if mask[cell]:
            row[np.searchsorted(unknown, cell)] = 1
        else:
            known += full.n[cell]
    if mask[total[0]]:
        row[np.searchsorted(unknown, total[0])] = -1
        sums.append(-known)
    else:
        sums.append(full.n[total[0]] - known)
    rows.append(row)


@pytest.mark.parametrize("seed", range(12))
def test_no_small_cell_can_be_bounded_within_the_threshold_by_an_outsider(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(s, c, int(rng.poisson(6))) for s in ("f", "m", "x") for c in ("a", "b", "c", "d")],
        columns=["sex", "care", "n"],
    )
    full = pd.concat(
        [
            frame,
            frame.groupby("sex", as_index=False)["n"].sum().assign(care="total"),
            frame.groupby("care", as_index=False)["n"].sum().assign(sex="total"),
            pd.DataFrame({"sex": ["total"], "care": ["total"], "n": [frame["n"].sum()]}),
        ],
        ignore_index=True,
    )
    mask = run(full, COUNT)[1]["n"].to_numpy()
    primary = small(full["n"].to_numpy(dtype=float), 5)
    assert (mask | ~primary).all()
    if primary.any():
        unknown, widths = outsider_bounds(full, mask)
        assert (widths[np.isin(unknown, np.flatnonzero(primary))] >= 5 - 1e-6).all()


def test_a_share_goes_when_its_numerator_or_its_complement_is_small():
    frame = pd.DataFrame(
        {"g": ["a", "b", "c"], "share": [0.05, 0.95, 0.5], "n": [40, 40, 40], "cases": [2, 38, 20]}
    )
    spec = {
        "share": {"unit": "share", "n": "n", "cases": "cases"},
        "n": COUNT["n"],
        "cases": {"counts": "persons", "hidden": True},
    }
    protected, _ = run(frame, spec)
    assert protected["share"].isna().tolist() == [True, True, False]
    assert protected["n"].tolist() == [40, 40, 40]


def test_the_interval_goes_with_its_share():
    frame = pd.DataFrame({"g": ["a"], "mean": [3.0], "low": [2.0], "high": [4.0], "n": [3]})
    spec = {
        "mean": {"unit": "points", "n": "n"},
        "low": {"low_of": "mean"},
        "high": {"high_of": "mean"},
        "n": COUNT["n"],
    }
    protected, _ = run(frame, spec)
    assert protected[["mean", "low", "high", "n"]].isna().all(axis=None)


def test_shares_that_add_up_to_one_hide_a_second_part():
    frame = pd.DataFrame(
        {"care": ["a", "b", "c"], "share": [0.04, 0.3, 0.66], "n": [50] * 3, "cases": [2, 15, 33]}
    )
    spec = {
        "share": {"unit": "share", "n": "n", "cases": "cases", "parts": "care"},
        "n": COUNT["n"],
        "cases": {"counts": "persons", "hidden": True},
    }
    assert run(frame, spec)[0]["share"].isna().tolist() == [True, True, False]


def test_things_and_public_bodies_are_exempt_but_confidential_bodies_are_not():
    frame = pd.DataFrame({"phase": ["needs", "ideation"], "n": [2, 9]})
    spec = {"n": {"counts": "organisations"}}
    assert not run(frame, spec)[1]["n"].any()
    assert run(frame, spec, confidential_organisations=True)[1]["n"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"share": {"unit": "share"}}, "n"),
        ({"share": {"unit": "share", "n": "n"}, "n": {"counts": "persons"}}, "numer"),
        ({"share": {"unit": "furlong", "n": "n"}, "n": {"counts": "persons"}}, "furlong"),
        ({}, "share"),
        ({"share": {"low_of": "nothing"}, "n": {"counts": "persons"}}, "nothing"),
    ],
)
def test_what_cannot_be_protected_is_refused(spec, message):
    frame = pd.DataFrame({"g": ["a"], "share": [0.5], "n": [10]})
    with pytest.raises(EvidenceError, match=message):
        specs.resolve(frame, spec, "test", None)
