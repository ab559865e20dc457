"""The command `altro`: reads the command line, calls the rooms, prints what they say. Italian or English by locale (`ALTRO_LANG`)."""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis import arguments, places, progress
from analysis.errors import AltroError, Fault, ParameterError, language, say

OK, FAILED, WRONG = 0, 1, 2


def main(typed: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 if all is well, 1 if something failed or has faults, 2 if the call itself is wrong."""
    os.environ.setdefault("ALTRO_LANG", language())
    if os.environ.get("ALTRO_DATA_HOME"):
        os.environ["ALTRO_DATA_HOME"] = str(Path(os.environ["ALTRO_DATA_HOME"]).resolve())
    chosen = parser().parse_args(typed)
    try:
        return chosen.run(chosen)
    except AltroError as error:
        _fault_lines(error.faults)
        return WRONG
    except OSError as error:
        from analysis.batch import pipeline

        print(f"✗ {pipeline.in_words(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(say("Interrotto.", "Interrupted."), file=sys.stderr)
        return FAILED


def parser() -> argparse.ArgumentParser:
    return arguments.parser(
        {
            "papers": papers,
            "check": check,
            "verify": verify,
            "diff": diff,
            "twins": twins,
            "list": show,
            "lab": lab,
            "new": new,
            "polis": polis,
            "territory": territory,
            "simulate": simulate,
        }
    )


def papers(chosen: argparse.Namespace) -> int:
    from analysis import batching
    from analysis.batch import closure, pipeline
    from analysis.publish import cited as gathering
    from analysis.publish import formats, sources

    given = _settings(chosen.set)
    wanted = tuple(
        name for name in formats.chosen(chosen.formats) if not chosen.draft or formats.FORMATS[name].draft
    )
    if chosen.lang and not chosen.draft:
        raise ParameterError(
            Fault(
                say("vale solo con --draft", "goes with --draft only"),
                "--lang",
                "altro papers --draft --lang",
            )
        )
    plan = batching.plan(chosen, given, _studies, _readable)
    for line in plan.lines:
        print(line)
    for study, notebook, lacking in plan.left_out if plan.named else ():
        print(_not_possible(study, notebook, lacking))
    if chosen.dry_run or chosen.explain:
        print("\n".join(batching.told(plan.editions, sources.inputs, wanted, chosen)))
    elif plan.lines and (line := batching.time_line(plan.editions, chosen)):
        print(line)
    if chosen.dry_run:
        _fault_lines(plan.unready)
        return FAILED if plan.unready else OK
    languages = (chosen.lang,) if chosen.draft and chosen.lang else ("it", "en")
    with pipeline.alone(), progress.Progress(2 * len(plan.editions)) as shown:
        summary = pipeline.bring_up_to_date(
            plan.editions,
            functools.partial(_render, languages=languages, draft=chosen.draft),
            sources.inputs,
            wanted,
            gather=gathering.gather,
            force=chosen.execute,
            report=shown.line,
            advance=shown.step,
            machine=batching.machine(chosen, plan.editions, shown.line),
            limits=batching.limits(chosen),
            afterwards=functools.partial(_index, plan.editions, chosen.draft),
        )
    closure.MEMORY.keep()
    for path in sorted(summary.products) if (chosen.draft or given) and not plan.lines else ():
        print(path.relative_to(places.root()).as_posix())
    if plan.lines and summary.rendered:
        print((places.build() / "editions" / "index.html").relative_to(places.root()).as_posix())
    for line in summary.failures:
        print(f"✗ {line}", file=sys.stderr)
    _fault_lines(plan.unready)
    print(summary.line())
    return summary.code or (FAILED if plan.unready else OK)


def _index(planned: Sequence[Any], draft: bool, summary: Any) -> None:
    """The pages that list the editions, where papers were rendered or a batch before was cut off."""
    changed = {edition.kept for edition in planned if summary.swept or edition.name in summary.rendered}
    if changed and not draft:
        from analysis.publish import index

        for kept in changed:
            shelf = places.papers() if kept else places.build() / "editions"
            index.write(shelf, places.notebooks(), places.data())


def _render(*arguments: Any, **options: Any) -> list[Path]:
    """In the worker: nothing heavy is imported before there is something to render."""
    from analysis.publish import render

    return render.render(*arguments, **options)


def check(chosen: argparse.Namespace) -> int:
    from analysis import checking
    from analysis.batch import editions

    studies, faults = _studies(chosen.studies)
    books, unreadable = _readable(editions.notebooks())
    faults += unreadable
    for study in studies:
        found, warnings = checking.of_study(study, books)
        print(checking.heading(study.id, len(found), len(warnings)))
        for warning in warnings:
            print(f"! {warning}")
        faults += found
    _fault_lines(faults)
    return FAILED if faults else OK


def verify(chosen: argparse.Namespace) -> int:
    from analysis import reviewing

    return reviewing.verify(chosen)


def diff(chosen: argparse.Namespace) -> int:
    from analysis import reviewing

    return reviewing.diff(chosen)


def twins(chosen: argparse.Namespace) -> int:
    from analysis import checking
    from analysis.batch import editions

    if chosen.accept:
        print(checking.accepted(places.notebooks(), *chosen.accept))
        return OK
    books, unreadable = _readable(editions.notebooks())
    told = checking.stale(book.path for book in books)
    print("\n\n".join(told) or say("Ogni testo inglese è aggiornato.", "Every English text is up to date."))
    _fault_lines(unreadable)
    return FAILED if told or unreadable else OK


def show(chosen: argparse.Namespace) -> int:
    from analysis.batch import cited, editions

    studies, faults = _studies([])
    books, unreadable = _readable(editions.notebooks())
    for study in studies:
        print(f"{study.id} — {study.settings.title[language()]}")
        planned, left_out = editions.plan([study], books, {})
        for edition in planned:
            reasons = [str(fault) for fault in cited.faults(edition)] or edition.run_reasons()
            todo = say("da raccogliere", "to gather") if edition.cited else say("da eseguire", "to run")
            state = f"{todo}: {', '.join(reasons[:3])}" if reasons else say("aggiornato", "up to date")
            print(f"  ✓ {edition.notebook.name}: {state}")
        for _, notebook, lacking in left_out:
            print(
                f"  – {notebook}: "
                + say(f"non gira, mancano {', '.join(lacking)}", f"does not run, lacks {', '.join(lacking)}")
            )
    _fault_lines([*faults, *unreadable])
    return FAILED if faults or unreadable else OK


def lab(chosen: argparse.Namespace) -> int:
    from analysis.batch import forkserver

    more = [word for word in chosen.more if word != "--"]
    root = f"--ServerApp.root_dir={places.root()}"
    start = "--LabApp.default_url=/lab/tree/notebooks"
    with forkserver.serving() as why:
        if why:
            print(why)
        environment = {**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": "warm-fork"}
        return subprocess.call([sys.executable, "-m", "jupyterlab", root, start, *more], env=environment)


def new(chosen: argparse.Namespace) -> int:
    if bool(chosen.folder) == bool(chosen.notebook):
        raise ParameterError(
            Fault(
                say("serve una cartella oppure --notebook NOME", "a folder or --notebook NAME is needed"),
                "altro new",
            )
        )
    if chosen.notebook:
        from analysis.batch import scaffold

        made = scaffold.new_notebook(places.notebooks(), chosen.notebook)
    else:
        from analysis.study import template

        made = template.new_study(_path(chosen.folder), _path(chosen.survey) if chosen.survey else None)
    for path in made:
        print(path)
    return OK


def polis(chosen: argparse.Namespace) -> int:
    from analysis.study import polis as exported
    from analysis.study import studies

    found = exported.read(_path(chosen.export), chosen.lang)
    made = exported.place(found, studies.open_study(chosen.study))
    print(
        say(
            f"{len(found.statements)} proposte, {len(found.votes)} voti di {found.votes['person'].nunique()} persone; proposte respinte dai moderatori, lasciate fuori: {found.rejected}.",
            f"{len(found.statements)} statements, {len(found.votes)} votes of {found.votes['person'].nunique()} persons; statements rejected by the moderators, left out: {found.rejected}.",
        )
    )
    for path in made:
        print(path)
    return OK


def territory(chosen: argparse.Namespace) -> int:
    from analysis.study import joins, territory_update
    from analysis.study import territory as national

    path = _path(chosen.file)
    if chosen.task == "update":
        out = _path(chosen.out) if chosen.out else None
        print("\n".join(territory_update.update(path, out, chosen.year, chosen.dry_run)))
        return OK
    found = joins.read(path, chosen.municipality)
    towns = national.read_municipalities()
    print("\n".join(joins.check(found, towns).lines()))
    return OK


def simulate(chosen: argparse.Namespace) -> int:
    from analysis.simulate import draw

    folder = _path(chosen.folder)
    seed = draw.DEFAULT_SEED if chosen.seed is None else chosen.seed
    draw.draw_study(folder, seed=seed, scale=chosen.scale)
    print(
        say(
            f"Studio simulato in {folder} (seme {seed}).",
            f"Simulated study in {folder} (seed {seed}).",
        )
    )
    return OK


def _path(text: str) -> Path:
    """A path typed with either kind of slash."""
    return Path(text.replace("\\", "/"))


def _studies(names: Sequence[str]) -> tuple[list[Any], list[Fault]]:
    """The studies, and what is wrong with those that cannot be opened; a name that is no study is refused."""
    from analysis.study import studies

    opened: list[Any] = []
    faults: list[Fault] = []
    for name in names or studies.present(places.data()):
        folder = places.data() / name if (places.data() / name).is_dir() else _path(name)
        try:
            opened.append(studies.open_study(name))
        except AltroError as error:
            if not (folder / "study.toml").is_file():
                raise
            faults += error.faults
    return opened, faults


def _readable(books: Sequence[Any]) -> tuple[list[Any], list[Fault]]:
    """The notebooks whose files can be read, and what is wrong with the others."""
    wrong = {book.name: book.faults() for book in books}
    return [book for book in books if not wrong[book.name]], [
        fault for found in wrong.values() for fault in found
    ]


def _settings(pairs: Sequence[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise ParameterError(
            [
                Fault(say(f"«{pair}» non si capisce", f"'{pair}' cannot be read"), "--set", "key=value")
                for pair in wrong
            ]
        )
    names = [pair.split("=", 1)[0].strip() for pair in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ParameterError(
            [
                Fault(say(f"«{name}» ha due valori", f"'{name}' has two values"), "--set", say("uno", "one"))
                for name in twice
            ]
        )
    return dict(zip(names, (pair.split("=", 1)[1].strip() for pair in pairs)))


def _not_possible(study: str, notebook: str, lacking: Sequence[str]) -> str:
    return say(
        f"{study}/{notebook}: non gira, mancano {', '.join(lacking)}",
        f"{study}/{notebook}: does not run, lacks {', '.join(lacking)}",
    )


def _fault_lines(faults: Sequence[Fault]) -> None:
    for fault in faults:
        print(f"✗ {fault}", file=sys.stderr)
