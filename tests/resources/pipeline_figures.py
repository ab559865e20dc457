"""Draws a picture in both languages with the words of pipeline_words.toml, and refuses one whose languages plot different things."""

import tomllib
from pathlib import Path

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words

OWN = tomllib.loads((Path(__file__).parent / "pipeline_words.toml").read_text(encoding="utf-8"))["words"]
WORDS = {language: Words(language, OWN, {}, "resources") for language in LANGUAGES}


def draw(plot, data, laid_out=False):
    """The figure in Italian and in English; the first laid out where asked for, so that what does not fit warns."""
    with style.house():
        figures = [plot(data, WORDS[language]) for language in LANGUAGES]
        if laid_out:
            figures[0].canvas.draw()
    assert style.same_coordinates(*figures)
    return figures


def texts(figure):
    return {text.get_text() for ax in figure.axes for text in ax.texts}


def unused(modules):
    """Words of the catalogue that no module names."""
    code = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in modules)
    return [key for key in OWN if key != "labels" and f'"{key}"' not in code and f"'{key}'" not in code]
