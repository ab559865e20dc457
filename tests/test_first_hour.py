"""The README's first hour, step by step as it stands there, with forward and with Windows-style paths."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.xdist_group("first-hour")


def steps():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## La prima ora") : text.index("## Tre percorsi")]
    return re.findall(r"```(console|toml)\n(.*?)```", section, re.DOTALL)


def survey_file(path):
    rng = np.random.default_rng(3)
    rows = zip(
        range(240),
        rng.choice(["f", "m"], 240),
        rng.integers(18, 70, 240),
        rng.choice(["nessuno", "figli", "parenti"], 240, p=[0.5, 0.4, 0.1]),
    )
    lines = ["id;sesso;eta;carico", *(";".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("windows", [False, True], ids=["posix", "windows"])
def test_the_first_hour(tmp_path, windows):
    for folder in ("data", "notebooks"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    shutil.copy(ROOT / "notebooks" / "references.bib", tmp_path / "notebooks")
    survey_file(tmp_path / "indagine.csv")
    env = {**os.environ, "ALTRO_ROOT": str(tmp_path), "ALTRO_LANG": "it"}
    outputs = []
    for kind, body in steps():
        if kind == "toml":
            name, _, content = body.partition("\n")
            with (tmp_path / name.removeprefix("# ")).open("a", encoding="utf-8") as file:
                file.write("\n" + content)
            continue
        for line in body.strip().splitlines():
            words = shlex.split(line.replace("data/miocaso", "data\\\\miocaso") if windows else line)
            assert words[0] == "altro"
            result = subprocess.run(
                [sys.executable, "-m", "analysis", *words[1:]],
                cwd=tmp_path,
                env=env,
                capture_output=True,
                text=True,
            )
            expected = (
                1 if words[1] == "check" else 0
            )  # what is still to be filled in keeps it from being published
            assert result.returncode == expected, (line, result.stdout, result.stderr)
            outputs.append(result.stdout + result.stderr)
    draft = tmp_path / "build" / "drafts" / "miocaso" / "prima_figura" / "variable=carico"
    html = (draft / "it.html").read_text(encoding="utf-8")
    assert "Nel nostro quartiere" in html and "oratorio" in html
    assert "#7b3294" in (draft / "figures" / "fig-answers.it.svg").read_text(encoding="utf-8")
    assert (draft / "it.pdf").read_bytes().startswith(b"%PDF")
    assert not (tmp_path / "papers").exists() or not list((tmp_path / "papers").rglob("*.pdf"))
    assert "completare" in outputs[-1]
