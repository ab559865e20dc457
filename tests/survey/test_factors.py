"""Factors and omega: figures of R's psych 2.2.9 on Thurstone's nine variables and on Holzinger and Swineford's (1939) children.

`holzinger1939.csv` is the data set as distributed with semopy (MIT): 301 children of two schools, nine tests.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import factors, reliability

# Correlations of Thurstone and Thurstone (1941), as psych prints them.
THURSTONE = """.828|.776 .779|.439 .493 .46|.432 .464 .425 .674|.447 .489 .443 .59 .541|.447 .432 .401 .381 .402 .288
|.541 .537 .534 .35 .367 .32 .555|.38 .358 .359 .424 .446 .325 .598 .452"""


def thurstone():
    r = np.eye(9)
    for i, row in enumerate(THURSTONE.replace("\n", "").split("|"), start=1):
        r[i, :i] = r[:i, i] = [float(value) for value in row.split()]
    return r


@pytest.fixture(scope="module")
def children():
    frame = pd.read_csv(Path(__file__).parent / "holzinger1939.csv")
    return frame[[f"x{i}" for i in range(1, 10)]]


def test_omega_of_thurstones_variables():
    found = factors.omega(thurstone())
    assert (found.hierarchical, found.total) == pytest.approx((0.7361, 0.9308), abs=5e-5)
    assert (found.alpha, found.g6) == pytest.approx((0.8915, 0.9082), abs=5e-5)


def test_omega_and_alpha_of_the_children(children):
    found = factors.omega(children)
    assert (found.hierarchical, found.total) == pytest.approx((0.449242434071, 0.850835073357), abs=1e-5)
    assert reliability.alpha(children).alpha == pytest.approx(0.760488595825, rel=1e-6)


def test_sampling_adequacy(children):
    found = factors.adequacy(children)
    assert (found.kmo, found.chi2, found.df) == pytest.approx((0.752244592603, 904.097051037, 36), rel=1e-8)
    assert found.p < 1e-100


def test_three_groups_of_tests_load_three_factors(children):
    assert factors.parallel(children, seed=1) == 3
    found = factors.minres(children, 3)
    strongest = np.abs(found.loadings).argmax(axis=1)
    assert len({tuple(strongest[i : i + 3]) for i in (0, 3, 6)}) == 3
    assert all(len(set(strongest[i : i + 3])) == 1 for i in (0, 3, 6))
    assert (found.table()["n"] == 301).all()


def test_rotation_changes_no_communality(children):
    turned, plain = factors.minres(children, 3), factors.minres(children, 3, "none")
    implied = turned.loadings @ turned.correlations @ turned.loadings.T
    assert implied == pytest.approx(plain.loadings @ plain.loadings.T, abs=1e-9)


def test_few_items_have_one_factor(children):
    found = factors.omega(children[["x4", "x5", "x6"]])
    assert found.n_factors == 1
    assert found.hierarchical == pytest.approx(found.total, abs=1e-6)


def test_what_cannot_be_factored_is_told(children, english):
    with pytest.raises(EstimateError, match="fewer factors"):
        factors.minres(children[["x1", "x2", "x3"]], 2)
    with pytest.raises(EstimateError, match="without variance"):
        factors.minres(children.assign(x1=1.0), 3)
    r = np.array([[1, 0.9, 0.9], [0.9, 1, 0.5], [0.9, 0.5, 1]])
    with pytest.raises(EstimateError, match="Heywood"):
        factors.minres(r, 1)
