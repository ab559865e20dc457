"""From a plan to papers: execute what changed, keep what is equal, render what prose changed; one failure never stops the others."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from analysis import places
from analysis.batch import (
    cited,
    execute,
    forkserver,
    leftovers,
    promote,
    rendering,
    schedule,
    stopping,
    whole,
)
from analysis.batch.editions import Edition, Inputs, Renderer
from analysis.batch.summary import Report, Summary, in_words
from analysis.errors import AltroError, Fault, RunError, say


@dataclass(frozen=True)
class Limits:
    """What a run may take: seconds for a cell and for a notebook, and how many run at once (none: as many as cores and memory bear)."""

    cell_timeout: float = execute.CELL_TIMEOUT
    notebook_timeout: float = execute.NOTEBOOK_TIMEOUT
    workers: int | None = None


def bring_up_to_date(
    editions: Sequence[Edition],
    render: Renderer,
    inputs: Inputs,
    formats: Sequence[str],
    *,
    gather: cited.Gatherer,
    force: bool,
    report: Report,
    advance: Report,
    machine: schedule.Machine | None = None,
    limits: Limits = Limits(),
    afterwards: Callable[[Summary], None] = lambda summary: None,
) -> Summary:
    """Execute the editions whose run key changed (all of them if `force`), gather those that cite others, then render those whose render
    key changed. The caller holds `alone`.

    `report` takes a line for a person, `advance` the name of each finished step. Notebooks are executed on `machine`, by default this one.
    `afterwards` is called with what was done, stopped or not, as the last act that the next batch repeats if this one is cut off.
    """
    summary = Summary()
    with leftovers.swept(report) as summary.swept, stopping.stoppable():
        try:
            for edition in editions:
                _resume(edition, report)
            due = {
                edition.name: edition.run_reasons() or ([say("richiesto", "asked for")] if force else [])
                for edition in editions
                if not edition.notebook.cites
            }
            running = [edition for edition in editions if due.get(edition.name)]
            alive = _execute(running, due, summary, force, report, advance, machine, limits)
            standing = [e for e in editions if not due.get(e.name, True) or e.name in alive]
            failed = {edition.name for edition in running} - alive
            citing = [edition for edition in editions if edition.notebook.cites]
            standing += _gather(citing, failed, gather, summary, report, advance)
            rendering.bring_up_to_date(
                standing, render, inputs, formats, summary, report, advance, limits.workers
            )
        except stopping.Stopped as stop:
            summary.interrupted = stop.number
        afterwards(summary)
    return summary


def _resume(edition: Edition, report: Report) -> None:
    with stopping.undivided():
        try:
            if promote.resume(edition):
                report(
                    say(
                        f"{edition.name}: portata a termine l'edizione che era rimasta a metà",
                        f"{edition.name}: carried through the edition that had been left halfway",
                    )
                )
        except OSError as error:  # told again, as a failure, where its run is due
            report(f"{edition.name} · {in_words(error)}")


def _execute(
    running: Sequence[Edition],
    due: dict[str, list[str]],
    summary: Summary,
    force: bool,
    report: Report,
    advance: Report,
    machine: schedule.Machine | None,
    limits: Limits,
) -> set[str]:
    """Names of the editions whose run succeeded."""
    alive: set[str] = set()
    if not running:
        return alive
    for edition in running:
        reasons = due[edition.name]
        more = (
            say(f" e altre {len(reasons) - 3}", f" and {len(reasons) - 3} more") if len(reasons) > 3 else ""
        )
        report(
            say(
                f"{edition.name}: da eseguire ({', '.join(reasons[:3])}{more})",
                f"{edition.name}: to run ({', '.join(reasons[:3])}{more})",
            )
        )
    by_name = {edition.name: edition for edition in running}
    seconds, peak = schedule.recorded(places.build() / "runs.jsonl")
    told: set[str] = set()
    waiting: dict[Future[execute.Outcome], execute.Job] = {}

    def settle(future: Future[execute.Outcome]) -> None:
        task = waiting.pop(future)
        outcome = _outcome(future, task)
        _log(outcome)
        if outcome.why and outcome.why not in told:
            told.add(outcome.why)
            report(outcome.why)
        report(outcome.line())
        advance(task.name)
        if not outcome.ok:
            summary.failures.append(outcome.summary())
        elif _brought_in(by_name[task.name], force, summary, report):
            alive.add(task.name)

    with contextlib.ExitStack() as stack:
        if machine is None:
            if why := stack.enter_context(forkserver.serving()):
                told.add(why)
                report(why)
            machine = schedule.Local(schedule.workers(len(running), peak, limits.workers))
        memory = schedule.available_memory() if isinstance(machine, schedule.Local) else None
        try:
            for name in schedule.longest_first(by_name, seconds):
                task = execute.job(
                    by_name[name],
                    cell_timeout=limits.cell_timeout,
                    notebook_timeout=limits.notebook_timeout,
                    memory=memory,
                )
                waiting[machine.submit(task)] = task
            for future in as_completed(list(waiting)):
                with stopping.undivided():
                    settle(future)
            machine.close(now=False)
        except BaseException:
            machine.close(now=True)
            for future in list(waiting):
                if future.cancelled() or not future.done():
                    summary.waiting.append(waiting.pop(future).name)
                else:
                    settle(future)
            leftovers.end_orphans()
            raise
    return alive


def _brought_in(edition: Edition, force: bool, summary: Summary, report: Report) -> bool:
    """Whether the finished run of an edition could be brought in; told either way."""
    try:
        changed, found = promote.bring_in(edition, force)
    except OSError as error:  # a folder that may not be written: this edition's failure, the others go on
        summary.failures.append(f"{edition.name} · {in_words(error)}")
        report(summary.failures[-1])
        return False
    summary.executed.append(edition.name)
    if changed:
        report("  " + ("; ".join(found[:3]) or say("figure ridisegnate", "figures redrawn")))
    else:
        summary.equal.append(edition.name)
        report(
            "  "
            + say(
                "uguale entro la tolleranza: file lasciati intatti",
                "equal within tolerance: files left untouched",
            )
        )
    return True


def _gather(
    citing: Sequence[Edition],
    failed: set[str],
    gather: cited.Gatherer,
    summary: Summary,
    report: Report,
    advance: Report,
) -> list[Edition]:
    """The editions whose record was gathered, or stands."""
    standing = []
    for edition in citing:
        advance(edition.name)
        try:
            with stopping.undivided():
                changed = cited.gather(edition, failed, gather)
        except AltroError as error:
            summary.failures += [f"{edition.name} · {fault}" for fault in error.faults]
            report(f"{edition.name}: {say('non composto', 'not made')}")
            continue
        except OSError as error:
            summary.failures.append(f"{edition.name} · {in_words(error)}")
            report(summary.failures[-1])
            continue
        if changed:
            names = ", ".join(one.notebook.name for one in edition.cited)
            report(say(f"{edition.name}: raccolto da {names}", f"{edition.name}: gathered from {names}"))
        standing.append(edition)
    return standing


def _outcome(future: Future[execute.Outcome], task: execute.Job) -> execute.Outcome:
    """How a job ended; where its worker is gone, what the worker had written of the notebook is kept."""
    try:
        return future.result()
    except (BrokenProcessPool, CancelledError, KeyboardInterrupt):
        leftovers.end_orphans()
        what = say(
            "il processo che lo eseguiva è stato chiuso dall'esterno, anche al secondo tentativo",
            "the process that ran it was ended from outside, at the second try too",
        )
        return execute.salvaged(task, what, "worker")
    except Exception as error:  # of the machine itself: this edition's failure, the others go on
        return execute.salvaged(task, f"{type(error).__name__}: {error}", "worker")


@contextmanager
def alone() -> Iterator[None]:
    """Only one batch at a time in a project: two would write the same files. The lock ends with the process, however that ends."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(whole.held(places.build() / "altro.lock", patience=0))
        except BlockingIOError as error:
            raise RunError(
                Fault(
                    say(
                        "un altro «altro papers» è al lavoro in questo progetto",
                        "another 'altro papers' is at work in this project",
                    ),
                    "build/",
                    next_step=say("Aspettare che finisca.", "Wait until it ends."),
                )
            ) from error
        yield


def _log(outcome: execute.Outcome) -> None:
    line = {
        "edition": outcome.name,
        "seconds": round(outcome.seconds, 3),
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "ok": outcome.ok,
        "fault": outcome.fault,
        "kernel": outcome.kernel,
        "why": outcome.why,
        "exit": outcome.exit,
        "peak": outcome.peak,
    }
    path = places.build() / "runs.jsonl"
    with contextlib.suppress(OSError):  # a full disk: the duration is not recorded
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")
