"""The demonstration registers, and small ones written out by hand."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from analysis import places
from analysis.engagement import compatibility, matching, rules


@pytest.fixture(scope="session")
def declared():
    return rules.load()


@pytest.fixture(scope="session")
def demo():
    folder = places.notebooks().parent / "data" / "demo"
    names = ("needs", "assets", "matches", "actors", "units", "events", "participation", "mediation")
    return {name: pd.read_csv(folder / f"{name}.csv") for name in names}


@pytest.fixture(scope="session")
def compat(demo, declared):
    return compatibility.compatibility(demo["needs"], demo["assets"], declared)


@pytest.fixture(scope="session")
def best(compat):
    return matching.best(compat)


@pytest.fixture(scope="session")
def fair(compat):
    return matching.fair(compat)


@pytest.fixture(scope="session")
def labels():
    study = tomllib.loads((places.notebooks().parent / "analysis/study/tables.toml").read_text("utf-8"))
    return study["enumerations"]


def needs_of(*rows):
    """need, group, category, quarter, quantity, unit, from."""
    return pd.DataFrame(rows, columns=["need", "group", "category", "quarter", "quantity", "unit", "from"])


def assets_of(*rows):
    """asset, actor, category, quarter, quantity, unit, available_from, ready."""
    columns = ["asset", "actor", "category", "quarter", "quantity", "unit", "available_from", "ready"]
    return pd.DataFrame(rows, columns=columns)


def random_registers(seed, needs=12, assets=15, units=("ore", "posti")):
    """Registers drawn at random over few categories, so that many pairs are feasible and both sides are scarce somewhere."""
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2016-01-01")
    when = [day + pd.to_timedelta(rng.integers(0, 900, n), unit="D") for n in (needs, assets)]
    wanted = ["training", "employment", "health", "relations"]
    return (
        pd.DataFrame(
            {
                "need": [f"n{k:02d}" for k in range(needs)],
                "group": rng.choice(["elderly", "care-children", "care-relatives"], needs),
                "category": rng.choice(wanted, needs),
                "quarter": rng.choice(["A", "B", "C"], needs),
                "quantity": rng.integers(1, 30, needs),
                "unit": rng.choice(units, needs),
                "from": when[0],
            }
        ),
        pd.DataFrame(
            {
                "asset": [f"s{k:02d}" for k in range(assets)],
                "actor": [f"a{k}" for k in rng.integers(0, 5, assets)],
                "category": rng.choice(wanted, assets),
                "quarter": rng.choice(["A", "B", "C"], assets),
                "quantity": rng.integers(1, 20, assets),
                "unit": rng.choice(units, assets),
                "available_from": when[1],
                "ready": rng.choice(["now", "adapt", "develop"], assets),
            }
        ),
    )
