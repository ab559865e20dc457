"""A join by ISTAT code is held against the places that the codes name: real files, right and wrong, and spoilt ones."""

import json

import pandas as pd
import pytest

from analysis import cli
from analysis.errors import StudyError
from analysis.study import joins, territory


@pytest.fixture
def english(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")


@pytest.fixture(scope="module")
def towns() -> pd.DataFrame:
    return territory.read_municipalities()


def refusal(*given, **named) -> str:
    with pytest.raises(StudyError) as caught:
        joins.check_join(*given, **named)
    return "\n".join(map(str, caught.value.faults))


def test_milan_polygons_with_other_towns_rows_are_refused(shared_data, towns):
    found = joins.read(shared_data / "territory" / "REJECT_milano_ace_wrong_join.geojson")
    with pytest.raises(StudyError) as caught:
        joins.check(found, towns)
    told = str(caught.value)
    assert "85 rows of 85" in told and "Torino (001272) ×47" in told and "around Milano (015146)" in told


def test_the_municipalities_of_lombardy_are_accepted(shared_data, towns):
    verdict = joins.check(joins.read(shared_data / "territory" / "lombardia_municipalities.topo.json"), towns)
    assert (verdict.rows, verdict.towns, verdict.unknown, verdict.renamed) == (1503, 1503, (), ())
    assert verdict.names_compared and verdict.farthest_km < 0.5


def test_quarters_without_codes_are_held_against_one_municipality(shared_data, towns):
    path = shared_data / "territory" / "milano_nil.geojson"
    with pytest.raises(StudyError, match="no column of ISTAT codes"):
        joins.read(path)
    verdict = joins.check(joins.read(path, "015146"), towns)
    assert (verdict.rows, verdict.towns) == (88, 1) and verdict.farthest_km < 15
    with pytest.raises(StudyError, match=r"88 rows of 88 .* Roma \(058091\)"):
        joins.check(joins.read(path, "058091"), towns)


def test_codes_shifted_by_one_row_are_refused_by_name(towns):
    told = refusal(towns["code"], towns["name"].shift(-1), towns)
    assert "a town of another name" in told and "more towns" in told


def test_unknown_codes_and_other_names_are_told_at_once(towns):
    some = towns.head(100)
    codes = some["code"].where(some.index >= 3, "999999")
    told = refusal(codes, some["name"].where(some.index < 90, "Nowhere at all"), towns)
    assert "3 rows of 100 have a code that the territory lacks: 999999" in told
    assert "10 rows of 100 have the code of a town of another name" in told
    assert "another name" not in refusal(codes, some["name"], towns)


def test_a_few_of_another_year_are_named_and_accepted(towns):
    some = towns.head(200)
    verdict = joins.check_join(
        some["code"].where(some.index != 5, "999999"), some["name"].where(some.index != 7, "Xyz"), towns
    )
    assert len(verdict.unknown) == len(verdict.renamed) == 1 and not verdict.farthest_km
    assert any("Places not compared" in line for line in verdict.lines())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CANTU'", "Cantù", True),
        ("Sant'Angelo Lodigiano", "Sant’Angelo  Lodigiano", True),
        ("Bolzano", "Bolzano/Bozen", True),
        ("Reggio Emilia", "Reggio nell'Emilia", True),
        ("Milano", "Torino", False),
        ("Collegno", "Moncalieri", False),
    ],
)
def test_spellings_of_one_name(one, other, same):
    assert joins.alike(one, other) is same


def test_centroids_and_distances_by_hand():
    ring = [[9, 45], [10, 45], [10, 46], [9, 46], [9, 45]]
    assert joins._centroid([ring]) == pytest.approx((9.5, 45.5))
    assert joins._centroid([ring, [[0, 0], [0, 0], [0, 0]]]) == pytest.approx((9.5, 45.5))
    assert joins.apart_km([9, 9], [45, 45], [9, 10], [46, 45]) == pytest.approx([111.195, 78.626], abs=0.01)


def shape(code, lon, lat, **more):
    return {
        "type": "Feature",
        "properties": {"PRO_COM": code} | more,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }


def test_the_command_accepts_refuses_and_says_what_is_no_map(tmp_path, capsys):
    def call(content, *more):
        path = tmp_path / "map.geojson"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        code = cli.main(["territory", "check", str(path), *more])
        return code, "".join(capsys.readouterr())

    def features(*every):
        return {"type": "FeatureCollection", "features": list(every)}

    code, told = call(features(shape(15146, 9.19, 45.46, COMUNE="MILANO")))
    assert code == 0 and "1 rows, 1 town" in told
    code, told = call(features(shape(15146, 12.5, 41.9, COMUNE="ROMA")))
    assert code == 2 and "far from where they lie" in told and "another name" in told and "Roma" in told
    for content, part in (
        ("{", "cannot be read"),
        ({"type": "Feature"}, "no collection of shapes"),
        (features(), "no rows"),
        (features(shape(15146, 514_000, 5_034_000)), "not in degrees"),
    ):
        code, told = call(content)
        assert code == 2 and part in told, told
    assert cli.main(["territory", "check", str(tmp_path / "none.csv")]) == 2


def test_a_table_with_codes_of_province_and_town(tmp_path, towns):
    path = tmp_path / "rows.csv"
    path.write_text("COD_PROV;COD_COM;COMUNE;lon;lat\n15;146;Milano;9,19;45,46\n", encoding="utf-8")
    found = joins.read(path)
    assert found.frame["code"].tolist() == ["015146"] and found.frame["lon"].tolist() == [9.19]
    assert joins.check(found, towns).towns == 1


@pytest.fixture(autouse=True)
def _project(english, monkeypatch):
    monkeypatch.delenv("ALTRO_ROOT", raising=False)
