"""A batch of three editions killed before, and in the midst of, each of its changes to the file system, then resumed.

Run as a program in a process of its own (`python -m tests.batch.everywhere FOLDER`): the kernel and the pages are made up, everything
between them is the batch's own. Prints how many kills there were; ends with an AssertionError where a resumed batch differs by a byte.
"""

import json
import os
import shutil
import sys
from concurrent.futures import Future
from pathlib import Path

import psutil  # noqa: F401 (each forked child would import it anew)

from analysis.batch import editions, execute, pipeline, schedule, whole
from tests.batch.runs import book

KILLED = 9
DATE = "2026-01-01"


def made(work, *arguments, **options):
    future = Future()
    future.set_result(work(*arguments, **options))
    return future


class Instant:
    """A machine whose runs are made up: the record says which version of the notebook it is of, and each version draws another figure."""

    workers = 1

    def submit(self, task):
        return made(self.run, task)

    def close(self, now=False):
        pass

    def run(self, task):
        part = task.run_folder.with_name(task.run_folder.name + whole.PART)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        document = json.loads(task.source.read_text(encoding="utf-8"))
        version = document["cells"][1]["source"]
        record = {
            "context": {"edition": DATE},
            "numbers": {"n": {"value": version}},
            "notebook": task.notebook,
        }
        for name, content in {
            "evidence.json": json.dumps(record),
            "executed.ipynb": json.dumps(document),
        }.items():
            (part / name).write_text(content, encoding="utf-8")
        for name in ("fig-same.it.svg", f"fig-{version}.it.svg", f"fig-{version}.csv"):
            (part / name).write_text(f"{name} of {task.notebook} {version}", encoding="utf-8")
        assert execute._finish(task, part, part / "executed.ipynb") == ""
        return execute.Outcome(task.name, 1.0)


class Inline:
    """Work done at once, in this process: a kill takes all of it."""

    def __init__(self, workers):
        self.put, self.close = made, lambda now=False: None


def render(source, notebook, texts, out, *, formats, figures):
    content = (source / "evidence.json").read_bytes() + b"".join(
        sorted(p.read_bytes() for p in figures.glob("*.svg"))
    )
    names = [f"{language}.{form}" for form in formats for language in ("it", "en")]
    for name in names:
        whole.write(out / name, name.encode() + content)
    return [out / name for name in names]


def gather(notebook, texts, origins):
    sources = {name: (origin["record"] / "evidence.json").read_text() for name, origin in origins.items()}
    files = {
        f"{name}-{path.name}": path
        for name, origin in origins.items()
        for path in origin["figures"].glob("*.svg")
    }
    return {"context": {"edition": DATE}, "quoted": sources, "figures": sorted(files)}, files


def write(root, version):
    """The project, with both computing notebooks at `version`."""
    (root / "data" / "town").mkdir(parents=True, exist_ok=True)
    (root / "notebooks").mkdir(exist_ok=True)
    (root / "requirements.lock").write_text("")
    for name in ("one", "two", "cites"):
        document = book(f"v{version}")
        if name == "cites":
            document["cells"] = []
        (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(document), encoding="utf-8")
        head = '[cites]\nnotebooks = ["one", "two"]\n' if name == "cites" else ""
        (root / "notebooks" / f"{name}.toml").write_text(head, encoding="utf-8")


def batch(root, environment):
    os.environ |= {"ALTRO_ROOT": str(root), "ALTRO_LANG": "en"}
    schedule.Lanes = Inline
    execute.environment = lambda: {"python": environment}
    books = {n: editions.Notebook(n, root / "notebooks" / f"{n}.ipynb") for n in ("one", "two", "cites")}

    def edition(name, cited=()):
        return editions.Edition("town", root / "data" / "town", books[name], {}, (), {}, {"edition": DATE}, cited=cited)  # fmt: skip

    origins = (edition("one"), edition("two"))

    def index(summary):
        if summary.rendered or summary.swept:
            pages = sorted(path.relative_to(root).as_posix() for path in (root / "papers").rglob("*.pdf"))
            whole.write(root / "papers" / "index.html", "\n".join(pages))

    with pipeline.alone():
        summary = pipeline.bring_up_to_date(
            [*origins, edition("cites", origins)], render, lambda notebook, texts: [], ("pdf", "html"), gather=gather, force=False,
            report=lambda line: None, advance=lambda name: None, machine=Instant(), afterwards=index,
        )  # fmt: skip
    assert not summary.failures, summary.failures


def arm(root, number, midst):
    """End this process before its change `number` of the file system below `root`, or in the `midst` of the file that it writes as that."""
    seen = 0

    def hook(event, arguments):
        nonlocal seen
        if event == "open":
            path, mode, flags = arguments
            changes = bool(flags & (os.O_WRONLY | os.O_RDWR))
        else:
            path, changes = (
                arguments[0] if arguments else "",
                event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir"),
            )
        if not changes or not isinstance(path, (str, Path)) or not str(path).startswith(str(root)):
            return
        if midst and (event != "open" or mode == "a"):
            return
        seen += 1
        if seen == number + 1:
            if midst:
                descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
                os.write(descriptor, b'{"half')
            os._exit(KILLED)

    sys.addaudithook(hook)


def child(root, environment, number=None, midst=False):
    """Exit code of one batch in a process of its own."""
    sys.stdout.flush()
    if not (pid := os.fork()):
        try:
            if number is not None:
                arm(root, number, midst)
            batch(root, environment)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def files(root):
    """Everything that a batch leaves but its log, its locks and its memory of digests."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("papers", "figures", "build/runs", "build/local", "build/editions")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def main(folder):
    kills = 0
    for scenario in ("first", "update"):
        start, reference = folder / f"{scenario}-start", folder / f"{scenario}-reference"
        write(start, 1)
        if scenario == "update":
            assert child(start, "old") == 0
            write(start, 2)
        shutil.copytree(start, reference)
        assert child(reference, "new") == 0
        expected = files(reference)
        for midst in (False, True):
            number = 0
            while True:
                root = folder / "trial"
                shutil.rmtree(root, ignore_errors=True)
                shutil.copytree(start, root)
                code = child(root, "new", number, midst)
                if code == 0:
                    break
                assert code == KILLED, (scenario, midst, number, code)
                assert child(root, "new") == 0, (scenario, midst, number)
                found = files(root)
                differing = sorted(
                    n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n)
                )
                assert not differing, (scenario, midst, number, differing)
                assert not (root / "build" / "altro.busy").exists()
                kills, number = kills + 1, number + 1
    print(kills)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
