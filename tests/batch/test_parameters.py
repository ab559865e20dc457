"""Parameters: typed, all faults at once, the nearest valid name, before anything runs."""

import pytest

from analysis.batch import parameters as typed
from analysis.errors import ParameterError

LABEL = {"it": "etichetta", "en": "label"}
FRONT = {
    "parameters": {
        "frame": {
            "type": "choice",
            "choices": ["residents", "workers"],
            "default": "residents",
            "label": LABEL,
        },
        "wave": {"type": "integer", "min": 1, "max": 2, "default": 1, "label": LABEL},
        "share": {"type": "number", "min": 0, "max": 1, "default": 0.5, "label": LABEL},
        "place": {"type": "text", "default": "", "label": LABEL},
    }
}
SCHEMA = typed.schema(FRONT, "toy")


def test_values_typed_on_a_command_line_take_their_type():
    values = typed.validate(SCHEMA, {"wave": "2", "share": "0.25", "frame": "workers"}, "toy")
    assert values == {"frame": "workers", "wave": 2, "share": 0.25, "place": ""}


def test_all_faults_come_at_once_with_the_nearest_name():
    with pytest.raises(ParameterError) as caught:
        typed.validate(SCHEMA, {"waev": "1", "frame": "residenti", "wave": "3", "share": "nan"}, "toy")
    text = str(caught.value)
    assert len(caught.value.faults) == 4
    assert "wave" in caught.value.faults[0].next_step
    assert "residents" in caught.value.faults[1].next_step
    assert "3" in text and "nan" in text


@pytest.mark.parametrize("value", ["1.5", "one", "", True, "1e3"])
def test_an_integer_is_an_integer(value):
    with pytest.raises(ParameterError):
        typed.validate(SCHEMA, {"wave": value}, "toy")


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "colour", "default": 1},
        {"type": "integer", "default": "x", "label": LABEL},
        {"type": "integer", "default": 1},
        {"type": "text", "default": "", "label": LABEL, "mni": 1},
    ],
)
def test_a_wrong_declaration_is_refused(entry):
    with pytest.raises(ParameterError):
        typed.schema({"parameters": {"x": entry}}, "toy")


def test_the_name_of_a_parameter_set_holds_what_departs_from_the_defaults():
    assert typed.slug(typed.defaults(SCHEMA), SCHEMA) == ""
    assert (
        typed.slug({**typed.defaults(SCHEMA), "wave": 2, "frame": "workers"}, SCHEMA)
        == "frame=workers,wave=2"
    )


def test_the_defaults_of_every_notebook_equal_its_parameters_cell():
    from analysis.batch import editions

    for notebook in editions.notebooks():
        if notebook.cites:  # it computes nothing, so it has no parameters
            assert not notebook.schema and not typed.cell_defaults(notebook.cells), notebook.name
            continue
        cell = typed.cell_defaults(notebook.cells)
        assert cell.pop("study", None), notebook.name
        assert cell == typed.defaults(notebook.schema), notebook.name
