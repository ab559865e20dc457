"""Figures of uncertainty: both languages on the same coordinates, letters and marks with contrast, intervals where they are drawn."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from analysis.evidence import style
from analysis.evidence.words import Words
from analysis.scaling import information, montecarlo, plots_uncertainty, scenario, sensitivity
from tests.evidence import contrast

DEMO = Path(__file__).parents[2] / "data" / "demo" / "scenarios.toml"
ELIGIBLE, PLACES, TARGET, ERROR = 60_000.0, 200, 1000.0, 0.05
SOURCE = {"it": "assunzione della prova", "en": "assumption of the test"}


def named(**texts: str) -> dict[str, dict[str, str]]:
    return {key: {"it": text.split(" / ")[0], "en": text.split(" / ")[1]} for key, text in texts.items()}


WORDS = named(
    first_order="da sola (primo ordine) / alone (first order)",
    total_order="con le interazioni (totale) / with interactions (total)",
    index_axis="quota della varianza del risultato / share of the variance of the output",
    result_low="voce al 5° percentile / line at its 5th percentile",
    result_high="voce al 95° percentile / line at its 95th percentile",
    draws="estrazioni / draws",
    probability_axis="probabilità del traguardo / probability of the target",
    probability_interval="stima e IC 95% (simulazione) / estimate and 95% CI (simulation)",
    settled_band="variazione ammessa / change allowed",
    worth_axis="valore di sapere la voce con certezza (euro) / value of knowing the line for certain (euro)",
    worth="valore dell'informazione / value of the information",
    survey_cost="costo dell'indagine / cost of the survey",
    net_worth="valore netto / net value",
    rate_worth="valore di sapere la quota / value of knowing the rate",
    persons_axis="persone interpellate / people asked",
    euro_axis="euro / euro",
)
LABELS = {
    "output": named(
        retained="persone che restano / people who stay",
        cost="costo annuo (euro) / yearly cost (euro)",
        reached="traguardo raggiunto / target reached",
        per_person="costo per persona\nche resta (euro) / cost per person\nwho stays (euro)",
    ),
    "line": named(
        all="tutte le voci / all lines",
        aware="sa del servizio / hears of the service",
        interested="se ne interessa / takes an interest",
        enrolled="si iscrive / enrols",
        retained="resta / stays",
        fixed="costo fisso / fixed cost",
        place="costo per comune servito / cost per municipality served",
        manager="costo di un community manager / cost of a community manager",
        capacity="persone seguite da un community manager / people served by a community manager",
        person="costo per iscritto / cost per person enrolled",
        eligible="numero dei destinatari / count of eligible people",
    ),
}


@pytest.fixture(scope="module")
def plan() -> scenario.Scenario:
    return scenario.read(tomllib.loads(DEMO.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def decision(plan) -> information.Decision:
    options = [information.Option("province", 50_000.0, 60), information.Option("region", 110_000.0, 400)]
    return information.decision(plan, options, 2_000.0, SOURCE, ERROR)


def both(draw, data):
    with style.house():
        figures = [
            draw(data, Words(language, WORDS | {"labels": LABELS}, {}, "scalability"))
            for language in ("it", "en")
        ]
        assert contrast.faults(style.to_svg(figures[0])) == []
    assert style.same_coordinates(*figures)
    return figures[0]


def test_indices_of_one_and_of_several_outputs(plan):
    found = [
        sensitivity.of_scenario(plan, ELIGIBLE, PLACES, TARGET, output, 256, 1, ERROR)
        for output in ("reached", "per_person")
    ]
    alone = both(plots_uncertainty.indices, found[0].table())
    first, total = (line.get_xdata() for line in alone.axes[0].lines)
    assert len(first) == len(total) == 5 and (np.sort(total) > np.sort(first)).all()
    several = both(plots_uncertainty.indices, sensitivity.together(found))
    assert [len(ax.lines[0].get_xdata()) for ax in several.axes] == [5, 10]


def test_indices_that_are_not_defined_leave_the_rows_empty(plan):
    never = sensitivity.of_scenario(plan, ELIGIBLE, PLACES, 1e9, "reached", 256, 1)
    assert np.isnan(both(plots_uncertainty.indices, never.table()).axes[0].lines[0].get_xdata()).all()


def test_tornado_bars_meet_at_the_medians(plan):
    table = sensitivity.tornado(plan, ELIGIBLE, PLACES, "per_person", ERROR).table()
    figure = both(plots_uncertainty.tornado, table)
    base = table["at_medians"].iloc[0]
    assert all(base == pytest.approx(bar.get_x()) for bar in figure.axes[0].patches)


def test_convergence_of_the_probability(plan):
    drawn = montecarlo.draw(plan, 2048, 1)
    both(plots_uncertainty.convergence, montecarlo.convergence(drawn, ELIGIBLE, TARGET).table())


def test_value_of_information_and_of_surveys(decision):
    figure = both(plots_uncertainty.worth, information.partial(decision, 64, 1).table())
    assert len(figure.axes[0].patches) == len(decision.lines) + 1
    asked = information.survey(decision, "aware", [10, 100, 1000], 5_000, 15, SOURCE, 64, 1)
    both(plots_uncertainty.surveys, asked.table())
