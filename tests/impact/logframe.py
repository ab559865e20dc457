"""A small logical framework written out by hand, and the words of its tables and figures."""

import tomllib
from itertools import combinations
from pathlib import Path

import pandas as pd

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words
from analysis.study.studies import open_study

RESULTS = [  # result, level, statement, parent, assumption, owner
    ("r1", "impact", "La cura non costringe a lasciare il lavoro", None, "l'occupazione non crolla", "SIS"),
    ("r2", "outcome", "Meno conflitto fra lavoro e famiglia", "r1", "gli orari non peggiorano", "FEEM"),
    ("r3", "output", "Servizi co-progettati aperti", "r2", "le autorizzazioni arrivano in tempo", None),
]
START, END = "2016-01-01", "2018-01-01"  # two years: a day in the middle has half of the progress expected
MIDDLE = "2017-01-01"


def logframe(rows=RESULTS):
    frame = pd.DataFrame(
        rows, columns=["result", "level", "statement_it", "parent", "assumption_it", "owner"]
    )
    return frame.assign(statement_en=frame["statement_it"], assumption_en=frame["assumption_it"])


def indicator(name="i1", **given):
    """One row of the table indicators: an increasing one from 0 to 100 over two years, but for what is given."""
    row = {
        "indicator": name, "result": "r3", "name_it": f"indicatore {name}", "name_en": f"indicator {name}", "unit": "servizi",
        "direction": "increase", "baseline": 0.0, "baseline_date": START, "target": 100.0, "target_date": END,
        "dac": "effectiveness", "source": "registro", "frequency": "semestrale",
    }  # fmt: skip
    return row | given


def indicators(*rows):
    frame = pd.DataFrame(rows or [indicator()])
    return frame.assign(
        **{name: pd.to_datetime(frame[name]) for name in ("baseline_date", "target_date")},
        **{name: pd.to_numeric(frame[name]) for name in ("baseline", "target")},
    )


def outcomes(*rows):
    """Rows (indicator, date, value) or (indicator, date, value, n)."""
    frame = pd.DataFrame([(*row, None)[:4] for row in rows], columns=["indicator", "date", "value", "n"])
    return frame.assign(date=pd.to_datetime(frame["date"]), n=frame["n"].astype("Int64"))


def words():
    """The words of each language: those of the logical framework, and the study's value labels."""
    own = tomllib.loads(Path(__file__).with_name("logframe_words.toml").read_text(encoding="utf-8"))["words"]
    labels = open_study("demo").context()["labels"]
    return {language: Words(language, own, labels, "impact") for language in LANGUAGES}


def drawn(plot, data, told):
    """The figure in both languages; they plot the same."""
    with style.house():
        figures = [plot(data, told[language]) for language in LANGUAGES]
    assert style.same_coordinates(*figures)
    return figures


def told(figure):
    figure.canvas.draw()
    return [text for ax in figure.axes for text in [*ax.texts, *(ax.get_yticklabels() if ax.axison else [])] if text.get_text()]  # fmt: skip


def apart(figure):
    """No text over another, none outside the figure."""
    boxes = [text.get_window_extent() for text in told(figure)]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in boxes)
    assert all(box.y0 >= -1 and box.y1 <= figure.bbox.height + 1 for box in boxes)
