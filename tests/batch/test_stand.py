"""Whether another machine would compute the same: Python, the package, the versions that the lock names."""

from importlib import metadata
from pathlib import Path

import pytest

from analysis.batch import stand

ROOT = Path(__file__).resolve().parents[2]
NUMPY = metadata.version("numpy")
pytestmark = pytest.mark.usefixtures("english")


def taken(text, needed=()):
    return stand.take(stand.Lock(text, frozenset(needed)))


def test_the_lock_of_the_project_is_what_is_installed_here():
    lock = stand.lock(ROOT)
    assert "--hash" not in lock.text and f"numpy=={NUMPY}" in lock.text
    assert {"numpy", "papermill", "python-dateutil"} <= lock.needed
    assert not {"pytest", "ruff"} & lock.needed
    assert stand.take(lock).differing == {}


def test_another_version_than_the_lock_names_differs():
    found = taken("numpy==1.0.0\nPyYAML==0.1\npandas==0.1 ; python_version < '3'\n")
    assert found.differing["numpy"] == ("1.0.0", NUMPY)
    assert "pandas" not in found.differing
    assert f"numpy {NUMPY} (lock: 1.0.0)" in stand.differences(taken(f"numpy=={NUMPY}\n"), found)


def test_a_missing_package_counts_only_if_runs_need_it():
    assert taken("no-such-package==1.0\n").differing == {}
    found = taken("no-such-package==1.0\n", {"no-such-package"})
    assert stand.differences(taken(""), found) == ["no-such-package missing (lock: 1.0)"]


def test_a_local_version_is_the_same_version():
    assert taken(f"numpy=={NUMPY}+local\n").differing == {}


def test_code_that_differs_or_is_missing_is_named():
    mine = taken("")
    assert "analysis/batch/stand.py" in mine.code
    assert not [name for name in mine.code if "__pycache__" in name]
    changed = dict(mine.code) | {"analysis/batch/stand.py": "0"}
    del changed["analysis/places.py"]
    found = stand.Stand("3.9", changed, {})
    assert stand.differences(mine, found) == [
        f"Python 3.9 ≠ {mine.python}", "analysis/batch/stand.py (differs)", "analysis/places.py (missing)",
    ]  # fmt: skip
    assert found.digest != mine.digest == taken("").digest
    assert stand.differences(mine, mine) == []
