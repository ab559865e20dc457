import pandas as pd
import pytest

from analysis.codesign import listings
from analysis.errors import EstimateError

SERVICES = pd.DataFrame(
    {
        "service": ["s1", "s2"],
        "name_it": ["uno", "due"],
        "name_en": ["one", "two"],
        "company": ["bank", pd.NA],
        "partners": ["coop; town;coop", pd.NA],
        "target_it": ["tutti", pd.NA],
        "target_en": ["everybody", pd.NA],
        "status": ["active", "described"],
    }
)


def test_company_and_partners_each_tied_once(actors):
    pairs = listings.service_ties(SERVICES, actors)
    assert sorted(map(tuple, pairs.to_numpy())) == [("s1", "bank"), ("s1", "coop"), ("s1", "town")]


def test_an_unknown_partner_is_named_with_its_service(actors):
    with pytest.raises(EstimateError, match="ghost") as caught:
        listings.service_ties(SERVICES.assign(partners=["ghost", "coop"]), actors)
    assert "s1" in str(caught.value)


def test_services_carry_both_languages():
    table = listings.services(SERVICES, ["bank"])
    assert table["service"].tolist() == [{"it": "uno", "en": "one"}, {"it": "due", "en": "two"}]
    assert table["target"].tolist()[1] == {"it": "", "en": ""}


def test_practices_follow_the_phases_and_steps():
    frame = pd.DataFrame(
        {
            "phase": ["ideation", "needs", "needs", "needs"],
            "step": [1, 2, pd.NA, 1],
            "name_it": list("abcd"),
            "name_en": list("abcd"),
        }
    )
    assert [cell["it"] for cell in listings.practices(frame)["practice"]] == ["c", "d", "b", "a"]


def test_partnership_leaves_out_companies_and_supporters():
    actors = pd.DataFrame(
        {
            "actor": ["f", "c", "k", "p"],
            "role": ["funder", "company", "coordinator", "partner"],
            "type": ["nonprofit"] * 4,
        }
    )
    assert listings.partnership(actors)["organisation"].tolist() == ["k", "p", "f"]


def test_citizens_and_those_who_chose_not_to_are_never_drawn_singly():
    actors = pd.DataFrame(
        {
            "actor": ["a", "b", "c", "d"],
            "type": ["profit", "citizen", "public", "nonprofit"],
            "publish_name": ["yes", "yes", "no", pd.NA],
        }
    )
    assert listings.singly(actors) == ["a", "d"]


def test_a_service_stays_when_its_company_may_not_be_named():
    table = listings.services(SERVICES, [])
    assert len(table) == 2
    assert table["company"].isna().all()
