"""Frames: order, missing answers, stacking. No numbers to hit."""

import numpy as np
import pandas as pd

from analysis.survey import design, estimates, frames


def test_groups_follow_the_codebook_and_the_table_carries_its_specification():
    frame = pd.DataFrame({"g": ["a", "b"] * 20, "event": [True, False, False, True] * 10})
    sample = design.Design(np.ones(40))
    ordered = frames.in_order(frame, {"g": {"b": {}, "a": {}}})
    table = estimates.share(frame["event"], sample, ordered[["g"]]).table("with_event")
    assert table["g"].tolist() == ["b", "a"]
    assert table.attrs["columns"]["with_event"] == {"unit": "share", "digits": 1, "n": "n", "cases": "cases"}
    assert table["cases"].sum() == frame["event"].sum()


def test_one_of_keeps_missing_missing():
    values = pd.Series(["none", "both", None])
    found = frames.one_of(values, "children", "both")
    assert found.tolist()[:2] == [False, True] and found.isna()[2]


def test_stacked_tables_keep_their_specification():
    found = estimates.mean(np.arange(4.0), design.Design(np.ones(4)))
    table = frames.stack({"x": found, "y": found.table()}, "scale")
    assert table["scale"].tolist() == ["x", "y"]
    assert table.attrs["columns"] == found.table().attrs["columns"]
