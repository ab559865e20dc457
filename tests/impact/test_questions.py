"""Which questions a study's data can answer."""

from analysis.impact import questions
from tests.impact.comparison_fixtures import resolves


def held(tables, waves=0, designs=()):
    frame = questions.questions(tables, waves, designs)
    resolves(frame)
    return frame.set_index("question")["held"].to_dict()


def test_nothing_can_be_answered_from_the_public_record():
    assert set(held(["actors", "claims", "services"]).values()) == {"no"}


def test_a_comparison_takes_two_waves_and_a_declaration():
    assert held(["survey"], 2)["change"] == "yes" and held(["survey"], 1)["change"] == "no"
    assert held(["survey"], 2)["comparison"] == "no"
    assert held(["survey"], 2, ["weighting"])["comparison"] == "yes"
    assert held(["survey"], 2, ["staggered"])["comparison"] == "no"


def test_adoption_takes_repeated_measures():
    assert (
        held(["panel"], 0, ["staggered"])["adoption"] == "yes"
        and held([], 0, ["staggered"])["adoption"] == "no"
    )
