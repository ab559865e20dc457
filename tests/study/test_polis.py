"""A Polis export becomes two tables of a study: one written out by hand, and a real process."""

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.study import polis, studies

COMMENTS = """timestamp,comment-id,author-id,agrees,disagrees,moderated,is-meta,is-seed,comment-body
1,0,0,2,0,1,false,true,"Open on
Saturdays, too"
2,1,0,0,1,-1,false,false,Spam
3,12,4,1,0,0,false,false,One desk
"""
VOTES = """timestamp,datetime,comment-id,voter-id,vote
30,x,0,7,1
10,x,0,7,-1
20,x,12,7,0
40,x,1,7,1
50,x,12,10,-1
"""


@pytest.fixture
def export(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()

    def write(comments=COMMENTS, votes=VOTES):
        (folder / "comments.csv").write_text(comments, encoding="utf-8")
        (folder / "votes.csv").write_text(votes, encoding="utf-8")
        return folder

    return write


def test_the_last_vote_counts_and_what_moderators_rejected_is_left_out(export):
    found = polis.read(export(), "en")
    assert found.statements.values.tolist() == [["t00", "Open on Saturdays, too"], ["t12", "One desk"]]
    assert found.votes.values.tolist() == [
        ["q07", "t00", "agree"],
        ["q07", "t12", "pass"],
        ["q10", "t12", "disagree"],
    ]
    assert found.rejected == 1


def test_the_tables_keep_the_contract_and_nothing_is_overwritten(export, make):
    folder = make()
    study = studies.open_study(folder)
    made = polis.place(polis.read(export()), study)
    assert sorted(path.name for path in made) == ["statements.csv", "votes.csv"]
    again = studies.open_study(folder)
    assert again.table("votes")["vote"].tolist() == ["agree", "pass", "disagree"]
    assert again.table("statements")["text_it"].tolist() == ["Open on Saturdays, too", "One desk"]
    before = made[1].read_bytes()
    with pytest.raises(StudyError) as caught:
        polis.place(polis.read(export()), again)
    assert len(caught.value.faults) == 2 and made[1].read_bytes() == before


WRONG = [
    ("a file missing", None, VOTES, ["comments.csv", "missing"]),
    ("a column missing", COMMENTS.replace("comment-body", "text"), VOTES, ["comment-body"]),
    ("vote and statement unknown", COMMENTS, VOTES.replace("50,x,12,10,-1", "50,x,99,10,2"), ["row 6", "−1, 0, 1", "not listed"]),
    ("a statement twice and one without text", COMMENTS.replace("3,12,4", "3,0,4").replace("Spam", ""), VOTES, ["listed twice", "without a text"]),
    ("no votes", COMMENTS, VOTES.splitlines()[0] + "\n", ["no votes"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("comments", "votes", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_every_fault_of_an_export_is_told(export, comments, votes, expected):
    folder = export(comments or "", votes)
    if comments is None:
        (folder / "comments.csv").unlink()
    with pytest.raises(StudyError) as caught:
        polis.read(folder)
    text = " ".join(map(str, caught.value.faults))
    assert all(part in text for part in expected), text


def test_a_real_process(shared_data):
    found = polis.read(shared_data / "codesign" / "polis_bg2050", "en")
    assert (len(found.statements), found.rejected) == (316, 55)
    assert found.votes["person"].nunique() == 124  # of 126: two voted on rejected statements only
    assert not found.votes.duplicated(["person", "statement"]).any()
    raw = pd.read_csv(shared_data / "codesign" / "polis_bg2050" / "comments.csv")
    agreed = found.votes[found.votes["vote"] == "agree"].groupby("statement").size()
    one = raw[raw["moderated"] == 1].iloc[0]
    assert agreed[f"t{one['comment-id']:03d}"] == one["agrees"]
