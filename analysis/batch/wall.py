"""Landlock, the kernel of Linux's own guard: files that this process, and whatever it starts, may read from now on.

It reaches readers that are no Python. The rules name folders and files that are there when the wall is built; what is made later can be read
where a folder above it is named.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.batch.reads import Guard

CREATE, ADD, RESTRICT = 444, 445, 446  # system calls, the same on every architecture named below
MACHINES = {"x86_64", "aarch64", "riscv64", "ppc64le", "s390x"}
READ_FILE = 1 << 2
REFER = 1 << 13  # moving a file to another folder: what is not named is refused, so it is named, everywhere
ENOUGH = 2  # the first version that knows REFER
PATH_BENEATH = 1
NO_NEW_PRIVILEGES = 38  # prctl


class _Ruleset(ctypes.Structure):
    _fields_ = [("handled", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def offered() -> bool:
    """Whether this system has Landlock switched on."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return False
    version = ctypes.CDLL(None, use_errno=True).syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    return int(version) >= ENOUGH


def build(guard: Guard) -> bool:
    """Refuse to this thread, and to the threads and processes that it starts, every file that `guard` does not let them read; False where the
    system has no Landlock."""
    if not offered():
        return False
    library = ctypes.CDLL(None, use_errno=True)
    rules = _Ruleset(READ_FILE | REFER)
    ruleset = _done(
        library.syscall(
            CREATE, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), ctypes.c_uint32(0)
        )
    )
    try:
        _allow(library, ruleset, os.sep, REFER)
        for path in paths(guard):
            _allow(library, ruleset, path, READ_FILE)
        _done(library.prctl(NO_NEW_PRIVILEGES, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0))))
        _done(library.syscall(RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)))
    finally:
        os.close(ruleset)
    return True


def paths(guard: Guard) -> Iterator[str]:
    """Files and folders that may be read: of a folder that holds the project or private data, what lies beside them."""
    yield from guard.declared
    yield from (cache_from_source(path) for path in guard.declared if path.endswith(".py"))
    yield from guard.run
    closed = [folder.rstrip(os.sep) for folder in (*guard.closed, guard.package)]
    if not guard.strict:
        yield guard.package
    for folder in dict.fromkeys((*guard.libraries, *guard.system, *guard.temporary)):
        yield from _beside(folder.rstrip(os.sep) or os.sep, closed)


def _beside(folder: str, closed: list[str]) -> Iterator[str]:
    """`folder`, or what it holds besides the closed folders below it; one that lies in a closed folder is named itself."""
    if not any(shut == folder or shut.startswith(folder.rstrip(os.sep) + os.sep) for shut in closed):
        yield folder
    elif folder not in closed and os.path.isdir(folder):  # noqa: PTH112
        for entry in os.scandir(folder):
            yield from _beside(entry.path, closed) if entry.is_dir(follow_symlinks=False) else (entry.path,)


def _allow(library: ctypes.CDLL, ruleset: int, path: str, right: int) -> None:
    try:
        descriptor = os.open(path, getattr(os, "O_PATH", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return  # not there: nothing to allow
    try:
        rule = _Beneath(right, descriptor)
        _done(
            library.syscall(
                ADD, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0)
            )
        )
    finally:
        os.close(descriptor)


def _done(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "landlock")
    return result
