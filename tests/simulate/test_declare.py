import tomllib

from analysis.simulate import declare, draw
from analysis.simulate.calendar import Calendar


def test_study_declares_how_each_frame_was_sampled(drawn):
    settings = tomllib.loads(declare.study(drawn.truth, draw.catalogue(), "x", 7, Calendar()))
    kinds = {name: entry["kind"] for name, entry in settings["sampling"].items()}
    assert kinds == {"residents": "probability", "workers": "probability", "users": "volunteer"}
    assert settings["sampling"]["workers"]["cluster"] == "cluster"
    assert "weight" not in settings["sampling"]["users"]
    assert len(settings["semesters"]) == 6
    assert settings["disclosure"]["threshold"] == 5
    assert settings["source"] == {"it": "dati simulati, seme 7", "en": "simulated data, seed 7"}


def test_codebook_labels_every_variable_in_both_languages_and_ships_no_wording(drawn):
    codebook = tomllib.loads(declare.codebook(drawn.truth, 7, drawn.companies))
    for name, entry in codebook["variables"].items():
        assert entry["label"]["it"], name
        assert entry["label"]["en"], name
    assert list(codebook["variables"]) == list(drawn.waves[1].columns) == list(drawn.waves[2].columns)
    assert codebook["variables"]["wfc1"]["label"]["it"] == "interferenza lavoro→famiglia, voce 1"
    assert "simula" in codebook["instruments"]["netemeyer1996"]["confirmed"]["it"]


def test_readme_lists_every_parameter(drawn):
    text = declare.readme(drawn.truth, draw.catalogue(), "demo", 7, 1.0)
    assert "altro simulate DIR --seed 7 --scale 1" in text
    assert "`conflict.wfc.women_minus_men` | 0.35" in text
