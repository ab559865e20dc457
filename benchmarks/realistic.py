"""The realistic notebook of the batch benchmark: ten cells of code on a simulated survey, two figures each saved twice and shown, one table.

The same cells make the plain script, in which what a notebook shows by itself is asked for explicitly. Nothing of it goes through the
project's own record but a file that says that it ended, so that every side can run it; every side writes one language.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PERSONS = 5000
SITES = "ABCDE"
FILES = ("realistic.ipynb", "realistic.py", "survey.parquet")

PARAMETERS = "study = 'demo'\nsite = 'A'\nseed = 1\noutdir = '.'\ndata = 'survey.parquet'"

CELLS = {
    "imports": (
        "%matplotlib inline\nimport os\nfrom pathlib import Path\n\nimport matplotlib.pyplot as plt\nimport numpy as np\n"
        "import pandas as pd\nimport seaborn as sns\nimport statsmodels.formula.api as smf\n\nsns.set_theme()\n"
        "outdir = os.environ.get('ALTRO_RUN', outdir)\nos.makedirs(outdir, exist_ok=True)\nrng = np.random.default_rng(seed)"
    ),
    "load": "survey = pd.read_parquet(data)\nd = survey[survey.site == site].copy()\nd.head()",
    "groups": "d.groupby(['wave', 'care']).wlb.agg(['mean', 'std', 'count'])",
    "ols": "ols = smf.ols('wlb ~ wave * care + age + female', d).fit(cov_type='HC3')\nprint(ols.summary())",
    "logit": "logit = smf.logit('use ~ wave + care + female + age', d).fit(disp=0)\nlogit.summary()",
    "bootstrap": (
        "means = [d.sample(frac=1, replace=True, random_state=int(rng.integers(1 << 31))).wlb.mean() for _ in range(50)]\n"
        "print(np.percentile(means, [2.5, 97.5]).round(4))"
    ),
    "boxes": (
        "fig, ax = plt.subplots(figsize=(6, 4))\nsns.boxplot(data=d, x='wave', y='wlb', hue='care', ax=ax)\n"
        "ax.set_title(f'Site {site}')\nfig.savefig(f'{outdir}/box.png', dpi=150)\nfig.savefig(f'{outdir}/box.svg')\nplt.show()"
    ),
    "line": (
        "fig, ax = plt.subplots(figsize=(6, 4))\nsns.regplot(data=d, x='age', y='wlb', scatter_kws=dict(s=5), ax=ax, seed=1)\n"
        "fig.savefig(f'{outdir}/reg.png', dpi=150)\nfig.savefig(f'{outdir}/reg.svg')\nplt.show()"
    ),
    "table": (
        "table = pd.DataFrame({'coef': ols.params, 'se': ols.bse, 'p': ols.pvalues}).round(4)\n"
        "table.to_csv(f'{outdir}/table.csv')\ntable"
    ),
    "close": "_ = Path(outdir, 'evidence.json').write_text('{}')",
}
SHOWN = {
    "d.head()": "d.head()._repr_html_()",
    "'count'])": "'count'])._repr_html_()",
    "logit.summary()": "logit.summary()._repr_html_()",
    "\ntable": "\ntable._repr_html_()",
}


@dataclass(frozen=True)
class Realistic:
    """Where the notebook, the same as a script (arguments: site, folder of outputs, data) and their data lie."""

    notebook: Path
    script: Path
    data: Path

    def parameters(self, number: int, out: Path) -> dict[str, Any]:
        """Of run `number`: the site, the seed, where its files go."""
        return {
            "site": SITES[number % len(SITES)],
            "seed": number,
            "outdir": str(out),
            "data": str(self.data),
        }


def make(folder: Path, seed: int = 0) -> Realistic:
    """Write notebook, script and data into `folder`; the same bytes of cells and values for the same seed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Realistic(*(folder / name for name in FILES))
    _survey(seed).to_parquet(made.data)
    made.notebook.write_text(json.dumps(_notebook(), indent=1) + "\n", encoding="utf-8")
    made.script.write_text(_script(), encoding="utf-8")
    return made


def _survey(seed: int) -> Any:
    """5000 persons in five sites and two waves: work-life balance (points), and whether they use the service."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "site": rng.choice(list(SITES), PERSONS),
            "wave": rng.integers(0, 2, PERSONS),
            "age": rng.integers(20, 65, PERSONS),
            "care": rng.integers(0, 2, PERSONS),
            "female": rng.integers(0, 2, PERSONS),
        }
    )
    balance = 3 + 0.3 * frame.wave - 0.4 * frame.care + 0.01 * frame.age
    odds = np.exp(-1 + 0.5 * frame.care + 0.3 * frame.female + 0.4 * frame.wave)
    frame["wlb"] = balance + rng.normal(0, 1, PERSONS)
    frame["use"] = (rng.random(PERSONS) < odds / (1 + odds)).astype(int)
    return frame


def _notebook() -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Work-life balance by site"}
    ]
    for key, source in {"parameters": PARAMETERS, **CELLS}.items():
        tags = {"tags": ["parameters"]} if key == "parameters" else {}
        cells.append(
            {"cell_type": "code", "id": key, "metadata": tags, "source": source, "outputs": [], "execution_count": None}
        )  # fmt: skip
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _script() -> str:
    source = "\n".join(CELLS.values()).replace(
        "%matplotlib inline", "import matplotlib; matplotlib.use('agg')"
    )
    for shown, asked in SHOWN.items():
        assert shown in source
        source = source.replace(shown + "\n", asked + "\n")
    return f"{PARAMETERS}\nimport sys\nsite, outdir, data = sys.argv[1:4]\n{source}\n"
