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

# The same notebook with its figures and its table handed to the project's record, which writes them in every language it has.
RECORDED = {
    **{
        key: source
        for key, source in CELLS.items()
        if key not in ("imports", "boxes", "line", "table", "close")
    },
    "imports": (
        "import numpy as np\nimport pandas as pd\nimport statsmodels.formula.api as smf\n\nfrom analysis import places\n"
        "from analysis.evidence import record, style\nfrom analysis.study import studies\n\n"
        "site, data = 'A', places.data() / 'survey.parquet'\nrng = np.random.default_rng(1)\n"
        "ev = record.open_record(studies.open_study(study).context(), notebook='realistic')\n\n\n"
        "def measured(frame):\n    return {name: {'unit': 'points'} for name in frame.select_dtypes('number')}"
    ),
    "boxes": (
        "def boxes(data, words):\n    fig, ax = style.subplots(height=3.2)\n"
        "    stats = [{'whislo': r.p5, 'q1': r.q1, 'med': r.median, 'q3': r.q3, 'whishi': r.p95} for r in data.itertuples()]\n"
        "    ax.bxp(stats, showfliers=False)\n"
        '    ax.set_xticklabels([f\'{words("wave")} {r.wave}, {words("care")} {r.care}\' for r in data.itertuples()])\n'
        "    ax.set_ylabel(words('balance'))\n    return fig\n\n\n"
        "quantiles = d.groupby(['wave', 'care']).wlb.quantile([0.05, 0.25, 0.5, 0.75, 0.95]).unstack().reset_index()\n"
        "quantiles.columns = ['wave', 'care', 'p5', 'q1', 'median', 'q3', 'p95']\n"
        "quantiles = quantiles.astype({'wave': str, 'care': str})\n"
        "ev.figure('fig-boxes', quantiles, boxes, measured(quantiles), public='simulated')"
    ),
    "line": (
        "def line(data, words):\n    fig, ax = style.subplots(height=3.2)\n    ax.scatter(data.age, data.wlb, s=5)\n"
        "    ax.plot(data.age, data.fit)\n    ax.fill_between(data.age, data.low, data.high, alpha=0.2)\n"
        "    ax.set_xlabel(words('age'))\n    ax.set_ylabel(words('balance'))\n    return fig\n\n\n"
        "points = d.sort_values('age')[['age', 'wlb']].reset_index(drop=True)\n"
        "band = smf.ols('wlb ~ age', points).fit().get_prediction(points).summary_frame()\n"
        "points = points.assign(fit=band['mean'], low=band['mean_ci_lower'], high=band['mean_ci_upper'])\n"
        "ev.figure('fig-line', points, line, measured(points), public='simulated')"
    ),
    "table": (
        "table = pd.DataFrame({'term': ols.params.index, 'coef': ols.params.values, 'se': ols.bse.values, 'p': ols.pvalues.values})\n"
        "ev.table('tbl-ols', table, measured(table), public='simulated')"
    ),
    "close": "ev.close()",
}
WORDS = {
    "wave": ("rilevazione", "wave"), "care": ("carico di cura", "care load"), "age": ("età", "age"),
    "balance": ("equilibrio tra vita e lavoro", "work-life balance"), "p5": ("5° percentile", "5th percentile"),
    "q1": ("primo quartile", "first quartile"), "median": ("mediana", "median"), "q3": ("terzo quartile", "third quartile"),
    "p95": ("95° percentile", "95th percentile"), "wlb": ("equilibrio", "balance"), "fit": ("stima", "fit"), "low": ("minimo", "low"),
    "high": ("massimo", "high"), "term": ("termine", "term"), "coef": ("coefficiente", "coefficient"),
    "se": ("errore standard", "standard error"), "p": ("valore p", "p value"),
}  # fmt: skip


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
    made.notebook.write_text(json.dumps(_notebook(PARAMETERS, CELLS), indent=1) + "\n", encoding="utf-8")
    made.script.write_text(_script(), encoding="utf-8")
    return made


def record(root: Path, seed: int = 0) -> Path:
    """Write the notebook whose figures go through the record, its front matter and its data into the project at `root`; returns the data."""
    cells = {key: RECORDED[key] for key in CELLS}
    document = json.dumps(_notebook("study = 'demo'", cells), indent=1) + "\n"
    (root / "notebooks" / "realistic.ipynb").write_text(document, encoding="utf-8")
    words = "".join(f'{key} = {{ it = "{it}", en = "{en}" }}\n' for key, (it, en) in WORDS.items())
    front = f'title = {{ it = "Equilibrio", en = "Balance" }}\n\n[words]\n{words}'
    (root / "notebooks" / "realistic.toml").write_text(front, encoding="utf-8")
    data = root / "data" / "survey.parquet"
    _survey(seed).to_parquet(data)
    return data


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


def _notebook(parameters: str, code: dict[str, str]) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Work-life balance by site"}
    ]
    for key, source in {"parameters": parameters, **code}.items():
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
