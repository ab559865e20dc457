"""Pictures of campaigns and donors: drawn from the room's own tables, equal in both languages, missing cells endured."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from analysis.evidence import style
from analysis.resources import campaigns, donors, plots_donors, plots_pipeline
from tests.resources import pipeline_registers as registers
from tests.resources.pipeline_figures import OWN, draw, texts, unused


@pytest.fixture(scope="module")
def efficiency():
    given = registers.many_gifts(200, 3)
    return campaigns.efficiency(registers.campaigns(given), given)


@pytest.fixture(scope="module")
def register():
    return donors.register(registers.many_gifts(300, 3), registers.END)


def test_cost_per_euro(efficiency):
    data = {"kinds": efficiency.by_kind(), "campaigns": efficiency.table()}
    italian, _ = draw(plots_donors.cost_per_euro, data, laid_out=True)
    assert len(italian.axes[0].get_yticklabels()) == len(data["kinds"]) + len(data["campaigns"])
    assert "nessun costo registrato" in texts(italian)
    hidden = data["campaigns"].copy()
    hidden.loc[[1, 2], ["cost_per_euro", "low", "high"]] = np.nan
    hidden["name"] = "Una campagna dal nome così lungo che non può stare in una sola riga"
    draw(plots_donors.cost_per_euro, {**data, "campaigns": hidden})


def test_names_of_campaigns_are_those_of_the_language_and_stand_at_the_same_places(efficiency):
    shown = efficiency.table()
    long = "A campaign whose name is so long that it cannot possibly stand in a single line"
    shown["name"] = [{"it": f"Campagna {k}", "en": f"{long} {k}"} for k in range(len(shown))]
    data = {"kinds": efficiency.by_kind(), "campaigns": shown}
    italian, english = draw(plots_donors.cost_per_euro, data)
    told = [
        {t.get_text().replace("\n", " ") for t in f.axes[0].get_yticklabels()} for f in (italian, english)
    ]
    assert "Campagna 0" in told[0] and f"{long} 0" in told[1]
    assert list(italian.axes[0].get_yticks()) == list(english.axes[0].get_yticks())


def test_flows_have_the_height_of_the_gains_and_losses(register):
    table = donors.changes(register).table()
    italian, _ = draw(plots_donors.flows, table)
    heights = [patch.get_height() for patch in italian.axes[0].patches]
    assert sum(heights) == pytest.approx(table.query("flow == 'total'")["amount"].sum())
    table.loc[table["flow"] == "recaptured", "amount"] = np.nan
    draw(plots_donors.flows, table)


def test_retention(register):
    table = donors.retention(register).table()
    table.loc[1, ["share", "low", "high"]] = np.nan
    draw(plots_donors.retention, table)


def test_cohorts_tell_each_cell_and_leave_hidden_ones_empty(register):
    table = donors.cohorts(register).table()
    shown = (table["since"] > 0).sum()
    italian, _ = draw(plots_donors.cohorts, table, laid_out=True)
    assert len(italian.axes[0].texts) == shown
    table.loc[table["since"] == 1, ["share", "giving"]] = np.nan
    hidden, _ = draw(plots_donors.cohorts, table)
    assert sum(text.get_text() == "·" for text in hidden.axes[0].texts) == (table["since"] == 1).sum()


def test_letters_in_the_cells_can_be_read(register):
    figure, _ = draw(plots_donors.cohorts, donors.cohorts(register).table())
    image = figure.axes[0].images[0]
    for text in figure.axes[0].texts:
        column, row = text.xy
        ground = to_hex(image.cmap(image.norm(image.get_array()[int(row), int(column)])))
        assert style.contrast(text.get_color(), ground) >= style.LETTERS


def test_every_word_is_used_and_has_both_languages():
    assert not unused([plots_pipeline, plots_donors])
    assert all(set(entry) == {"it", "en"} for key, entry in OWN.items() if key != "labels")
