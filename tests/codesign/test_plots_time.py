"""Pictures over time: drawn from the room's own tables, the same in both languages, missing cells endured."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import commitments, durations, opinion, participation, plots_time, roles
from analysis.codesign.units import spread_over_time


def test_calendar(draw, events):
    held = events.assign(hours=[2, 3, 2, 4, np.nan], mediated=["yes", "no", None, "no", "yes"])
    figure, _ = draw(plots_time.calendar, participation.calendar(held))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "con mediazione",
        "senza mediazione",
        "non registrato",
    ]


def test_fates(draw):
    rows = [
        ("i1", "proposed", "2018-01-01"),
        ("i1", "dropped", "2018-02-01"),
        ("i2", "proposed", "2018-01-01"),
    ]
    ideas = pd.DataFrame(rows, columns=["idea", "stage", "date"]).assign(
        date=lambda f: pd.to_datetime(f["date"])
    )
    draw(plots_time.fates, durations.fates(ideas, dt.date(2018, 6, 30)).table())


def test_spread(draw, records, units):
    dated = records.assign(semester=[1] * 7 + [2] * 5)
    figure, _ = draw(plots_time.spread, spread_over_time(dated, units, [1, 2]))
    assert {text.get_text() for text in figure.axes[0].texts} == {"altre unità: 2", "CSR e risorse umane: 1"}


@pytest.mark.parametrize("semesters", [1, 4])
def test_role_flow_has_as_much_in_the_streams_as_in_the_bars(draw, semesters):
    rng = np.random.default_rng(1)
    walk = pd.DataFrame(
        [
            (f"c{k:02d}", s, roles.ROLES[int(rng.integers(0, 5))])
            for k in range(20)
            for s in range(1, semesters + 1)
        ],
        columns=["actor", "semester", "role"],
    )
    found = roles.roles(walk, walk["actor"].unique(), range(1, semesters + 1))
    figure, _ = draw(plots_time.role_flow, found.flows())
    assert sum(patch.get_height() for patch in figure.axes[0].patches) == pytest.approx(20 * semesters)


def test_commitments(draw):
    rows = [("l1", "A", "cash", "pledged", 100.0, None), ("l2", "A", "time", "received", None, 4.0)]
    ledger = pd.DataFrame(rows, columns=["entry", "source", "kind", "status", "amount", "hours"])
    draw(plots_time.commitments, commitments.by(ledger, ["kind"]))


def test_priorities_leave_out_what_is_not_shown(draw):
    rng = np.random.default_rng(1)
    matrix = np.where(rng.random((60, 8)) < 0.6, 1.0, -1.0)
    given = opinion.Votes(tuple(map(str, range(60))), tuple(map(str, range(8))), matrix)
    camp = np.repeat([0, 1, 2], 20)
    texts = {name: {"it": f"Una proposta piuttosto lunga, numero {name}", "en": f"A rather long statement, number {name}"} for name in given.statements}  # fmt: skip
    ranked = opinion.ranked(opinion.consensus(given, camp), opinion.by_group(given, camp), texts)
    ranked["groups"].loc[0, ["agree", "share"]] = np.nan
    figure, _ = draw(plots_time.priorities, ranked)
    assert len(figure.axes[0].get_yticklabels()) == 8
