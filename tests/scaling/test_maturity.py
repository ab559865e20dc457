"""Ratings for scaling: agreement against a published example, weakest links first, answers counted and never added up, faults with their row."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.scaling import maturity

NONE = np.nan
# Krippendorff's four observers and twelve units (the data of R's irr::kripp.alpha): ordinal alpha 0.815
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
)


def counted(ratings: np.ndarray) -> np.ndarray:
    levels = np.unique(ratings[~np.isnan(ratings)])
    return (ratings.T[:, :, None] == levels).sum(axis=1)


def table(*rows: tuple, **more) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["item", "rater", "level"]).assign(instrument="re-aim", **more)


ROWS = (
    ("reach", "Anna", 0),
    ("reach", "Bruno", 3),
    ("adoption", "Anna", 1),
    ("adoption", "Bruno", 1),
    ("effectiveness", "Anna", 3),
    ("implementation", "Anna", 1),
    ("implementation", "Bruno", 2),
)


def test_alpha_of_the_published_example():
    assert maturity.alpha(counted(OBSERVERS))[0] == pytest.approx(0.815388, abs=5e-7)


def test_alpha_is_one_where_all_agree_and_about_zero_by_chance():
    assert maturity.alpha(counted(np.array([[0, 1, 2, 3]] * 3, float)))[0] == 1
    by_chance = np.random.default_rng(2).integers(0, 4, (3, 4000)).astype(float)
    assert maturity.alpha(counted(by_chance))[0] == pytest.approx(0, abs=0.03)
    assert np.isnan(maturity.alpha(np.array([[3.0], [2.0]]))[0])


def test_resamples_are_alphas_of_the_items_drawn():
    counts = counted(OBSERVERS)
    weights = np.array([[2, 1, 0, 0, 3, 1, 1, 0, 2, 1, 1, 0], np.ones(12, int)])
    found = maturity.alpha(counts, weights)
    assert found[0] == pytest.approx(maturity.alpha(np.repeat(counts, weights[0], axis=0))[0])
    assert found[1] == pytest.approx(0.815388, abs=5e-7)


def test_agreement_has_an_interval_and_counts_what_is_missing():
    found = maturity.agreement(maturity.read(table(*ROWS), "re-aim"), seed=1, draws=500)
    assert (found.items, found.raters, found.ratings, found.missing) == (3, 2, 7, 3)
    assert found.low <= found.alpha <= found.high
    assert found.exact == pytest.approx(1 / 3)
    assert found == maturity.agreement(maturity.read(table(*ROWS), "re-aim"), seed=1, draws=500)
    with pytest.raises(EstimateError, match="two ratings or more: 0"):
        maturity.agreement(maturity.read(table(ROWS[0]), "re-aim"), seed=1)


def test_weakest_links_come_first_and_the_unrated_last():
    frame = maturity.read(table(*ROWS), "re-aim").by_item()
    assert frame["item"].tolist() == ["adoption", "reach", "implementation", "effectiveness", "maintenance"]
    assert frame["median_rating"].tolist()[:4] == [1, 1.5, 1.5, 3]
    assert frame["missing"].tolist() == [0, 0, 0, 1, 2]
    assert frame["exact"].tolist()[:3] == [1, 0, 0]
    assert "area" not in frame


def test_raters_are_numbered_and_a_missing_rating_is_a_row():
    marks = maturity.read(table(*ROWS), "re-aim").marks()
    assert set(marks["rater"]) == {"1", "2"}
    assert "Anna" not in marks.to_csv()
    assert marks["level"].isna().sum() == 3


def test_answers_are_counted_by_area_and_column_without_a_total():
    msi = maturity.questionnaire("msi")
    frame = pd.DataFrame(
        [
            (item, "msi", rater, 1 + (i + k) % 3)
            for i, item in enumerate(msi.items)
            for k, rater in enumerate("AB")
        ],
        columns=["item", "instrument", "rater", "level"],
    )
    found = maturity.read(frame, "msi")
    counts = found.by_column()
    assert counts["area"].map(lambda cell: cell["en"]).unique().tolist() == ["area not stated"]
    assert counts["level"].tolist() == ["1", "2", "3", "missing"]
    assert counts["ratings"].sum() == 2 * 28
    own = frame.assign(area=np.where(frame["item"] < "msi-05", "funding", "strategy"))
    told = maturity.read(own, "msi").by_column()
    assert [cell["en"] for cell in told["area"].iloc[[0, -1]]] == ["scale strategy", "funding"]
    sums = told.groupby(told["area"].map(lambda cell: cell["en"]))["ratings"].sum()
    assert sums.to_dict() == {"scale strategy": 48, "funding": 8}
    assert not {"total", "score", "mean", "sum"} & set(dir(found))


def test_every_fault_is_told_with_its_row():
    wrong = pd.concat(
        [
            table(("reach", "A", 4), ("reaching", "A", 1), ("adoption", "A", 1), ("adoption", "A", 2)),
            table(("maintenance", None, 1.5)),
        ],
        ignore_index=True,
    )
    with pytest.raises(EstimateError) as caught:
        maturity.read(wrong, "re-aim")
    told = [fault.where.removeprefix("maturity, re-aim, row ") for fault in caught.value.faults]
    assert told == ["2, item", "1, level", "5, level", "5, rater", "3, item, rater", "4, item, rater"]
    with pytest.raises(EstimateError, match="column is missing"):
        maturity.read(wrong.drop(columns="rater"), "re-aim")
    with pytest.raises(EstimateError, match="re-aim"):
        maturity.read(wrong, "msi")


def test_areas_of_the_study_must_be_the_questionnaire_s_and_one_for_each_item():
    rows = pd.DataFrame(
        [("msi-01", "A", 1, "funding"), ("msi-01", "B", 1, "fit"), ("msi-02", "A", 1, "money")],
        columns=["item", "rater", "level", "area"],
    ).assign(instrument="msi")
    with pytest.raises(EstimateError) as caught:
        maturity.read(rows, "msi")
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize(
    ("name", "items", "areas", "scale", "verified"),
    [
        ("msi", 28, 7, (1, 3), True),
        ("isat", 10, 2, (0, 3), True),
        ("correct", 7, 0, (0, 3), False),
        ("re-aim", 5, 0, (0, 3), True),
    ],
)
def test_questionnaires_are_what_their_sources_say_and_tell_what_is_not_verified(
    name, items, areas, scale, verified
):
    found = maturity.questionnaire(name)
    assert (len(found.items), len(found.areas), (found.low, found.high), found.verified) == (
        items,
        areas,
        scale,
        verified,
    )
    assert found.unverified["it"]
    assert found.table().loc[0, "status"] == ("verified" if verified else "unverified")
    labels = [text for item in found.items.values() for text in item.get("label", {}).values()]
    assert all(len(label.split()) <= 5 and "?" not in label for label in labels)  # names, no wording
    assert not any(item.get("area") for item in maturity.questionnaire("msi").items.values())


def test_a_questionnaire_file_tells_all_its_faults():
    facts = {key: {} for key in maturity.KEYS} | {"status": "sure", "wording": "free", "colour": 1}
    assert [fault.what for fault in maturity.file_faults(facts, "x.toml")] == ["colour is not foreseen"]
    del facts["colour"]
    facts["items"] = {"a": {"area": "none"}, "b": {"text": "?"}}
    wheres = [fault.where for fault in maturity.file_faults(facts, "x.toml")]
    assert {
        "x.toml, status",
        "x.toml, scale",
        "x.toml, name",
        "x.toml, items.a.area",
        "x.toml, items.b",
    } <= set(wheres)
