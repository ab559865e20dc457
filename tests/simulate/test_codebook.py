import tomllib

from analysis.simulate import codebook


def test_codebook_labels_every_variable_in_both_languages_and_ships_no_wording(drawn):
    book = tomllib.loads(codebook.codebook(drawn.truth, 7, drawn.companies))
    for name, entry in book["variables"].items():
        assert entry["label"]["it"], name
        assert entry["label"]["en"], name
    assert list(book["variables"]) == list(drawn.waves[1].columns) == list(drawn.waves[2].columns)
    assert book["variables"]["wfc1"]["label"]["it"] == "interferenza lavoro→famiglia, voce 1"
    assert "simula" in book["instruments"]["netemeyer1996"]["confirmed"]["it"]
