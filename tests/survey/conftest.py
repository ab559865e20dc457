"""Real files for the survey tests: they are nobody's of this project and lie outside it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def oracle_data(shared_data: Path) -> Callable[[str], pd.DataFrame]:
    """A table of the folder of real data, `oracles/apiclus1.csv` for one; skips the test where it is absent."""

    def read(name: str) -> pd.DataFrame:
        if not (shared_data / name).is_file():
            pytest.skip(f"{name} is not in the folder of real data, which is no part of the project")
        return pd.read_csv(shared_data / name, low_memory=False)

    return read


@pytest.fixture(scope="session")
def apiclus1(oracle_data) -> pd.DataFrame:
    return oracle_data("oracles/apiclus1.csv")


@pytest.fixture(scope="session")
def apiclus2(oracle_data) -> pd.DataFrame:
    return oracle_data("oracles/apiclus2.csv")


@pytest.fixture(scope="session")
def apistrat(oracle_data) -> pd.DataFrame:
    return oracle_data("oracles/apistrat.csv")


@pytest.fixture(scope="session")
def ess10(oracle_data) -> pd.DataFrame:
    return oracle_data("survey/ess10/ess10sc_de_pl_se.csv")
