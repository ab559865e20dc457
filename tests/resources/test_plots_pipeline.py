"""Pictures of proposals: drawn from the room's own tables, equal in both languages, missing cells endured."""

import numpy as np
import pytest

from analysis.resources import ageing, calibration, forecast, plots_pipeline, proposals
from tests.resources import pipeline_registers as registers
from tests.resources.pipeline_figures import draw


@pytest.fixture(scope="module")
def found():
    return proposals.histories(registers.drawn(120, 8), registers.END)


def test_chances(found):
    table = proposals.learn(found).table()
    italian, _ = draw(plots_pipeline.chances, table, laid_out=True)
    assert [label.get_text().split("\n")[0] for label in italian.axes[0].get_yticklabels()] == ["impresa", "altra fondazione", "ente pubblico"]  # fmt: skip
    table.loc[0, ["probability", "low", "high", "decided"]] = np.nan
    draw(plots_pipeline.chances, table)


@pytest.mark.parametrize("scheme", calibration.SCHEMES)
def test_reliability(found, scheme):
    scored = calibration.calibrate(calibration.predict(found, scheme))
    italian, _ = draw(plots_pipeline.reliability, scored.reliability())
    missing = scored.reliability()
    missing.loc[0, ["share", "low", "high"]] = np.nan
    draw(plots_pipeline.reliability, missing)
    if scheme == calibration.WITHOUT:
        names = {label.get_text() for label in italian.axes[0].get_yticklabels()}
        assert any(name.startswith("altra fondazione (n = ") for name in names)


def test_distribution(found):
    made = forecast.forecast(found, proposals.learn(found), 400_000, received=30_000)
    italian, english = draw(
        plots_pipeline.distribution, {"classes": made.distribution(), "forecast": made.table()}, laid_out=True
    )
    assert "obiettivo: 400.000\xa0€" in {text.get_text() for text in italian.legends[0].get_texts()}
    assert "target: €400,000" in {text.get_text() for text in english.legends[0].get_texts()}
    heights = sum(patch.get_height() for patch in italian.axes[0].patches)
    assert heights == pytest.approx(1)


def test_distribution_of_one_value():
    few = proposals.histories(registers.proposals(registers.HAND[:11]), registers.END)
    made = forecast.forecast(few, proposals.learn(few), 400, received=300)
    draw(plots_pipeline.distribution, {"classes": made.distribution(), "forecast": made.table()})


def test_waiting_and_outcomes(found):
    given = ageing.spells(found)
    curve = ageing.waiting(given)
    italian, _ = draw(plots_pipeline.waiting, {"curve": curve.table(), "percentiles": curve.percentiles()})
    assert (
        sum("deciso entro" in text.get_text() for text in italian.legends[0].get_texts())
        == curve.percentiles()["days"].notna().sum()
    )
    draw(plots_pipeline.outcomes, ageing.outcomes(given).table())


def test_waiting_where_nothing_is_decided():
    open_ones = proposals.histories(registers.proposals(registers.HAND[-2:]), registers.END)
    given = ageing.spells(open_ones)
    curve = ageing.waiting(given)
    draw(plots_pipeline.waiting, {"curve": curve.table(), "percentiles": curve.percentiles()})
    draw(plots_pipeline.outcomes, ageing.outcomes(given).table())
