"""A small project whose one notebook counts the answers to a question of the simulated study, for tests of what runs elsewhere."""

import shutil
from pathlib import Path

from analysis.batch import scaffold
from analysis.batch.execute import Job

ROOT = Path(__file__).resolve().parents[2]
READ = ("actors.csv", "scenarios.toml", "survey/codebook.toml", "survey/wave1.csv", "survey/wave2.csv")


def project(folder):
    """The project with the simulated study and the notebook `small`."""
    (folder / "notebooks").mkdir(parents=True)
    shutil.copytree(ROOT / "data" / "demo", folder / "data" / "demo")
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    scaffold.new_notebook(folder / "notebooks", "small")
    return folder.resolve()


def job(root, variable="care_load", wave=1, study="demo", **options):
    slug = f"variable={variable},wave={wave}"
    folder = root / "data" / study
    return Job(**{
        "name": f"{study}/small/{slug}", "study": study, "notebook": "small", "parameters": {"variable": variable, "wave": wave},
        "source": root / "notebooks" / "small.ipynb", "run_folder": root / "build" / "runs" / study / "small" / slug,
        "failed": root / "build" / "failed" / study / "small" / f"{slug}.ipynb", "declared": ("survey",), "root": root,
        "study_argument": study, "reads": tuple(str(folder / name) for name in READ), **options,
    })  # fmt: skip


def contents(folder):
    """Name → bytes of the files below `folder`."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }
