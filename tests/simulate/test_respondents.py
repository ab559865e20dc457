import numpy as np
import pandas as pd

from analysis.simulate import recovery, respondents

SHOWN = 8  # cases: well above the five under which the default study shows none


def test_frames_have_their_sizes_and_enough_people_out_of_work(drawn):
    frame = drawn.waves[1]
    assert frame["frame"].value_counts().to_dict() == {"residents": 600, "workers": 450, "users": 150}
    assert frame["person_id"].is_unique
    assert frame["employment"].ne("employed").sum() >= 250
    assert frame["age"].between(18, 80).all()


def test_design_of_each_frame(drawn):
    frame = drawn.waves[1]
    residents, workers, users = (frame[frame["frame"].eq(name)] for name in respondents.FRAMES)
    assert residents["stratum"].astype(str).equals(residents["quarter"].astype(str))
    assert residents["cluster"].isna().all()
    assert (residents["weight"] > 0).all()
    assert workers["cluster"].astype(str).equals(workers["company"].astype(str))
    assert workers.groupby("stratum", observed=True)["cluster"].nunique().min() >= 2
    assert users[["stratum", "cluster", "company", "weight"]].isna().all().all()
    assert users["quarter"].notna().all()


def test_weights_of_residents_add_up_to_the_people_of_survey_age(drawn):
    from analysis.simulate import territory, truth

    frame = drawn.waves[1]
    city = territory.inhabitants(drawn.tables["territory"]).iloc[0]
    adults = city * truth.age_density(drawn.truth)[:, 18:81].sum()
    total = frame.loc[frame["frame"].eq("residents"), "weight"].sum()
    np.testing.assert_allclose(total, adults, rtol=1e-6)


def test_no_company_gives_more_workers_than_it_has(drawn):
    frame = drawn.waves[1]
    sampled = frame["company"].value_counts().reindex(drawn.companies["company"])
    assert (sampled.to_numpy() <= drawn.companies["employees"].to_numpy()).all()


def test_questions_are_asked_of_whom_they_concern(drawn):
    for frame in drawn.waves.values():
        working = frame["employment"].eq("employed")
        for name in ("hours_week", "flexible_hours", "reduced_hours_care", "wfc1", "fwc5"):
            assert frame[name].notna().equals(working)
        assert frame["not_working_reason"].notna().equals(~working)
        assert frame["who1"].notna().all()


def test_missing_answers_bear_their_codes(drawn):
    items = drawn.waves[1].filter(regex="^(wfc|fwc|who)[0-9]$").to_numpy(dtype=float, na_value=np.nan)
    codes = set(np.unique(items[~np.isnan(items)]).astype(int))
    assert codes == {0, 1, 2, 3, 4, 5, 6, 7, 98, 99}


def test_two_men_of_one_quarter_carry_both_loads(drawn):
    frame, cell = drawn.waves[1], drawn.truth["small_cell"]
    here = frame["frame"].eq("residents") & frame["gender"].eq("m") & frame["quarter"].eq(cell["quarter"])
    assert recovery.care_load(frame)[here].eq("both").sum() == 2


def test_work_lost_to_care_can_be_shown_by_gender(drawn):
    frame = drawn.waves[1]
    people = frame[frame["frame"].eq("residents") & frame["age"].between(18, 64)]
    sex = people["gender"].astype(str)
    idle = people["not_working_reason"].eq("care").groupby(sex).sum()
    reduced = people["reduced_hours_care"].eq("yes").groupby(sex).sum()
    assert min(idle.min(), reduced.min()) >= SHOWN
    assert idle["f"] > 1.5 * idle["m"]
    assert reduced["f"] > 1.5 * reduced["m"]


def test_second_wave_is_part_of_the_first_and_keeps_who_people_are(drawn):
    first, second = drawn.waves[1], drawn.waves[2]
    same = [
        "person_id",
        "frame",
        "stratum",
        "weight",
        "gender",
        "age",
        "quarter",
        "relatives_care",
    ]
    merged = second[["person_id"]].merge(first[same], on="person_id")
    pd.testing.assert_frame_equal(merged, second[same].reset_index(drop=True))
    assert 0.5 < len(second) / len(first) < 0.8
    assert not second["wfc1"].equals(merged.merge(first[["person_id", "wfc1"]], on="person_id")["wfc1"])
