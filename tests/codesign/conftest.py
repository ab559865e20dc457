"""A small register written out by hand: four bodies and two citizens, five events over the four phases."""

import tomllib

import pandas as pd
import pytest

from analysis import places
from analysis.codesign import participation
from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words


@pytest.fixture
def actors():
    return pd.DataFrame(
        [
            ("bank", "profit"),
            ("shop", "profit"),
            ("coop", "nonprofit"),
            ("town", "public"),
            ("ann", "citizen"),
            ("bob", "citizen"),
        ],
        columns=["actor", "type"],
    )


@pytest.fixture
def events():
    return pd.DataFrame(
        [
            ("e1", "2016-02-01", "needs"),
            ("e2", "2016-03-01", "needs"),
            ("e3", "2016-09-01", "aggregation"),
            ("e4", "2017-02-01", "ideation"),
            ("e5", "2018-02-01", "experimentation"),
        ],
        columns=["event", "date", "phase"],
    ).assign(date=lambda f: pd.to_datetime(f["date"]))


@pytest.fixture
def units():
    return pd.DataFrame(
        [("bank-csr", "bank", "yes"), ("bank-ops", "bank", "no"), ("shop-sales", "shop", "no")],
        columns=["unit", "actor", "csr_or_hr"],
    )


@pytest.fixture
def register():
    return pd.DataFrame(
        [
            ("e1", "bank", "bank-csr", 2.0),
            ("e1", "bank", "bank-ops", 1.0),
            ("e1", "coop", None, 2.0),
            ("e1", "ann", None, 2.0),
            ("e2", "coop", None, 3.0),
            ("e2", "town", None, 3.0),
            ("e3", "bank", "bank-ops", 2.0),
            ("e3", "shop", "shop-sales", 2.0),
            ("e3", "bob", None, 2.0),
            ("e4", "coop", None, 2.0),
            ("e5", "bank", "bank-csr", 2.0),
            ("e5", "coop", None, 2.0),
        ],
        columns=["event", "actor", "unit", "hours"],
    )


@pytest.fixture
def records(register, events, actors):
    return participation.attendance(register, events, actors)


@pytest.fixture(scope="module")
def words():
    text = (places.notebooks() / "codesign_outcomes.toml").read_text(encoding="utf-8")
    own = tomllib.loads(text)["words"]
    return {language: Words(language, own, {}, "codesign_outcomes") for language in LANGUAGES}


@pytest.fixture
def draw(words):
    def in_both(plot, data):
        with style.house():
            figures = [plot(data, words[language]) for language in LANGUAGES]
        assert style.same_coordinates(*figures)
        return figures

    return in_both
