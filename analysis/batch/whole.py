"""Files written whole or not at all, and locks that end with their process."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

FULL = (errno.ENOSPC, errno.EDQUOT)  # of an OSError: the disk is full, or the share of this user
PATIENCE = 20.0  # seconds that a lock is waited for
PART = ".part"
OLD = ".old"  # of the name of a folder that another is about to replace


def write(path: Path, content: bytes | str, lasting: bool = False) -> bool:
    """Write `path` so that at any instant it holds either what it held or `content`; False where it holds `content` already.

    That is so whatever process is killed; if the power may fail too, `lasting` waits for the disk. What a manifest has checksums of needs
    no waiting.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    try:
        with part.open("wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    return True


def write_json(path: Path, document: Any, lasting: bool = False) -> bool:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    return write(path, text, lasting)


def replace_folder(folder: Path, part: Path) -> None:
    """Let `part` take the place of `folder`, which may be there or not; where it is cut off, one of the two is whole under `folder` or OLD."""
    old = folder.with_name(folder.name + OLD)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def held(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock `path` (a file that stays, empty); BlockingIOError where another process holds it for longer than `patience` seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        end = time.monotonic() + patience
        while True:
            try:
                _lock(file)
                break
            except OSError as error:
                if time.monotonic() >= end:
                    raise BlockingIOError(
                        errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), str(path)
                    ) from error
                time.sleep(0.05)
        yield


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
