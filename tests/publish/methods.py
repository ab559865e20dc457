"""What a record holds for the appendix, made by hand: method tables of every topic, a codebook, and their captions."""

from __future__ import annotations

from typing import Any

from analysis.publish.appendix import TOPICS
from tests.publish.fixture import Paper, both

CAPTIONS = "".join(
    f"""
[methods.mth-{topic}]
caption = {{ it = "Didascalia di {topic}.", en = "Caption of {topic}." }}
note = {{ it = "Nota di {topic}: `{{val}} share_with_care_load`.", en = "Note on {topic}: `{{val}} share_with_care_load`." }}
"""
    for topic in (*TOPICS, "codebook")
)
SURVEY = '\n[needs]\ntables = ["survey"]\n[words.labels.scale]\nwfc = { it = "dal lavoro alla famiglia", en = "work to family" }\n'
GLOSSARY = """
[[terms]]
term = { it = "Carico di cura", en = "Care load" }
match = { it = ["carich?[oi] di cura"], en = ["care loads?"] }
source = ["greenhaus1985"]
[terms.definition]
it = "La cura di figli o familiari."
en = "Care for children or relatives."

[[terms]]
term = { it = "Costo", en = "Cost" }
match = { it = ["costo"], en = ["cost"] }
[terms.definition]
it = "Ciò che si spende."
en = "What is spent."

[[terms]]
term = { it = "Astrolabio", en = "Astrolabe" }
match = { it = ["astrolabio"], en = ["astrolabe"] }
[terms.definition]
it = "Uno strumento."
en = "An instrument."
"""


def table(topic: str, rows: int = 2) -> dict[str, Any]:
    columns = [
        {"name": "name", "role": "category", "label": both("Nome", "Name")},
        {"name": "what", "role": "category", "label": both("Che cosa", "What")},
        {"name": "n", "role": "count", "unit": "persons", "counts": "persons", "label": both("n", "n")},
        {"name": "share", "role": "measure", "unit": "share", "digits": 1, "label": both("Quota", "Share")},
    ]
    made = [
        {"name": f"{topic}_{i}", "what": both(f"voce {i}", f"entry {i}"), "n": 1000 + i, "share": 0.125}
        for i in range(rows)
    ]
    return {"topic": topic, "columns": columns, "rows": made, "suppressed": []}


def complete(paper: Paper) -> Paper:
    """The sample paper with methods of every topic, a glossary, a random number, a plan and a declared sample."""
    paper.evidence["methods"] = {f"mth-{topic}": table(topic) for topic in TOPICS}
    paper.evidence["methods"]["mth-codebook"] = table("codebook", 60)
    paper.evidence["methods"]["mth-codebook"]["rows"][0]["name"] = "=cmd|' /C calc'!A0"
    for entry in paper.evidence["numbers"].values():
        entry |= {"kind": "float", "tolerance": 1e-9}
    paper.evidence["numbers"]["cost"] |= {"kind": "stochastic", "seed": 7, "low": 12000.0, "high": 13000.0}
    paper.evidence["numbers"]["small_group"]["kind"] = "exact"
    paper.evidence["statements"]["women_more"] |= {
        "estimate": 0.031, "low": 0.004, "high": 0.058, "n": 2028, "unit": "share_points",
    }  # fmt: skip
    head = paper.evidence["context"]
    head["plan"] = {"primary": [{"outcome": "wfc", "date": "2016-12-01"}]}
    head["sampling"] = {
        "workers": {
            "frame": both("imprese della rete", "companies of the network"), "population": both("addetti", "workers"),
            "kind": "probability", "response_rate": 0.63, "strata": "stratum", "cluster": "", "weight": "weight",
        },
        "users": {"frame": both("chi usa i servizi", "users of the services"), "kind": "volunteer", "response_rate": "unknown"},
    }  # fmt: skip
    paper.spec += CAPTIONS + SURVEY
    made = {"output_type": "display_data", "data": {"text/plain": "cost"}}
    paper.outputs["care"].append({**made, "metadata": {"altro": {"kind": "number", "key": "cost"}}})
    paper.write()
    (paper.folder / "notebooks" / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    return paper
