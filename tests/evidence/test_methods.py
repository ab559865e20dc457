"""Each methods table that a notebook declares has a caption in both languages, and no caption stands alone."""

import json
import re
import tomllib
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMED = sorted(path.stem for path in NOTEBOOKS.glob("*.toml") if path.with_suffix(".ipynb").exists())


@pytest.mark.parametrize("name", NAMED)
def test_captions_and_calls_agree(name):
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    declared = re.findall(r'ev\.method\(\s*"(mth-[a-z-]+)"', code)
    captions = tomllib.loads((NOTEBOOKS / f"{name}.toml").read_text(encoding="utf-8")).get("methods", {})
    assert len(declared) == len(set(declared)) == code.count("ev.method(")
    assert set(declared) == set(captions)
    for key, entry in captions.items():
        for part in entry.values():
            assert set(part) == {"it", "en"} and all(part.values()), key


def test_the_papers_that_estimate_declare_how():
    papers = [name for name in NAMED if name in ("work_life_balance", "codesign_outcomes", "scalability")]
    assert len(papers) == 3
    for name in papers:
        captions = tomllib.loads((NOTEBOOKS / f"{name}.toml").read_text(encoding="utf-8"))["methods"]
        assert {"mth-sampling"} <= set(captions) and len(captions) >= 4
