import pytest

from analysis.simulate import draw


@pytest.fixture(scope="session")
def drawn():
    """The study of the default seed."""
    return draw.draw()
