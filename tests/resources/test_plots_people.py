"""Pictures of volunteers: drawn from the room's own tables, the same in both languages, missing cells endured."""

import tomllib

import numpy as np
import pytest

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words
from analysis.resources import people as volunteers
from analysis.resources import plots_people, shifts, volunteer_survival
from tests.resources.test_shifts import many
from tests.resources.volunteers import END, SEMESTERS, people

WORDS = """
all_volunteers = { it = "tutti i volontari", en = "all volunteers" }
share_retained = { it = "quota ancora presente", en = "share still there" }
months_since_first_shift = { it = "mesi dal primo turno", en = "months since the first shift" }
still_followed = { it = "ancora seguiti", en = "still followed" }
followed_in_panels = { it = "in basso nei riquadri: ancora seguiti", en = "at the foot of the panels: still followed" }
active_volunteers = { it = "volontari attivi a fine semestre", en = "volunteers active at the end of the semester" }
share_filled = { it = "posti coperti sui richiesti", en = "places filled of those needed" }
weeks_since_contact = { it = "settimane dal primo contatto", en = "weeks since the first contact" }
share_started = { it = "quota che ha cominciato", en = "share who have started" }
semester = { it = "semestre", en = "semester" }
[labels.from_company]
company = { it = "da imprese", en = "from companies" }
others = { it = "da altri canali", en = "through other channels" }
[labels.volunteer_role]
childcare = { it = "cura dei bambini e accompagnamento", en = "childcare and walking to school" }
"""


@pytest.fixture(scope="module")
def draw():
    own = tomllib.loads(WORDS)

    def in_both(plot, data):
        words = [Words(language, own, {}, "resources") for language in LANGUAGES]
        with style.house():
            figures = [plot(data, each) for each in words]
        figures[0].canvas.draw()
        assert style.same_coordinates(*figures)
        return figures

    return in_both


@pytest.fixture(scope="module")
def register():
    return volunteers.register(people(), END)


def test_retention_of_two_groups_has_the_followed_below(draw, register):
    table = volunteer_survival.retention(register, "from_company").table()
    table = table[table["from_company"] != "unstated"]
    table.loc[table["followed"] == 1, ["followed", "retained", "low", "high"]] = (
        np.nan
    )  # as the door leaves it
    figure, _ = draw(plots_people.retention, table)
    curves, below = figure.axes
    assert len(curves.get_legend_handles_labels()[1]) == 2
    assert below.texts[0].get_text() == "3" and "·" in [t.get_text() for t in below.texts]


def test_retention_of_many_groups_has_a_panel_each(draw, register):
    table = volunteer_survival.retention(register, "channel").table()
    figure, _ = draw(plots_people.retention, table)
    assert [ax.get_title('left') for ax in figure.axes if ax.axison] == ["company", "association", "web", "unstated"]  # fmt: skip


def test_retention_of_all(draw, register):
    figure, _ = draw(plots_people.retention, volunteer_survival.retention(register).table())
    assert figure.legends == []


@pytest.mark.parametrize("by", [None, "from_company", "role"])
def test_active_volunteers(draw, register, by):
    table = volunteers.by_semester(register, SEMESTERS, by).table()
    table["active"] = table["active"].astype(float).mask(table["active"] == 1)
    figure, _ = draw(plots_people.active, table)
    total = figure.axes[0].lines[-1].get_ydata()
    assert total.tolist() == [2, 4]


def test_coverage_by_role_and_semester(draw):
    roles = many().assign(role=np.resize(["childcare", "driver", "desk", "tutor"], 60))
    table = shifts.coverage(shifts.roster(roles, SEMESTERS), ("role", "semester")).table()
    table.loc[0, ["coverage", "low", "high"]] = np.nan
    figure, english = draw(plots_people.coverage, table)
    assert sum(ax.axison for ax in figure.axes) == 4
    assert english.axes[0].get_title("left").startswith("childcare and walking")
    assert all(ax.get_ylim() == figure.axes[0].get_ylim() for ax in figure.axes if ax.axison)


@pytest.mark.parametrize("by", [None, "from_company"])
def test_time_to_the_first_shift(draw, register, by):
    table = volunteer_survival.wait(register, by).table()
    figure, _ = draw(plots_people.first_shift, table)
    assert len(figure.legends) == (by is not None)
