"""Ctrl-C and requests to end: a batch stops where its state is in order, never in the middle of a change."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

SIGNALS = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)


class Stopped(KeyboardInterrupt):
    """A signal asked the batch to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _State:
    deep = 0
    waiting: int | None = None


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Inside, the first signal raises Stopped and later ones are passed over, so that what is being put in order is not cut off again.

    A signal that is ignored (nohup) stays so. Outside the main thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _State.waiting, _State.deep = None, 0
    taken = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]

    def stop(number: int, _: object) -> None:
        if _State.waiting is None:
            _State.waiting = number
            if not _State.deep:
                raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def undivided() -> Iterator[None]:
    """Inside, a signal waits; it raises Stopped at the end."""
    told = _State.waiting
    _State.deep += 1
    try:
        yield
    finally:
        _State.deep -= 1
    if not _State.deep and told is None and _State.waiting is not None:
        raise Stopped(_State.waiting)
