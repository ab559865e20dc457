"""The plan of `altro papers`: which editions are wanted, told before anything starts.

What belongs here: reading grids and batch files, the plan in words, the machine that was asked for. What does not: executing (analysis.batch).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import places
from analysis.batch import editions, explain, grid, pipeline
from analysis.errors import Fault, ParameterError, RunError, say

if TYPE_CHECKING:
    from analysis.batch.schedule import Machine

Opened = Callable[
    [Sequence[str]], tuple[list[Any], list[Fault]]
]  # studies by name, and what is wrong with others
Readable = Callable[[Sequence[Any]], tuple[list[Any], list[Fault]]]  # notebooks, likewise


@dataclass(frozen=True)
class Plan:
    """The editions wanted, the pairs of study and notebook that cannot run with what they lack, what is wrong with studies and notebooks, and
    the lines that say what a grid comes to; `named`: the person chose studies, notebooks or parameters."""

    editions: list[editions.Edition]
    left_out: list[tuple[str, str, list[str]]]
    unready: list[Fault]
    lines: list[str]
    named: bool


def plan(chosen: argparse.Namespace, fixed: dict[str, str], opened: Opened, readable: Readable) -> Plan:
    """The plan of a call. Every fault of the call is raised before anything is planned, all at once."""
    choices = _choices(chosen, fixed)
    left_out: list[tuple[str, str, list[str]]] = []
    unready: list[Fault] = []

    def books(names: Sequence[str]) -> list[editions.Notebook]:
        found, faults = readable(editions.notebooks(names or None))
        unready.extend(faults)
        return found

    def of_choice(
        choice: grid.Choice, inside: Sequence[editions.Notebook], expanded: grid.Grid
    ) -> list[editions.Edition]:
        studies, faults = opened(choice.studies)
        unready.extend(faults)
        unready.extend([] if chosen.draft else [fault for study in studies for fault in study.pending])
        ready = [study for study in studies if chosen.draft or not study.pending]
        found, lacking = editions.plan(ready, inside, {}, chosen.draft, expanded.sets)
        left_out.extend(lacking)
        return found

    planned, grids, again = grid.plan(choices, books, of_choice)
    gridded = any(choice.axes for choice in choices) or chosen.batch
    lines = grid.count_lines(planned, grids, again) if gridded else []
    named = bool(chosen.studies or chosen.notebook or gridded or fixed)
    return Plan(planned, list(_each_once(left_out)), list(dict.fromkeys(unready)), lines, named)


def _choices(chosen: argparse.Namespace, fixed: dict[str, str]) -> list[grid.Choice]:
    if chosen.batch:
        beside = {
            "STUDY": chosen.studies,
            "--notebook": chosen.notebook,
            "--grid": chosen.grid,
            "--set": fixed,
        }
        faults = [
            Fault(
                say("non va insieme a --batch", "does not go with --batch"), name,
                next_step=say("Scriverlo nel file.", "Write it in the file."),
            )
            for name, value in beside.items()
            if value
        ]  # fmt: skip
        if faults:
            raise ParameterError(faults)
        return grid.read(Path(chosen.batch.replace("\\", "/")))
    where = "--grid" if chosen.grid else "--set"
    axes = grid.from_options(chosen.grid)
    return [grid.Choice(tuple(chosen.studies), tuple(chosen.notebook or ()), axes, fixed, where)]


def _each_once(found: Sequence[tuple[str, str, list[str]]]) -> list[tuple[str, str, list[str]]]:
    return list(
        {(study, notebook): (study, notebook, lacking) for study, notebook, lacking in found}.values()
    )


def told(
    planned: Sequence[editions.Edition],
    inputs: editions.Inputs,
    formats: Sequence[str],
    chosen: argparse.Namespace,
) -> list[str]:
    """What would be done with each edition and why, the counts, the expected time of the runs. Nothing is executed or written."""
    steps = explain.steps(planned, inputs, formats, chosen.execute)
    runs = [step.edition for step in steps if step.action == explain.RUN]
    lines = [step.line(chosen.explain) for step in steps]
    return [*lines, explain.counts(steps), *filter(None, [_time_line(runs, chosen.workers)])]


def time_line(planned: Sequence[editions.Edition], chosen: argparse.Namespace) -> str:
    """The expected time of the runs that are due, in one line; empty where none is."""
    return _time_line(_due(planned, chosen), chosen.workers)


def _due(planned: Sequence[editions.Edition], chosen: argparse.Namespace) -> list[editions.Edition]:
    return [one for one in planned if not one.notebook.cites and (chosen.execute or one.run_reasons())]


def _time_line(runs: Sequence[editions.Edition], asked: int | None) -> str:
    from analysis.batch import schedule

    known, peak = schedule.recorded(places.build() / "runs.jsonl")
    return explain.time_line(runs, known, schedule.workers(max(1, len(runs)), peak, asked))


def limits(chosen: argparse.Namespace) -> pipeline.Limits:
    """What a run may take, as far as the call says it."""
    given = {
        "cell_timeout": chosen.cell_timeout,
        "notebook_timeout": chosen.notebook_timeout,
        "workers": chosen.workers,
    }
    return pipeline.Limits(**{name: value for name, value in given.items() if value is not None})


def machine(
    chosen: argparse.Namespace, planned: Sequence[editions.Edition], report: Callable[[str], None]
) -> Machine | None:
    """The cluster that was asked for, where there is something to execute; none means this machine. Raises RunError where data of what is to
    be executed may not leave."""
    due = _due(planned, chosen) if chosen.cluster else []
    if not due:
        return None
    from analysis.batch import cluster

    if faults := cluster.refused(due, chosen.cluster):
        raise RunError(faults)
    return cluster.Cluster(chosen.cluster, places.root(), report)
