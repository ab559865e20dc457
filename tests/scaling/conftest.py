"""Small territories and scenarios with answers that can be worked out by hand."""

import pandas as pd
import pytest

BANDS = [
    "00_02",
    "03_05",
    "06_13",
    "14",
    "15_17",
    "18_24",
    "25_34",
    "35_44",
    "45_54",
    "55_64",
    "65_74",
    "75_79",
    "80_plus",
]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTRO_LANG", "en")


def town(code: str, women: int, men: int, **where) -> dict:
    """A place with `women` and `men` in every band."""
    named = {
        "code": code,
        "name": f"T{code}",
        "province": "P",
        "region": "R",
        "lon": 9.0,
        "lat": 45.0,
    } | where
    return named | {f"f_{band}": women for band in BANDS} | {f"m_{band}": men for band in BANDS}


@pytest.fixture
def territory() -> pd.DataFrame:
    return pd.DataFrame(
        [town("001001", 100, 80), town("001002", 10, 20), town("002001", 1000, 1000, province="Q")]
    )


@pytest.fixture
def benchmarks() -> pd.DataFrame:
    """Italy, 2018: the rows of oracle 36 and of domain notes 2.2, with one row of another denominator and one of another place."""
    rows = [
        ("load", "care-load", 0.346, "share", "people aged 18–64", 18, 64, "all", "IT"),
        ("load-persons", "care-load", 12_746_000, "persons", "people aged 18–64", 18, 64, "all", "IT"),
        ("load-eu", "care-load", 0.344, "share", "people aged 18–64", 18, 64, "all", "EU"),
        ("rel", "care-relatives", 0.077, "share", "people aged 18–64", 18, 64, "all", "IT"),
        ("rel-persons", "care-relatives", 2_827_000, "persons", "people aged 18–64", 18, 64, "all", "IT"),
        ("rel-f", "care-relatives", 0.094, "share", "women aged 18–64", 18, 64, "f", "IT"),
        ("rel-m", "care-relatives", 0.059, "share", "men aged 18–64", 18, 64, "m", "IT"),
        ("rel-45", "care-relatives", 0.122, "share", "people aged 45–64", 45, 64, "all", "IT"),
        ("rel-inactive", "care-relatives", 0.090, "share", "inactive people aged 18–64", 18, 64, "all", "IT"),
    ]
    columns = [
        "benchmark",
        "concept",
        "value",
        "unit",
        "denominator_en",
        "age_from",
        "age_to",
        "sex",
        "place",
    ]
    return pd.DataFrame(rows, columns=columns).assign(year=2018)


@pytest.fixture
def raw() -> dict:
    """A scenario as tomllib would parse it."""
    basis = {"it": "assunzione della prova", "en": "assumption of the test"}

    def line(shape: str, **values: float) -> dict:
        return {"distribution": shape, "basis": basis, **values}

    return {
        "title": {"it": "prova", "en": "test"},
        "target": 100,
        "target_basis": basis,
        "takeup": {
            "aware": line("uniform", low=0.2, high=0.6),
            "interested": line("pert", low=0.1, mode=0.3, high=0.6),
            "enrolled": line("triangular", low=0.3, mode=0.5, high=0.7),
            "retained": line("fixed", value=0.8),
        },
        "cost": {
            "fixed": line("fixed", value=1000),
            "place": line("fixed", value=10),
            "manager": line("fixed", value=500),
            "capacity": line("fixed", value=50),
            "person": line("fixed", value=2),
        },
    }
