"""The final report on the studies of the project: it says what the cited records say, in both languages, and each number leads somewhere."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from analysis.batch import editions, keys
from analysis.publish import cited, layout, prose
from analysis.publish.quotes import QUOTE, entry_of
from analysis.publish.render import outputs_of

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "synthesis.ipynb"
STUDIES = {
    "demo": (
        "business_engagement",
        "codesign_outcomes",
        "impact",
        "method",
        "resources",
        "scalability",
        "work_life_balance",
    ),
    "milano": ("codesign_outcomes", "impact", "method", "resources", "scalability"),
}
MADE = sorted((ROOT / "papers").glob("*/synthesis/evidence.json"))
LANGUAGES = ("it", "en")
pytestmark = pytest.mark.usefixtures("english")


def texts(study, name):
    path = ROOT / "data" / study / "texts" / f"{name}.toml"
    return path if path.exists() else None


def gathered(study, papers=ROOT / "papers"):
    origins = {
        name: {
            "record": papers / study / name,
            "figures": ROOT / "figures" / study / name,
            "notebook": ROOT / "notebooks" / f"{name}.ipynb",
            "texts": texts(study, name),
            "folder": f"../{name}",
        }
        for name in STUDIES[study]
    }
    return cited.gather(NOTEBOOK, texts(study, "synthesis"), origins)


def composed(study, record, language):
    return prose.compose(layout.read(NOTEBOOK, record, {}, texts(study, "synthesis")), language)


def cited_record(study, name):
    return json.loads((ROOT / "papers" / study / name / "evidence.json").read_text(encoding="utf-8"))


def test_it_computes_nothing():
    book = editions.notebooks(["synthesis"])[0]
    assert {cell["cell_type"] for cell in book.cells} == {"markdown"}
    assert book.faults() == [] and book.schema == {}


@pytest.mark.parametrize("study", STUDIES)
def test_it_holds_together_on_every_study(study):
    record, files = gathered(study)
    assert prose.faults(NOTEBOOK, record, {}, texts(study, "synthesis")) == []
    assert len(record["numbers"]) >= 10 and 2 <= len(record["figures"]) <= 4
    assert set(record["cites"]) == set(STUDIES[study])
    assert all(path.is_file() for path in files.values())


@pytest.mark.parametrize("study", STUDIES)
def test_every_entry_is_the_cited_one(study):
    record, _ = gathered(study)
    records = {name: cited_record(study, name) for name in STUDIES[study]}
    for group in cited.GROUPS:
        for key, entry in record[group].items():
            name, _, own = key.partition(":")
            assert entry == records[name][group][own], key
    assert record["context"]["edition"] == records["scalability"]["context"]["edition"]


@pytest.mark.parametrize("study", STUDIES)
def test_both_languages_quote_the_same(study):
    record, _ = gathered(study)
    italian, english = (
        [QUOTE.findall(item.get("source") or "") for item in composed(study, record, language).items]
        for language in LANGUAGES
    )
    assert italian == english and sum(map(len, italian)) >= 10


@pytest.mark.parametrize("study", STUDIES)
def test_every_number_quoted_stands_in_the_paper_to_which_it_leads(study):
    """The marks are made from the prose of the cited paper: each key quoted here is quoted there, so that the link has its place."""
    record, _ = gathered(study)
    for language in LANGUAGES:
        wanted = {
            key
            for item in composed(study, record, language).items
            for key in re.findall(r'of="([^"]+:[^"]+)"', item.get("marked", ""))
        }
        assert len(wanted) >= 10
        for name in STUDIES[study]:
            home = ROOT / "papers" / study / name
            notebook = ROOT / "notebooks" / f"{name}.ipynb"
            source = layout.read(notebook, cited_record(study, name), outputs_of(home), texts(study, name))
            marks = {
                key
                for item in prose.compose(source, language).items
                for key in re.findall(r' of="([^"]+)"', item.get("marked", ""))
            }
            asked = {key.partition(":")[2] for key in wanted if key.startswith(f"{name}:")}
            assert asked and asked <= marks, (language, name, asked - marks)


def test_a_changed_value_changes_both_languages(tmp_path):
    shutil.copytree(ROOT / "papers" / "demo", tmp_path / "demo")
    before, _ = gathered("demo", tmp_path)
    path = tmp_path / "demo" / "work_life_balance" / "evidence.json"
    changed = json.loads(path.read_text(encoding="utf-8"))
    changed["numbers"]["share_with_care"]["value"] = 0.4567
    path.write_text(json.dumps(changed), encoding="utf-8")
    after, _ = gathered("demo", tmp_path)
    assert before["cites"]["work_life_balance"] != after["cites"]["work_life_balance"]
    for language, printed in (("it", "45,7%"), ("en", "45.7%")):
        old, new = (
            "".join(item.get("marked", "") for item in composed("demo", record, language).items)
            for record in (before, after)
        )
        plain = printed.replace(",", "\\,").replace(".", "\\.").replace("%", "\\%")
        assert not {printed, plain} & {part for part in (printed, plain) if part in old}
        assert printed in new or plain in new


def test_its_own_front_matter_quotes_only_what_some_study_has():
    front = tomllib.loads(NOTEBOOK.with_suffix(".toml").read_text(encoding="utf-8"))
    known = {
        f"{name}:{key}": None
        for study, names in STUDIES.items()
        for name in names
        for group in ("numbers", "figures")
        for key in cited_record(study, name)[group]
    }
    for one in front["brief"]["numbers"]:
        assert entry_of(one["key"], known)[0] in known, one["key"]
    assert set(front["brief"]["figure"]) <= set(known)


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.parts[-3])
def test_what_is_published_was_gathered_from_the_records_beside_it(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    for name, one in record["cites"].items():
        assert one["evidence"] == keys.of_file(path.parent.parent / name / "evidence.json")
    assert record == gathered(path.parts[-3])[0]
