from __future__ import annotations

from pathlib import Path

import pytest

from tests.publish.fixture import Paper


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in English, whatever the machine's locale."""
    monkeypatch.setenv("ALTRO_LANG", "en")


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(tmp_path)
