"""A fork server for the tests of a session, and what the processes of a machine are at."""

import os

import pytest

from analysis.batch import forkserver
from tests.batch.warm import plain_kernels


@pytest.fixture(scope="session")
def server_address():
    """The socket of one server, warm or warming; not in the environment of the tests that do not ask for it."""
    with forkserver.serving() as why:
        if why:
            pytest.skip(why)
        yield os.environ.pop(forkserver.SOCKET)


@pytest.fixture
def warm(server_address, monkeypatch):
    """Kernels of this test come from the session's server; the address of its socket."""
    monkeypatch.setenv(forkserver.SOCKET, server_address)
    return server_address


@pytest.fixture
def plain(monkeypatch):
    """Kernels of this test are plain ones."""
    plain_kernels(monkeypatch)
