"""Work between the waves and what would let people work: the truths are recovered from a large draw, and who is asked is right."""

import numpy as np
import pandas as pd
import pytest

from analysis.simulate import draw, recovery
from analysis.simulate import truth as truths


@pytest.fixture(scope="module")
def large():
    return draw.draw(seed=11, scale=60)


def pairs(drawn):
    keys = ["person_id", "frame", "age", "gender", "employment", "not_working_reason", "reduced_hours_care"]
    first, second = (drawn.waves[w][keys] for w in (1, 2))
    merged = first.merge(second[["person_id", *keys[4:]]], on="person_id", suffixes=("", "_2"))
    load = pd.Series(recovery.care_load(drawn.waves[1]).to_numpy(), index=drawn.waves[1]["person_id"])
    merged["care"] = merged["person_id"].map(load)
    return merged


def test_leaving_and_entering_work_have_their_true_chances(large):
    both = pairs(large)
    p = large.truth["transitions"]
    both = both[both["frame"].ne("workers") & (both["age"] <= p["up_to_age"])]
    employed, later = both["employment"].eq("employed"), both["employment_2"].eq("employed")
    checked = 0
    for sex in truths.SEXES:
        for care in truths.CARE:
            cell = both["gender"].eq(sex) & both["care"].eq(care)
            for name, start, moved in (("leave", employed, ~later), ("enter", ~employed, later)):
                n = int((cell & start).sum())
                if n < 200:
                    continue
                chance = p[name][sex][care]
                assert moved[cell & start].mean() == pytest.approx(
                    chance, abs=4.5 * np.sqrt(chance * (1 - chance) / n)
                )
                checked += 1
    assert checked >= 10


def test_workers_of_companies_stay_at_work(large):
    workers = pairs(large).query("frame == 'workers'")
    assert workers["employment_2"].eq("employed").all()


def test_what_would_help_is_asked_of_those_who_lost_work_only(large):
    for frame in large.waves.values():
        assert (frame["would_work_if"].notna() == frame["not_working_reason"].eq("care")).all()
        assert (frame["would_work_more_if"].notna() == frame["reduced_hours_care"].eq("yes")).all()
        assert frame.loc[frame["employment"].ne("employed"), "hours_week"].isna().all()


def test_what_would_help_has_its_true_chances(large):
    frame = large.waves[1]
    load = recovery.care_load(frame)
    truth = large.truth["would_work"]
    for care in ("children", "relatives"):
        answers = frame.loc[(load == care).to_numpy(), "would_work_if"].dropna()
        answers = answers[~answers.isin(["98", "99"])]
        total = sum(truth[care].values())
        for name in truths.WOULD_WORK:
            chance = truth[care][name] / total
            assert (answers == name).mean() == pytest.approx(
                chance, abs=4.5 * np.sqrt(chance / len(answers)) + 1e-9
            )
