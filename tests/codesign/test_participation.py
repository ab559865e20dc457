import numpy as np
import pandas as pd
import pytest

from analysis.codesign import participation
from analysis.errors import EstimateError


def test_organisations_once_attendances_per_event_hours_summed(records):
    table = participation.by_phase(records).table().set_index(["phase", "type"])
    assert table.loc[("needs", "total")].tolist() == [3, 4, 11.0]
    assert table.loc[("needs", "profit")].tolist() == [1, 1, 3.0]  # two units of one company: one attendance
    assert table.loc[("ideation", "public")].tolist() == [0, 0, 0.0]


def test_every_phase_is_a_union_for_organisations_and_a_sum_for_hours(records):
    table = participation.by_phase(records).table().set_index(["phase", "type"])
    assert table.loc[("every", "total")].tolist() == [4, 9, 21.0]


def test_citizens_are_persons_and_counted_apart(records):
    met = participation.by_phase(records)
    table = met.citizens_table()
    assert table["citizens"].tolist() == [1, 1, 0, 0, 2]
    assert table.attrs["columns"]["citizens"] == {"counts": "persons"}
    assert "citizen" not in set(met.table()["type"])


def test_community_width_retention_and_diversity(records):
    community = participation.community(records)
    assert community.width.tolist() == [3, 2, 1, 2]
    assert community.stayed.tolist() == [0, 1, 0, 1]
    assert community.table()["retention"].tolist()[1:] == [1 / 3, 0.0, 1.0]
    assert community.diversity == pytest.approx([2 / 3, 0.0, 0.0, 0.5])
    assert (community.change.estimate, community.change.n) == (-1.0, 8)


def test_retention_between_every_pair_of_phases(records):
    table = participation.community(records).retention_table().set_index(["from_phase", "to_phase"])
    assert table.loc[("needs", "experimentation")].tolist() == [3, 2, 2 / 3]
    assert len(table) == 6


def test_blau_and_entropy_at_their_limits():
    counts = np.array([[5, 0, 0], [2, 2, 2], [0, 0, 0]])
    assert participation.blau(counts)[:2] == pytest.approx([0.0, 2 / 3])
    assert participation.entropy(counts)[:2] == pytest.approx([0.0, np.log(3)])
    assert np.isnan(participation.blau(counts)[2])


def test_every_fault_of_the_register_is_told_at_once(register, events, actors):
    wrong = pd.concat([register, register.iloc[[0]]], ignore_index=True)
    wrong.loc[1, "actor"] = "nobody"
    wrong.loc[2, "event"] = "e9"
    wrong.loc[3, "hours"] = -1.0
    with pytest.raises(EstimateError) as caught:
        participation.attendance(wrong, events, actors)
    text = str(caught.value)
    assert len(caught.value.faults) == 4
    assert all(word in text for word in ("nobody", "e9", "-1", "13"))


def test_a_phase_outside_the_method_is_refused(register, events, actors):
    events.loc[0, "phase"] = "party"
    with pytest.raises(EstimateError, match="party"):
        participation.attendance(register, events, actors)


def test_missing_hours_count_as_none(register, events, actors):
    register.loc[0, "hours"] = None
    assert participation.by_phase(participation.attendance(register, events, actors)).hours.sum() == 19.0


def test_the_calendar_has_each_event_at_its_date(events):
    held = events.assign(hours=2.0, mediated=["yes", "no", None, "no", "yes"])
    found = participation.calendar(held)
    assert found["phase"].tolist() == ["needs", "needs", "aggregation", "ideation", "experimentation"]
    assert found["date"].tolist() == pytest.approx(
        [2016 + 31 / 366, 2016 + 60 / 366, 2016 + 244 / 366, 2017 + 31 / 365, 2018 + 31 / 365]
    )
    assert found["mediated"].tolist() == ["yes", "no", "unknown", "no", "yes"]
    assert participation.calendar(held.drop(columns="mediated"))["mediated"].unique().tolist() == ["unknown"]
