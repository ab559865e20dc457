"""A small project whose one notebook counts the answers to a question of the simulated study, for tests of what runs elsewhere."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from analysis.batch import editions, execute, scaffold
from analysis.study import studies

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
    """The job that the command makes of an edition of `small`, with other fields as `options` say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALTRO_ROOT", str(root))
        given = {"variable": variable, "wave": wave}
        [edition], _ = editions.plan([studies.open_study(study)], editions.notebooks(["small"]), given)
        return dataclasses.replace(execute.job(edition), **options)


def moved(task, root):
    """The job as that of a project at `root`."""
    places = {
        name: root / getattr(task, name).relative_to(task.root) for name in ("source", "run_folder", "failed")
    }
    reads = tuple(name.replace(str(task.root), str(root)) for name in task.reads)
    return dataclasses.replace(task, root=root, reads=reads, **places)


def contents(folder):
    """Name → bytes of the files below `folder`."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }
