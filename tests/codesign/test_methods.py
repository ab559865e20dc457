"""Counting rules and permutations as told in the methods appendix."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.codesign import funnel, methods, network, participation, units
from analysis.study.contracts import contracts

ROOM = Path(methods.__file__).parent


def test_the_columns_said_to_be_read_exist_and_are_the_ones_that_the_room_names():
    known = contracts().tables
    words = {
        node.value
        for path in ROOM.glob("*.py")
        if path.name not in ("methods.py", "plots.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for table, columns in methods.READ.items():
        assert set(columns) <= set(known[table].fields), table
        for column in columns:
            stem = column.removesuffix("_it").removesuffix("_en")
            # the name of an organisation is put in at the door, the stages of the call are read in the notebook
            assert stem in words or (table, column) in {("actors", "name"), ("call_funnel", "count")}, (
                table,
                column,
            )


def test_only_analyses_that_were_made_are_told_with_their_own_figures():
    path, ends = funnel.of_ideas(
        pd.DataFrame({"idea": ["i", "i", "j"], "stage": ["proposed", "service", "proposed"]})
    )
    call = funnel.funnel(["ideas", "projects"], [10, 2])
    table = methods.table([*methods.of_funnel(path, ends), *methods.of_funnel(call)])
    assert table["quantity"].tolist() == ["stages", "ends", "call_stages"]
    assert table["n"].tolist() == [2, 2, 10] and table["n_organisations"].isna().all()


def test_organisations_are_counted_as_organisations():
    events = pd.DataFrame({"event": ["e"], "date": ["2016-01-01"], "phase": ["needs"]})
    actors = pd.DataFrame({"actor": ["a", "b"], "type": ["profit", "public"]})
    went = pd.DataFrame({"event": ["e", "e"], "actor": ["a", "b"], "unit": ["u", None], "hours": [1, 2]})
    records = participation.attendance(went, events, actors)
    rules = methods.of_participation(participation.by_phase(records), participation.community(records))
    owned = pd.DataFrame({"unit": ["u"], "actor": ["a"], "csr_or_hr": ["no"]})
    rules += methods.of_units(units.active(records, owned), 2)
    table = methods.table(rules).set_index("quantity")
    assert table.loc["organisations_met", "n_organisations"] == 2 and np.isnan(
        table.loc["organisations_met", "n"]
    )
    assert table.loc["attendances", "n"] == 2
    assert table.loc["companies_beyond", ["parameter", "n_organisations"]].tolist() == [2, 1]
    assert table.attrs["columns"]["n_organisations"] == {"counts": "organisations"}


def test_permutations_are_told_as_they_were_drawn():
    net = network.incidence(["a", "b", "c", "d"], ["x", "x", "y", "y"])
    types = pd.Series({"a": "profit", "b": "public", "c": "profit", "d": "public"})
    found = network.mixing(net, types, permutations=200, seed=7)
    row = methods.permutations({"services": found, "events": None}).iloc[0]
    assert (row["permutations"], row["seed"], row["external"], row["internal"]) == (200, "7", 2, 0)
    assert (row["e_i"], row["p"]) == (found.index, found.p)
    rules = methods.table(methods.of_network({"services": net}))
    assert rules.set_index("quantity")["n"].to_dict() == {"ties": 4, "density": 8, "linked": 2}
