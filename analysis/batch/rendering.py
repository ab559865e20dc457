"""Papers from records: render what changed, in worker processes, and enter what was made into the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from analysis.batch import execute, promote, schedule, stopping
from analysis.batch.editions import Edition, Inputs, Renderer, write_manifest
from analysis.batch.summary import Report, Summary, in_words
from analysis.errors import AltroError, say


def bring_up_to_date(
    editions: Sequence[Edition],
    render: Renderer,
    inputs: Inputs,
    formats: Sequence[str],
    summary: Summary,
    report: Report,
    advance: Report,
    workers: int | None,
) -> None:
    """Render the editions whose render key changed, in the formats asked for and those made before."""
    tasks: dict[str, list[str]] = {}
    parts: dict[str, dict[str, str]] = {}  # as they are before anything is rendered from them
    for edition in editions:
        reasons, again = edition.render_reasons(inputs, formats)
        if again:
            tasks[edition.name] = again
            parts[edition.name] = edition.render_parts(inputs)
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
    lanes = schedule.Lanes(schedule.workers(len(tasks), 0, workers))
    by_name = {edition.name: edition for edition in editions if edition.name in tasks}
    try:
        futures = {
            lanes.put(render, execute.source(e), e.notebook.path, e.texts, e.record, formats=tuple(tasks[name]), figures=e.figures): e
            for name, e in by_name.items()
        }  # fmt: skip
        for future in as_completed(futures):
            with stopping.undivided():
                edition = by_name.pop(futures[future].name)
                advance(edition.name)
                if made := _rendered(future, edition.name, summary, report):
                    summary.rendered.append(edition.name)
                    summary.products += made
                    _told(edition, tasks[edition.name], made, parts[edition.name])
        lanes.close()
    except BaseException:
        lanes.close(now=True)
        summary.waiting += by_name
        raise


def _rendered(future: Future[list[Path]], name: str, summary: Summary, report: Report) -> list[Path]:
    """The papers made; none where it failed, which is told: the others go on."""
    try:
        return future.result()
    except AltroError as error:
        summary.failures += [f"{name} · {fault}" for fault in error.faults]
        report(f"{name}: {error}")
    except BrokenProcessPool:
        what = say("il processo che lo impaginava è stato chiuso dall'esterno", "the process that rendered it was ended from outside")  # fmt: skip
        summary.failures.append(f"{name} · {what}")
        report(summary.failures[-1])
    except OSError as error:
        summary.failures.append(f"{name} · {in_words(error)}")
        report(summary.failures[-1])
    except Exception as error:
        summary.failures.append(f"{name} · {type(error).__name__}: {error}")
        report(summary.failures[-1])
    return []


def _told(edition: Edition, formats: Sequence[str], made: Sequence[Path], render: Mapping[str, str]) -> None:
    """Enter what was rendered, from the parts `render`, into the manifest; papers of the edition that are no longer made are deleted."""
    entry = edition.entry()
    before = edition.papers()
    complete = entry.get("render") != render or set(formats) >= set(edition.formats())
    if complete:
        for path in set(before) - set(made):
            path.unlink(missing_ok=True)
    papers = made if complete else sorted({*before, *made})
    every = formats if complete else [*edition.formats(), *formats]
    run = entry.get("run", edition.run_parts)
    write_manifest(
        edition, run, render, [*promote.record(edition), *papers], entry["environment"], dict.fromkeys(every)
    )
