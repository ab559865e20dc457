"""From a plan to papers: execute what changed, keep what is equal, render what prose changed; one failure never stops the others."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from analysis import places
from analysis.batch import cited, execute
from analysis.batch.editions import Edition, Inputs, Renderer, write_manifest
from analysis.errors import AltroError, Fault, RunError, say

Report = Callable[[str], None]


@dataclass
class Summary:
    """What a batch did: editions executed, found equal, rendered, left alone, and the lines that tell of failures."""

    executed: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    rendered: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    products: list[Path] = field(default_factory=list)

    def line(self) -> str:
        counts = (
            len(self.executed),
            len(self.equal),
            len(self.rendered),
            len(self.current),
            len(self.failures),
        )
        italian = "eseguiti: {} (uguali entro la tolleranza, file intatti: {}); impaginati: {}; già aggiornati: {}; non riusciti: {}"
        english = "{} run ({} equal within tolerance, files untouched), {} rendered, {} up to date, {} failed"
        return say(italian, english).format(*counts)


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
) -> Summary:
    """Execute the editions whose run key changed (all of them if `force`), gather those that cite others, then render those whose render
    key changed.

    `report` takes a line for a person, `advance` the name of each finished step.
    """
    summary = Summary()
    due = {
        edition.name: edition.run_reasons() or ([say("richiesto", "asked for")] if force else [])
        for edition in editions
        if not edition.notebook.cites
    }
    running = [edition for edition in editions if due.get(edition.name)]
    alive = _execute(running, due, summary, force, report, advance)
    standing = [edition for edition in editions if not due.get(edition.name, True) or edition.name in alive]
    failed = {edition.name for edition in running} - alive
    standing += _gather([e for e in editions if e.notebook.cites], failed, gather, summary, report, advance)
    _render(standing, render, inputs, formats, summary, report, advance)
    return summary


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max(1, min(jobs, os.cpu_count() or 1)), mp_context=get_context("spawn"))


def _execute(
    running: Sequence[Edition],
    due: dict[str, list[str]],
    summary: Summary,
    force: bool,
    report: Report,
    advance: Report,
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
    with _pool(len(running)) as pool:
        futures: dict[Future[Any], str] = {
            pool.submit(execute.run, execute.job(edition)): edition.name for edition in running
        }
        for future in as_completed(futures):
            name = futures[future]
            outcome = _outcome(future, name)
            _log(outcome)
            report(outcome.line())
            advance(name)
            if not outcome.ok:
                summary.failures.append(outcome.line())
                continue
            edition = by_name[name]
            try:
                changed, found = execute.promote(edition, force)
                entry = edition.entry()
                made_by = (not changed and entry.get("environment")) or execute.environment()
                render_key = {} if changed else entry.get("render", {})
                files, forms = [*_record(edition), *edition.papers()], edition.formats()
                write_manifest(edition, edition.run_parts, render_key, files, made_by, forms)
            except (
                OSError
            ) as error:  # a folder that may not be written: this edition's failure, the others go on
                summary.failures.append(f"{name} · {in_words(error)}")
                report(summary.failures[-1])
                continue
            summary.executed.append(name)
            alive.add(name)
            if changed:
                report(
                    f"  {'; '.join(found[:3])}"
                    if found
                    else "  " + say("figure ridisegnate", "figures redrawn")
                )
            else:
                summary.equal.append(name)
                report(
                    "  "
                    + say(
                        "uguale entro la tolleranza: file lasciati intatti",
                        "equal within tolerance: files left untouched",
                    )
                )
    return alive


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


def _outcome(future: Future[Any], name: str) -> execute.Outcome:
    try:
        return future.result()
    except Exception as error:  # a worker that died: reported as this edition's failure, the others go on
        return execute.Outcome(name, 0.0, f"{type(error).__name__}: {error}")


def in_words(error: OSError) -> str:
    """What the system refused, with the file as seen from the project."""
    what = error.strerror or str(error) or type(error).__name__
    if not error.filename:
        return what
    path = Path(str(error.filename))
    return f"{path.relative_to(places.root()).as_posix() if path.is_relative_to(places.root()) else path.name}: {what}"


@contextmanager
def alone() -> Iterator[None]:
    """Only one batch at a time in a project: two would write the same files. The lock ends with the process, however that ends."""
    path = places.build() / "altro.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            if os.name == "nt":
                import msvcrt

                getattr(msvcrt, "locking")(file.fileno(), getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
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
    path = places.build() / "runs.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {
        "edition": outcome.name,
        "seconds": round(outcome.seconds, 3),
        "ok": outcome.ok,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")


def _render(
    editions: Sequence[Edition],
    render: Renderer,
    inputs: Inputs,
    formats: Sequence[str],
    summary: Summary,
    report: Report,
    advance: Report,
) -> None:
    tasks: dict[str, list[str]] = {}
    for edition in editions:
        reasons, again = edition.render_reasons(inputs, formats)
        if again:
            tasks[edition.name] = again
            report(
                say(
                    f"{edition.name}: da impaginare ({', '.join(reasons[:3]) or '—'})",
                    f"{edition.name}: to render ({', '.join(reasons[:3]) or '—'})",
                )
            )
        else:
            summary.current.append(edition.name)
    if not tasks:
        return
    with _pool(len(tasks)) as pool:
        futures = {
            pool.submit(
                render,
                execute.source(e),
                e.notebook.path,
                e.texts,
                e.record,
                formats=tuple(tasks[e.name]),
                figures=e.figures,
            ): e
            for e in editions
            if e.name in tasks
        }
        for future in as_completed(futures):
            edition = futures[future]
            advance(edition.name)
            try:
                made = future.result()
            except AltroError as error:
                summary.failures += [f"{edition.name} · {fault}" for fault in error.faults]
                report(f"{edition.name}: {error}")
                continue
            except OSError as error:
                summary.failures.append(f"{edition.name} · {in_words(error)}")
                report(summary.failures[-1])
                continue
            except Exception as error:  # reported as this paper's failure, the others go on
                summary.failures.append(f"{edition.name} · {type(error).__name__}: {error}")
                report(summary.failures[-1])
                continue
            summary.rendered.append(edition.name)
            summary.products += made
            _told(edition, tasks[edition.name], made, inputs)


def _told(edition: Edition, formats: Sequence[str], made: Sequence[Path], inputs: Inputs) -> None:
    """Enter what was rendered into the manifest; papers of the edition that are no longer made are deleted."""
    entry = edition.entry()
    before, render = edition.papers(), edition.render_parts(inputs)
    complete = entry.get("render") != render or set(formats) >= set(edition.formats())
    if complete:
        for path in set(before) - set(made):
            path.unlink(missing_ok=True)
    papers = made if complete else sorted({*before, *made})
    every = formats if complete else [*edition.formats(), *formats]
    run = entry.get("run", edition.run_parts)
    write_manifest(
        edition, run, render, [*_record(edition), *papers], entry["environment"], dict.fromkeys(every)
    )


def _record(edition: Edition) -> list[Path]:
    """The files of an edition that its run made: the record and the figures."""
    return [edition.record / "evidence.json", *edition.figures.glob("*")]
