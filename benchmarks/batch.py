"""Executing notebooks: this project's warm kernels against papermill, and against what no notebook can beat: the same code as a plain script
in a process forked from a warm one.

All sides run the realistic notebook (realistic.py), which writes one language; what the second language costs is a line of its own, on the
project's notebooks. Sides take turns; medians. A line a figure: name, ours, rival, ratio, goal, met or short. `--long` adds 200 notebooks:
memory and time as they go on. Linux, two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import realistic

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
BATCH, MANY, EDITIONS = 20, 200, 50
WORKERS = 2
PAPERMILL = f"papermill {version('papermill')}"
BOOKS = ("realistic", "codesign_outcomes", "scalability", "work_life_balance")
PLAIN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
ONE_LANGUAGE = "from analysis.evidence import words\n\nwords.LANGUAGES = ('it',)"


# -- the sides: each runs the realistic notebook number `number` and returns wall seconds --------------------------------


def ours(made: realistic.Realistic, folder: Path, number: int) -> float:
    """As `altro papers` runs a notebook, but for the plan and the papers."""
    from analysis.batch import execute

    start = time.perf_counter()
    outcome = execute.run(_job(made, folder, number))
    seconds = time.perf_counter() - start
    if not outcome.ok or outcome.kernel != "warm-fork":
        raise RuntimeError(f"{outcome.line()} (kernel: {outcome.kernel} {outcome.why})")
    return seconds


def papermill_api(made: realistic.Realistic, folder: Path, number: int) -> float:
    import papermill

    out = _out(folder, number)
    start = time.perf_counter()
    papermill.execute_notebook(
        str(made.notebook), str(out / "executed.ipynb"), made.parameters(number, out), progress_bar=False
    )
    return time.perf_counter() - start


def papermill_cli(made: realistic.Realistic, folder: Path, number: int) -> float:
    out = _out(folder, number)
    options = [
        word for name, value in made.parameters(number, out).items() for word in ("-p", name, str(value))
    ]
    return whole([sys.executable, "-m", "papermill", str(made.notebook), str(out / "executed.ipynb"), "--no-progress-bar", *options])  # fmt: skip


def warm_script(made: realistic.Realistic, folder: Path, number: int) -> float:
    """The plain script in a process forked from this one, which has imported and rehearsed what the kernels' server has."""
    out = _out(folder, number)
    values = made.parameters(number, out)
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.argv = [str(made.script), values["site"], values["outdir"], values["data"]]
            source = compile(made.script.read_text(encoding="utf-8"), made.script, "exec")
            exec(source, {"__name__": "__main__"})
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"{made.script} failed")
    return time.perf_counter() - start


def preload() -> None:
    from analysis.batch import forkserver

    forkserver.preload()


def _out(folder: Path, number: int) -> Path:
    out = folder / f"run-{number}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return out


def _job(made: realistic.Realistic, folder: Path, number: int) -> Any:
    from analysis.batch.execute import Job

    out = _out(folder, number)
    return Job(
        f"realistic/{number}", "demo", "realistic", made.parameters(number, out), made.notebook, out / "record",
        folder / "failed.ipynb", (), folder, "demo", reads=(str(made.data),),
    )  # fmt: skip


# -- measuring -----------------------------------------------------------------------------------------------------------


def whole(command: Sequence[str], cwd: Path = ROOT, **environment: str) -> float:
    """Wall seconds of a process from start to end, its output unread."""
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **PLAIN, **environment}
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return seconds


def process(begin: Callable[[], None] | None = None) -> ProcessPoolExecutor:
    """A process of its own for a side, so that neither's imports nor environment reach the other."""
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=begin)


def in_turn(sides: dict[str, Callable[[int], float]], before: int = 1) -> dict[str, float]:
    """Median seconds of each side over rounds in which each has its turn; the rounds `before` them are not counted."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(before + ROUNDS):
        for name, side in sides.items():
            times[name].append(side(number))
    for name, measured in times.items():
        print(f"# {name}: " + " ".join(f"{seconds:.2f}" for seconds in measured), file=sys.stderr)
    return {name: statistics.median(measured[before:]) for name, measured in times.items()}


def line(name: str, mine: float, rival: float, ratio: float, sign: str, goal: float, unit: str = "s") -> None:
    met = ratio >= goal if sign == ">=" else ratio <= goal
    figures = f"{mine:.2f}\t{rival:.2f}\t{ratio:.2f}\t{sign} {goal:g}"
    print(f"{name} ({unit})\t{figures}\t{'met' if met else 'short'}", flush=True)


# -- the figures -----------------------------------------------------------------------------------------------------------


def one_notebook(made: realistic.Realistic, folder: Path) -> None:
    from analysis.batch import forkserver

    with process() as rival, process(preload) as limit, process() as mine:
        for side in (rival, limit):  # they start before there is a server to find
            side.submit(os.getpid).result()
        with forkserver.serving() as why:
            if why:
                raise RuntimeError(why)
            median = in_turn(
                {
                    "ours": lambda n: mine.submit(ours, made, folder / "ours", n).result(),
                    "API": lambda n: rival.submit(papermill_api, made, folder / "api", n).result(),
                    "CLI": lambda n: papermill_cli(made, folder / "cli", n),
                    "script": lambda n: limit.submit(warm_script, made, folder / "script", n).result(),
                }
            )
    took, script = median["ours"], median["script"]
    line(f"one notebook vs {PAPERMILL} CLI", took, median["CLI"], median["CLI"] / took, ">=", 4.5)
    line(f"one notebook vs {PAPERMILL} API", took, median["API"], median["API"] / took, ">=", 3.5)
    line("one notebook / the same as a script in a warm process", took, script, took / script, "<=", 1.9)


def twenty_notebooks(folder: Path) -> None:
    """Both sides are whole processes: interpreter, imports, workers and the warming up of the server are in the time."""
    here = [sys.executable, __file__, str(folder)]
    median = in_turn(
        {
            "ours": lambda n: whole([*here, "--side", "ours", "--count", str(BATCH)]),
            "papermill": lambda n: whole([*here, "--side", "papermill", "--count", str(BATCH)]),
        },
        before=0,
    )
    mine, rival = median["ours"], median["papermill"]
    name = f"{BATCH} notebooks, {WORKERS} workers vs {WORKERS} processes of {PAPERMILL}"
    line(name, mine, rival, rival / mine, ">=", 2.5)


def second_language(folder: Path) -> None:
    """The realistic notebook with its figures handed to the record, and the project's notebooks: as they are, and with a first cell that leaves the record one language to draw and say."""
    from analysis.batch import forkserver

    roots = {"two": project(folder / "two"), "one": project(folder / "one")}
    for root in roots.values():
        realistic.record(root)
    for name in BOOKS:
        path = roots["one"] / "notebooks" / f"{name}.ipynb"
        document = json.loads(path.read_text(encoding="utf-8"))
        first = {"cell_type": "code", "id": "one-language", "metadata": {}, "source": ONE_LANGUAGE, "outputs": [], "execution_count": None}  # fmt: skip
        document["cells"].insert(0, first)
        path.write_text(json.dumps(document), encoding="utf-8")
    with forkserver.serving() as why, process() as worker:
        if why:
            raise RuntimeError(why)
        for name in BOOKS:
            median = in_turn(
                {
                    side: lambda n, root=root, name=name: worker.submit(edition, root, name).result()
                    for side, root in roots.items()
                }
            )
            two, one = median["two"], median["one"]
            line(f"notebook {name}, two languages / one", two, one, two / one, "<=", 1.35)


def edition(root: Path, name: str) -> float:
    """Wall seconds of executing notebook `name` of the demonstrative study in the project at `root`."""
    os.environ["ALTRO_ROOT"] = str(root)
    from analysis.batch import editions, execute
    from analysis.study import studies

    planned, _ = editions.plan([studies.open_study("demo")], editions.notebooks([name]), {})
    job = execute.job(planned[0])
    job = replace(job, reads=(*job.reads, str(root / "data" / "survey.parquet")))
    start = time.perf_counter()
    outcome = execute.run(job)
    seconds = time.perf_counter() - start
    if not outcome.ok:
        raise RuntimeError(outcome.line())
    return seconds


def project(folder: Path) -> Path:
    """A copy of what a checkout is made of, papers and figures left out."""
    for name in ("analysis", "data", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", folder)
    return folder


def unchanged_plan(folder: Path) -> None:
    """`altro papers` over a grid of fifty editions of a new notebook (`altro new`), all of them made before."""
    root = project(folder / "plan")
    env = {"ALTRO_ROOT": str(root), "PYTHONPATH": str(root), "ALTRO_LANG": "en"}
    altro = [sys.executable, "-m", "analysis"]
    whole([*altro, "new", "--notebook", "answers"], root, **env)
    front = root / "notebooks" / "answers.toml"
    case = (
        '[parameters.case]\ntype = "integer"\nmin = 1\ndefault = 1\nlabel = { it = "caso", en = "case" }\n\n'
    )
    front.write_text(
        front.read_text(encoding="utf-8").replace("[words]", case + "[words]", 1), encoding="utf-8"
    )
    book = root / "notebooks" / "answers.ipynb"
    document = json.loads(book.read_text(encoding="utf-8"))
    parameters = next(cell for cell in document["cells"] if cell["id"] == "parameters")
    parameters["source"] = "".join(parameters["source"]) + "\ncase = 1"
    book.write_text(json.dumps(document), encoding="utf-8")
    grid = "case=" + ",".join(str(number + 2) for number in range(EDITIONS))
    command = [*altro, "papers", "demo", "--notebook", "answers", "--grid", grid]
    made = whole(command, root, **env)
    print(f"# {EDITIONS} editions made in {made:.1f} s", file=sys.stderr)
    asked = subprocess.run(command, cwd=root, capture_output=True, text=True, env={**os.environ, **env})
    if f"{EDITIONS} up to date" not in asked.stdout:
        raise RuntimeError(asked.stdout + asked.stderr)
    median = in_turn(
        {
            "papers": lambda n: whole(command, root, **env),
            "dry run": lambda n: whole([*command, "--dry-run"], root, **env),
            "python": lambda n: whole([sys.executable, "-c", "pass"]),
        }
    )
    bare = median["python"]
    for name, label in (("papers", "altro papers"), ("dry run", "altro papers --dry-run")):
        title = f"{label}, {EDITIONS} unchanged editions vs the bare interpreter {sys.version.split()[0]}"
        line(title, median[name], bare, median[name], "<=", 1.0)


def many_notebooks(folder: Path) -> None:
    """Two hundred notebooks in one batch: memory of the server and of the workers, seconds a notebook, early and late."""
    command = [sys.executable, __file__, str(folder), "--side", "ours", "--count", str(MANY)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **PLAIN}, check=True)
    seen = json.loads(done.stdout)
    half = MANY // 2
    ends, rss = seen["ends"], seen["rss"]
    first = (ends[half - 1] - ends[9]) / (half - 10)  # the first ten, while the server warms up, left out
    last = (ends[-1] - ends[half - 1]) / half
    line(
        f"{MANY} notebooks: seconds each of the last {half} / of the first",
        last,
        first,
        last / first,
        "<=",
        1.1,
    )
    for name in ("server", "workers"):
        early, late = (rss[str(count)][name] / 2**20 for count in (50, MANY))
        title = f"{MANY} notebooks: memory of the {name} after {MANY} / after 50"
        line(title, late, early, late / early, "<=", 1.1, "MiB")


# -- a side as a process of its own -----------------------------------------------------------------------------------------


def batch_of_ours(made: realistic.Realistic, folder: Path, count: int) -> dict[str, Any]:
    """When each run ended (seconds since the start), and the memory (bytes resident) of server and workers after 50 runs and at the end."""
    from concurrent.futures import as_completed

    from analysis.batch import forkserver, schedule

    start = time.perf_counter()
    ends: list[float] = []
    rss: dict[str, dict[str, int]] = {}
    with forkserver.serving() as why:
        if why:
            raise RuntimeError(why)
        machine = schedule.Local(WORKERS)
        waiting = [machine.submit(_job(made, folder, number)) for number in range(count)]
        for future in as_completed(waiting):
            outcome = future.result()
            if not outcome.ok or outcome.kernel != "warm-fork":
                raise RuntimeError(f"{outcome.line()} (kernel: {outcome.kernel} {outcome.why})")
            ends.append(time.perf_counter() - start)
            if len(ends) in (50, count):
                rss[str(len(ends))] = _memory()
        machine.close(False)
    return {"ends": ends, "rss": rss}


def _memory() -> dict[str, int]:
    """Resident bytes of the server of warm kernels and of the workers: the children of this process."""
    import psutil

    found = {"server": 0, "workers": 0}
    for child in psutil.Process().children():
        words = " ".join(child.cmdline())
        kind = "server" if "forkserver.py" in words else "workers" if "spawn_main" in words else ""
        if kind:
            found[kind] += child.memory_info().rss
    return found


def batch_of_papermill(made: realistic.Realistic, folder: Path, count: int) -> None:
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        for future in [pool.submit(papermill_api, made, folder, number) for number in range(count)]:
            future.result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where to work; a temporary folder")
    parser.add_argument("--side", choices=("ours", "papermill"), help="run one side's batch only")
    parser.add_argument("--count", type=int, default=BATCH)
    parser.add_argument("--only", choices=("one", "batch", "languages", "plan", "many"), action="append")
    parser.add_argument("--long", action="store_true", help=f"{MANY} notebooks, too")
    chosen = parser.parse_args()
    if chosen.side:
        made = realistic.Realistic(*(chosen.folder / name for name in realistic.FILES))
        if chosen.side == "ours":
            print(json.dumps(batch_of_ours(made, chosen.folder / "ours", chosen.count)))
        else:
            batch_of_papermill(made, chosen.folder / "papermill", chosen.count)
        return
    os.environ.update(PLAIN, JE_ARROW_MALLOC_CONF="background_thread:false")
    os.environ.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # every side finds its modules compiled, after the uncounted round
    wanted = chosen.only or ["one", "batch", "languages", "plan", *(["many"] if chosen.long else [])]
    with tempfile.TemporaryDirectory(prefix="altro-bench-", dir=chosen.folder) as temporary:
        folder = Path(temporary)
        made = realistic.make(folder)
        for name, figures in (
            ("one", lambda: one_notebook(made, folder)),
            ("batch", lambda: twenty_notebooks(folder)),
            ("languages", lambda: second_language(folder)),
            ("plan", lambda: unchanged_plan(folder)),
            ("many", lambda: many_notebooks(folder)),
        ):
            if name in wanted:
                figures()


if __name__ == "__main__":
    main()
