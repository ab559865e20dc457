"""What tests share: where the data lie that are not in the project."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test inputs beside the project (`ALTRO_DATA_HOME` names its survey/ part); the test is skipped where it is absent."""
    home = os.environ.get("ALTRO_DATA_HOME")
    folder = (PROJECT / home).resolve().parent if home else PROJECT.parent / "shared" / "data"
    if not (folder / "oracles").is_dir():
        pytest.skip(
            "the test inputs of other projects (not committed: their licences differ) are not on this machine"
        )
    return folder


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in English, whatever the machine's locale."""
    monkeypatch.setenv("ALTRO_LANG", "en")
