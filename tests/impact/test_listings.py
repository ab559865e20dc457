"""Tables put together for the paper keep what they rest on: counts stay, hidden; codes stay, so that totals are still seen."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.evidence import columns, disclosure
from analysis.impact import change, effect, listings
from tests.impact.comparison_fixtures import resolves

ONE = SimpleNamespace(id="x", outcome="score", title={"it": "uno", "en": "one"})
TWO = SimpleNamespace(id="y", outcome="score", title={"it": "due", "en": "two"})


def moved(seed: int) -> change.Paired:
    rng = np.random.default_rng(seed)
    return change.paired(rng.normal(3, 1, 30), rng.normal(3.2, 1, 30))


def test_only_the_columns_named_are_printed_and_their_counts_stay_hidden():
    frame = listings.entitled([(ONE, moved(1).table()), (TWO, moved(2).table())], ["change", "low", "high"])
    assert [cell["en"] for cell in frame["comparison"]] == ["one", "two"]
    shown = [column.name for column in columns.resolve(frame, None, "test", None) if not column.hidden]
    assert shown == ["comparison", "change", "low", "high"] and "n" in frame
    kept = listings.only(moved(1).table(), ["lost_before"])
    assert [c.name for c in columns.resolve(kept, None, "test", None) if c.hidden] == ["lost"]


def test_names_in_the_place_of_codes_leave_the_total_to_disclosure_control():
    table = pd.DataFrame({"service": ["z1", "z2", "z3", "total"], "persons": [3, 40, 50, 93]})
    table.attrs["columns"] = {"service": {"labels": "service"}, "persons": {"counts": "persons"}}
    texts = {name: {"it": name, "en": name} for name in table["service"]}
    named = listings.texted(table, "service", texts)
    resolved = columns.resolve(named, None, "test", None)
    _, mask = disclosure.protect(named, resolved, disclosure.Rules(5))
    assert mask["persons"].tolist()[0] and mask["persons"].sum() == 2  # the small cell and one that hides it
    assert [column.name for column in resolved if column.hidden] == ["service_code"]


def test_a_renamed_column_keeps_what_it_is():
    frame = listings.renamed(moved(1).table(), {"change": "moved"})
    assert frame.attrs["columns"]["moved"]["unit"] == "number" and "change" not in frame.attrs["columns"]


def test_estimates_stand_side_by_side():
    clusters = effect.Clusters(8, 2, 6)
    bare = effect.effect("difference", 0.1, 0.05, 7, 100, clusters, "cluster")
    full = effect.effect("means", 0.2, 0.05, 90, 100, effect.Clusters(100, 50, 50, False), "HC2")
    table = listings.beside([bare, full], listings.CLUSTERED)
    assert table["low"].isna().tolist() == [True, False] and table["treated_clusters"].tolist() == [2, 50]
    resolves(table)


def test_a_change_claims_no_more_than_a_change():
    told = listings.claim(ONE, moved(1), 0.3)
    assert (
        told.design == "change" and told.checks == {"attrition": 0.3} and told.low < told.estimate < told.high
    )


def test_covariates_are_named_by_variable_and_level():
    table = pd.DataFrame({"covariate": ["age", "gender=m", "odd=x"], "before": [0.1, 0.2, 0.3], "n": 9})
    table.attrs["columns"] = {"covariate": {"labels": "covariate"}, "before": {"unit": "number", "n": "n"}, "n": {"counts": "persons"}}  # fmt: skip
    words = {
        "labels": {
            "covariate": {"age": {"it": "età", "en": "age"}, "gender": {"it": "genere", "en": "gender"}}
        }
    }
    labels = {"gender": {"m": {"it": "uomini", "en": "men"}}}
    found = listings.worded(table, words, labels)
    assert [cell["it"] for cell in found["covariate"]] == ["età", "genere: uomini", "odd: x"]
    resolves(found)
