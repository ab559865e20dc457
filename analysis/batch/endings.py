"""How a run ended: which fault it was, told apart from the others, and the line that tells it.

What belongs here: from an error, the kernel's end and the system's counters to one kind of fault. What does not: running (execute.py).
"""

from __future__ import annotations

import errno
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.batch.whole import FULL
from analysis.errors import AltroError, say

if TYPE_CHECKING:
    from analysis.batch.execute import Job

NEAR = 0.9  # of the limit: a kernel that a signal ended with this peak had run out of memory
LONGEST, WIDEST = 12, 300  # lines of an error, characters of a line
COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control"))  # fmt: skip


def killed_for_memory(counters: tuple[Path, ...] = COUNTERS) -> int:
    """How many processes the system has ended for want of memory, over all the counters that it keeps; 0 where it keeps none."""
    total = 0
    for path in counters:
        try:
            words = [line.split() for line in path.read_text().splitlines()]
        except OSError:
            continue  # this system keeps no such counter
        total += sum(int(pair[1]) for pair in words if len(pair) == 2 and pair[0] == "oom_kill")
    return total


def told(task: Job, error: BaseException, report: Mapping[str, Any], starved: bool) -> tuple[str, str]:
    """The kind of fault and its message. `report` is what the engine says of the kernel, `starved` whether the system ended a process for
    want of memory meanwhile."""
    ended, name = report.get("ended", ""), type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", say("interrotto", "interrupted")
    if ended == "notebook-timeout":
        return ended, _late("il notebook ha", "the notebook has", task.notebook_timeout, "--notebook-timeout")
    if ended == "cell-timeout" or name == "CellTimeoutError":
        return "cell-timeout", _late("la cella ha", "the cell has", task.cell_timeout, "--cell-timeout")
    if ended == "died" or name == "DeadKernelError":
        return _dead(report.get("exit"), int(report.get("peak") or 0), task.memory, starved)
    if isinstance(error, OSError):
        return _refused(error.errno, f"{name}: {error}")
    if hasattr(error, "ename"):
        return _raised(str(error.ename), str(getattr(error, "evalue", "")))
    if isinstance(error, MemoryError):
        return "memory", _starving(name)
    return "error", str(error) if isinstance(error, AltroError) else f"{name}: {error}"


def _late(italian: str, english: str, seconds: float, option: str) -> str:
    return say(
        f"{italian} superato il tempo concesso, {seconds:g} s (di più: {option} {2 * seconds:g})",
        f"{english} exceeded the time allowed, {seconds:g} s (for more: {option} {2 * seconds:g})",
    )


def _raised(name: str, value: str) -> tuple[str, str]:
    """Of an error that a cell raised, by its name and text."""
    whole = f"{name}: {value}" if value else name
    if name.endswith("MemoryError"):
        return "memory", _starving(whole)
    if name == "UndeclaredRead":
        return "undeclared", value
    number = next((code for code in (*FULL, errno.EFBIG) if value.startswith(f"[Errno {code}]")), None)
    return _refused(number, whole)


def _refused(number: int | None, whole: str) -> tuple[str, str]:
    if number in FULL:
        return "disk", say(f"disco pieno ({whole})", f"the disk is full ({whole})")
    return "error", whole


def _starving(whole: str) -> str:
    return say(f"memoria finita ({whole})", f"out of memory ({whole})")


def _dead(code: int | None, peak: int, limit: int | None, starved: bool) -> tuple[str, str]:
    """Of a kernel that is gone, by its exit code (minus the signal)."""
    if code is None:
        return "died", say(
            "il kernel si è chiuso senza dire perché: non è potuto partire, una cella lo ha terminato, o la memoria è finita",
            "the kernel ended and did not say why: it could not start, a cell ended it, or memory ran out",
        )
    if code >= 0:
        return "died", say(
            f"la cella ha chiuso il processo del kernel (os._exit o simili, codice {code})",
            f"the cell ended the kernel's process (os._exit or the like, code {code})",
        )
    which = _signal(-code)
    if (starved and -code == 9) or (limit and peak >= NEAR * limit):
        return "memory", _starving(f"{which}, {say('al massimo', 'at most')} {peak / 2**20:.0f} MiB")
    if -code in (signal.SIGSEGV, getattr(signal, "SIGBUS", signal.SIGSEGV)):
        return "signal", say(
            f"errore di accesso alla memoria in una libreria compilata ({which})",
            f"invalid access to memory in a compiled library ({which})",
        )
    return "signal", say(f"kernel terminato dal segnale {which}", f"kernel ended by signal {which}")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def shortened(error: str) -> str:
    """The first lines of an error, none too long to read; the whole stands in the partial notebook."""
    lines = [line.rstrip() for line in error.strip().splitlines() if line.strip()]
    kept = [line if len(line) <= WIDEST else line[: WIDEST - 1] + "…" for line in lines[:LONGEST]]
    if len(lines) > LONGEST:
        more = len(lines) - LONGEST
        kept.append(say(f"… e altre {more} righe", f"… and {more} more lines"))
    return "\n    ".join(kept)


def failing_cell(cells: list[dict[str, Any]]) -> str:
    """Id of the cell that raised an error, else of the last one that began where some never did; empty where none is at fault."""
    failing = [c for c in cells if any(o.get("output_type") == "error" for o in c.get("outputs", []))]
    code = [c for c in cells if c["cell_type"] == "code"]
    begun = [c for c in code if c.get("metadata", {}).get("papermill", {}).get("start_time")]
    cut = [c for c in begun if c["metadata"]["papermill"].get("status") in ("running", "failed")]
    if not failing and (cut or len(begun) < len(code)):
        failing = cut or begun
    return str(failing[-1].get("id", "")) if failing else ""
