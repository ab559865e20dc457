"""Parts that a study under way does not bear yet: awaited, told, and no cover for data that are wrong."""

import pytest

from analysis.errors import EstimateError, Fault, TooFewError
from analysis.parts import Parts


def told(error: type[EstimateError], what: str) -> float:
    raise error(Fault(what))


def test_a_part_with_too_few_data_is_awaited_and_the_others_go_on():
    parts = Parts()
    assert parts.of("runway", told, TooFewError, "four months") is None
    assert parts.of("chances", max, 2, 3) == 3
    assert parts.awaited == {"runway": "four months"}


def test_wrong_data_are_not_awaited():
    parts = Parts()
    with pytest.raises(EstimateError, match="an amount below zero"):
        parts.of("runway", told, EstimateError, "an amount below zero")
    assert parts.awaited == {}


def test_the_table_names_each_part_and_what_it_takes():
    parts = Parts()
    for name in ("runway", "donors", "runway"):
        parts.of(name, told, TooFewError, name)
    table = parts.table()
    assert table["awaited"].tolist() == table["awaited_takes"].tolist() == ["runway", "donors"]
    assert table.attrs["columns"] == {
        "awaited": {"labels": "awaited"},
        "awaited_takes": {"labels": "awaited_takes"},
    }
