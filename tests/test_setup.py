"""pyproject.toml, requirements.lock and environment.yml name the same things; nothing in them points to one machine or index."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted():
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [requirement for requirements in lists for requirement in requirements]


@pytest.mark.parametrize("requirement", wanted())
def test_every_requirement_is_locked_at_a_version_it_allows(requirement):
    from packaging.requirements import Requirement

    parsed = Requirement(requirement)
    locked = {canonical(name): version for name, version in PINNED.items()}
    assert canonical(parsed.name) in locked
    assert parsed.specifier.contains(locked[canonical(parsed.name)], prereleases=True)


def test_the_lock_has_a_hash_for_every_package_and_no_address():
    blocks = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in LOCK
    assert "--index-url" not in LOCK.replace("--no-emit-index-url", "")


def test_conda_installs_the_same_lock():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "-r requirements.lock" in text
    assert "--require-hashes" in text
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert f"python={lowest}" in text


def test_the_card_of_packages_is_in_the_requirements():
    card = {
        "jupyterlab",
        "pandas",
        "matplotlib",
        "seaborn",
        "statsmodels",
        "nbconvert",
        "papermill",
        "pytest",
        "nbval",
    }
    assert card <= {canonical(re.split(r"[<>=\[]", requirement)[0]) for requirement in wanted()}


def test_ci_and_makefile_call_the_same_targets():
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("papers", "test", "test-slow", "verify", "lint", "lab", "lock", "bench"):
        assert re.search(rf"^{target}:", targets, re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [line for line in ci.splitlines() if line.startswith("make")] == [
        "make lint",
        "make test",
        "make test-slow",
        "make verify",
    ]
