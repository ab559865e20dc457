"""Published statistics as background: found, verified, read; every fault told."""

import hashlib
import json

import pytest

from analysis.errors import StudyError
from analysis.study import context
from analysis.study.context import Statistic

ROWS = [
    {"Countries": "Italy", "Reason": "care", "Sex": "women", "2012": 11.8, "2013": 11.3},
    {"Countries": "Italy", "Reason": "care", "Sex": "men", "2013": 0.4},
    {"Countries": "Italy", "Reason": "other", "Sex": "men", "2013": 2.4},
]


@pytest.fixture
def statistic(tmp_path):
    content = json.dumps({"headers": [], "data": ROWS}).encode()
    (tmp_path / "data" / "macro").mkdir(parents=True)
    (tmp_path / "data" / "macro" / "r.json").write_bytes(content)
    label = {"it": "x", "en": "x"}
    return Statistic("care", "r.json", hashlib.sha256(content).hexdigest(), ("Italy",), "care", label, label)


def places(tmp_path):
    return context.folders(tmp_path / "own", tmp_path / "data" / "survey", "study")


def test_a_file_beside_the_private_folder_is_found_and_its_rows_are_shares(tmp_path, statistic):
    found = context.read([statistic], places(tmp_path))
    assert found.to_dict("list") == {
        "statistic": ["care"] * 3,
        "place": ["Italy"] * 3,
        "sex": ["f", "f", "m"],
        "year": [2012, 2013, 2013],
        "value": pytest.approx([0.118, 0.113, 0.004]),
    }
    assert context.complete([statistic], places(tmp_path))
    assert not context.complete([], places(tmp_path))
    assert not context.complete([statistic], context.folders(tmp_path / "own", None, "study"))


def test_another_file_and_absent_rows_are_refused(tmp_path, statistic, english):
    from dataclasses import replace

    wrong = [
        replace(statistic, sha256="0" * 64),
        replace(statistic, id="b", places=("Atlantis",)),
        replace(statistic, id="c", file="gone.json"),
    ]
    with pytest.raises(StudyError) as raised:
        context.read(wrong, places(tmp_path))
    texts = [str(fault) for fault in raised.value.faults]
    assert "the checksum is" in texts[0] and "Atlantis" in texts[1] and "gone.json is missing" in texts[2]
