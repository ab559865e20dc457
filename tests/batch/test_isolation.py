"""What one notebook does never reaches another, and what a process should have of its own it has."""

import json
import os

import pytest

from tests.batch.warm import run, value

LOOK = """
import json, locale, logging, os, random, re, sys, warnings
import matplotlib, numpy, pandas
umask = os.umask(0); os.umask(umask)
def descriptors():
    return sorted({re.sub(r"[0-9]+", "N", os.readlink(f"/proc/self/fd/{n}")) for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")})
print(json.dumps({
    "globals": sorted(name for name in globals() if name.startswith("leak")),
    "pandas": pandas.get_option("display.max_rows"),
    "rc": {key: str(value) for key, value in sorted(matplotlib.rcParams.items())},
    "environ": sorted(name for name in os.environ if "LEAK" in name),
    "cwd": os.path.basename(os.getcwd()),
    "path": [p for p in sys.path],
    "module": [hasattr(numpy, "leak"), hasattr(pandas.DataFrame, "leak"), hasattr(json, "leak")],
    "logging": [len(logging.root.handlers), logging.root.level],
    "locale": locale.setlocale(locale.LC_ALL),
    "umask": umask,
    "decimals": numpy.get_printoptions()["precision"],
    "hook": sys.excepthook.__name__, "argv": [os.path.basename(sys.argv[0]), len(sys.argv)],
    "recursion": sys.getrecursionlimit(), "name": __name__, "flags": list(sys.flags),
    "stdin": os.path.exists("/proc/self/fd/0") and sys.stdin is not None,
    "files": descriptors(),
}))
"""

DIRTY = """
leaked = 1
import json, locale, logging, os, sys, tempfile, warnings
import matplotlib, matplotlib.pyplot, numpy, pandas
pandas.set_option("display.max_rows", 3)
matplotlib.rcParams["figure.dpi"] = 33
matplotlib.pyplot.style.use("ggplot")
os.environ["LEAK"] = "1"
os.chdir("/")
sys.path.insert(0, "/leak")
numpy.leak = pandas.DataFrame.leak = json.leak = 1
warnings.simplefilter("error")
logging.basicConfig(level=logging.DEBUG)
locale.setlocale(locale.LC_NUMERIC, "C.UTF-8")
os.umask(0o077)
numpy.set_printoptions(precision=2)
numpy.random.seed(1)
sys.setrecursionlimit(5000)
kept = open(tempfile.mkstemp()[0], "w")
"""


@pytest.fixture
def environment(monkeypatch):
    for name, text in {
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
    }.items():
        monkeypatch.setenv(name, text)


def test_nothing_leaks_from_a_notebook_into_the_next(warm, tmp_path, environment):
    before, _ = value(tmp_path / "a", LOOK)
    run(tmp_path / "dirty", DIRTY)
    after, _ = value(tmp_path / "a", LOOK)
    assert after == before


def test_what_a_notebook_leaves_dirty_is_what_the_look_sees(warm, tmp_path, environment):
    """The look above would show each of them: otherwise the test before could not fail."""
    clean, _ = value(tmp_path / "a", LOOK)
    seen, _ = value(tmp_path / "b", DIRTY, LOOK)
    same = {key for key in clean if clean[key] == seen[key]}
    assert same <= {"hook", "argv", "name", "flags", "stdin"}


@pytest.mark.slow
def test_a_warm_kernel_looks_like_a_plain_one(server_address, tmp_path, environment, monkeypatch):
    from analysis.batch import forkserver

    monkeypatch.delenv(forkserver.SOCKET, raising=False)
    cold, report = value(tmp_path / "a", LOOK)
    assert report["kernel"] == "plain"
    monkeypatch.setenv(forkserver.SOCKET, server_address)
    warmed, report = value(tmp_path / "a", LOOK)
    assert report["kernel"] == "warm-fork"
    assert {key: (cold[key], warmed[key]) for key in cold if cold[key] != warmed[key]} == {}


DRAW = """
import json, random, secrets, uuid
import numpy
print(json.dumps([numpy.random.rand(), numpy.random.default_rng().random(), random.random(), secrets.token_hex(8), uuid.uuid4().hex]))
"""
SEEDED = """
import json, random
import numpy, scipy.stats
numpy.random.seed(7); random.seed(7)
print(json.dumps([numpy.random.rand(), random.random(), scipy.stats.norm.rvs(), numpy.random.default_rng(7).normal(), hash("a") if False else 0]))
"""


def test_unseeded_numbers_differ_between_kernels(warm, tmp_path):
    one, other = (value(tmp_path, DRAW)[0] for _ in range(2))
    assert all(a != b for a, b in zip(one, other))


def test_seeded_numbers_are_those_of_any_process(warm, tmp_path):
    import random

    import numpy
    from scipy import stats

    state, old = numpy.random.get_state(), random.getstate()
    numpy.random.seed(7)
    random.seed(7)
    expected = [
        numpy.random.rand(),
        random.random(),
        stats.norm.rvs(),
        numpy.random.default_rng(7).normal(),
        0,
    ]
    numpy.random.set_state(state)
    random.setstate(old)
    assert value(tmp_path, SEEDED)[0] == expected


PARALLEL = {
    "parquet": "import io, numpy, pandas\nf = pandas.DataFrame({'x': range(50000), 'y': list('ab') * 25000})\nb = io.BytesIO(); f.to_parquet(b)\n"
    "b.seek(0); got = int(pandas.read_parquet(b).x.sum())",
    "threads": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as p: got = sum(p.map(lambda n: n * n, range(100)))",
    "blas": "import numpy\na = numpy.arange(250000.0).reshape(500, 500) % 7\ngot = float((a @ a).sum())",
    "fork": "import multiprocessing\ndef square(n): return n * n\nwith multiprocessing.get_context('fork').Pool(2) as p: got = sum(p.map(square, range(100)))",
    "spawn": "import multiprocessing, math\nwith multiprocessing.get_context('spawn').Pool(1) as p: got = sum(p.map(math.factorial, range(5)))",
}  # fmt: skip
ANSWERS = {"parquet": 1249975000, "threads": 328350, "fork": 328350, "spawn": 34}


def test_threads_and_processes_work_in_a_forked_kernel(warm, tmp_path):
    import numpy

    a = numpy.arange(250000.0).reshape(500, 500) % 7
    cells = [f"{code}\nimport json\nprint(json.dumps(got))" for code in PARALLEL.values()]
    executed, _ = run(tmp_path, *cells, cell_timeout=120)
    got = [json.loads(cell["outputs"][-1]["text"].splitlines()[-1]) for cell in executed["cells"]]
    assert dict(zip(PARALLEL, got)) == {**ANSWERS, "blas": float((a @ a).sum())}


def test_the_projects_package_is_imported_afresh(warm, tmp_path):
    look = "import json, sys\nprint(json.dumps(sorted(m for m in sys.modules if m.split('.')[0] in ('analysis', 'forkserver', 'newborn'))))"
    assert value(tmp_path, look)[0] == []


def test_limits_and_umask_are_the_callers(warm, tmp_path):
    import resource

    before, old = resource.getrlimit(resource.RLIMIT_NOFILE), os.umask(0o027)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
        code = "import json, os, resource\nprint(json.dumps([resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.umask(0)]))"
        assert value(tmp_path, code)[0] == [min(512, before[1]), 0o027]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        os.umask(old)
