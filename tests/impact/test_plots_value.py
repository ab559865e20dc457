"""Figures of value and of evidence: both languages on the same coordinates, contrast, places of what is suppressed left empty."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import style
from analysis.evidence.words import Words
from analysis.impact import claims, outcome_cost, plots_value, sroi, sroi_sensitivity
from tests.evidence import contrast
from tests.impact.value_fixtures import HALVES, caseload, catalogue, claim, costs, outcomes

LONG = {
    "it": "L'equilibrio tra lavoro e cura è cambiato fra prima e dopo in chi ha usato il servizio per almeno due semestri di seguito",
    "en": "The balance of work and care changed between before and after in those who used the service for at least two semesters in a row",
}


@pytest.fixture(scope="module")
def services() -> pd.DataFrame:
    rows = [(s, f"z0{k}", "staff", 900 * k**3, False) for k in (1, 2, 3) for s in (1, 2, 3, 4)]
    cases = [(f"z0{k}", s, 40, 0 if k == 3 else 5 + s, 1.0) for k in (1, 2, 3) for s in (1, 2, 3, 4)]
    return outcome_cost.cost_per_outcome(
        costs(rows), caseload(cases), HALVES, "equal", seed=1, draws=300
    ).table()


@pytest.fixture(scope="module")
def ranged() -> dict[str, pd.DataFrame]:
    frame = pd.concat(
        [outcomes(outcome=f"o{k}", quantity=50.0 + 10 * k, name_it=LONG["it"][: 20 + 9 * k]) for k in range(3)],
        ignore_index=True,
    )  # fmt: skip
    valued = sroi.value(frame, sroi.Inputs(20_000.0, None, 500.0, 300.0, 900.0), 0.035)
    found = sroi_sensitivity.sensitivity(valued, seed=1, rate=(0.01, 0.06), draws=500)
    return {"tornado": found.tornado(), "ratio": found.table()}


def both(draw, data):
    with style.house():
        figures = [draw(data, Words(language, catalogue(), {}, "impact")) for language in ("it", "en")]
    assert style.same_coordinates(*figures)
    return figures[0]


@pytest.fixture(scope="module")
def graded() -> dict[str, pd.DataFrame]:
    some = [
        claim(title=LONG),
        claim(id="c2", outcome="stress", design="change"),
        claim(id="c3", outcome="stress", treated_clusters=2),
    ]
    found = claims.grade(some, [{"outcome": "balance", "date": "2016-01-01"}], date(2016, 2, 1))
    return {"claims": found.ladder(), "scale": claims.scale()}


@pytest.mark.slow
def test_letters_and_marks_have_contrast(services, ranged, graded):
    steps = sroi.value(outcomes(), sroi.Inputs(8000.0), 0.035).waterfall()
    for name, data in (
        ("cost_per_outcome", services),
        ("tornado", ranged),
        ("waterfall", steps),
        ("ladder", graded),
    ):
        with style.house():
            drawn = getattr(plots_value, name)(data, Words("it", catalogue(), {}, "impact"))
            assert contrast.faults(style.to_svg(drawn)) == []


def texts(ax) -> list[str]:
    return [each.get_text() for each in ax.texts]


def test_cost_per_outcome_on_a_logarithmic_axis_where_values_are_far_apart(services):
    ax = both(plots_value.cost_per_outcome, services).axes[0]
    assert ax.get_xscale() == "log" and "nessun esito raggiunto: rapporto non calcolato" in texts(ax)
    near = services[services["service"] == "z01"]
    assert both(plots_value.cost_per_outcome, near).axes[0].get_xscale() == "linear"


def test_a_suppressed_cost_leaves_its_place_empty(services):
    hidden = services.copy()
    names = ["achieved", "cost_per_outcome", "cost_per_outcome_low", "cost_per_outcome_high"]
    hidden[names] = hidden[names].astype(float)
    hidden.loc[0, names] = np.nan
    ax = both(plots_value.cost_per_outcome, hidden).axes[0]
    assert texts(ax).count("non pubblicato") == 1 and "esiti: non pubblicato" in texts(ax)
    hidden[names] = np.nan
    both(plots_value.cost_per_outcome, hidden)


def test_tornado_bars_meet_at_the_central_ratio_with_the_driver_on_top(ranged):
    ax = both(plots_value.tornado, ranged).axes[0]
    base = ranged["ratio"].loc[0, "sroi_ratio"]
    edges = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert all(base == pytest.approx(min(edge, key=lambda x: abs(x - base))) for edge in edges)
    assert len(ax.patches) == 2 * plots_value.MOST
    assert ax.get_yticklabels()[0].get_fontweight() == "semibold" and ax.get_ylim()[0] > ax.get_ylim()[1]
    assert "altre 5 ipotesi" in ax.get_xlabel()


def test_waterfall_ends_at_the_present_value():
    valued = sroi.value(outcomes(), sroi.Inputs(8000.0), 0.035)
    ax = both(plots_value.waterfall, valued.waterfall()).axes[0]
    tops = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert valued.total in [pytest.approx(top) for top in tops] and len(ax.patches) == 8


def test_ladder_fills_primary_claims_and_shows_every_level(graded):
    ax = both(plots_value.ladder, graded).axes[0]
    faces = [line.get_markerfacecolor() != "white" for line in ax.lines]
    assert sorted(faces) == [False, False, True] and len(ax.get_yticks()) == 5
    both(plots_value.ladder, graded | {"claims": graded["claims"].head(0)})
