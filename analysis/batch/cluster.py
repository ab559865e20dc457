"""Jobs executed by the workers of a Dask cluster: inputs travel as parcels, run folders come back by value, no disk is shared.

What belongs here: the client's side (`Cluster`) and what may leave this machine. What does not: what a worker does (worker.py), what is in a
parcel (parcel.py).
"""

from __future__ import annotations

import contextlib
import threading
import time
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.batch import parcel, stand, worker
from analysis.batch.execute import Job, Outcome
from analysis.errors import Fault, RunError, say

if TYPE_CHECKING:
    from distributed import Client

CONNECTING = 20.0  # seconds for the scheduler to answer, and then for a first worker to be there
GRACE = 10.0  # seconds that the workers have to end their kernels
PATIENCE = 120.0  # seconds without any worker before what is left is given up
LISTED = 5  # differences of a worker told one by one
OPEN = ("public-record", "simulated")  # provenances whose data may go to any cluster


class Cluster:
    """The workers behind a Dask scheduler, as a machine that executes jobs: one job at a time in each worker.

    A job whose worker is lost runs again in another one; one that loses its worker time after time fails alone. The first job connects.
    Raises RunError when `distributed` is not installed, the scheduler does not answer, a worker would not compute what this machine would, or
    a study's data may not leave.
    """

    def __init__(self, address: str, root: Path, report: Callable[[str], None] | None = None) -> None:
        if find_spec("distributed") is None:
            raise RunError(
                Fault(
                    say("manca il pacchetto distributed", "the package distributed is missing"),
                    "--cluster",
                    next_step="pip install 'milano-altro[cluster]'",
                )
            )
        self.address = plain(address)
        self.workers = 0
        self._root, self._report = root, report
        self._client: Client | None = None
        self._pending: dict[Future[Outcome], Future[Any]] = {}
        self._refused: set[str] = set()
        self._guard = threading.RLock()
        self._closing = self._alone = False
        self._ended = threading.Event()

    def open(self) -> None:
        """Connect and compare the workers with this machine, as the first `submit` does."""
        if self._client is not None:
            return
        self._client = _connected(self.address)
        try:
            self._lock = stand.lock(self._root)
            self._mine = stand.take(self._lock)
            self._stands = self._checked()
        except BaseException:
            self._client.close()
            self._client = None
            raise
        self.workers = len(self._addresses())
        self._executor = self._client.get_executor(pure=False)
        self._receiving = ThreadPoolExecutor(1)
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, job: Job) -> Future[Outcome]:
        """A future of the job's outcome; once it is done and the outcome ok, the run folder stands in place."""
        named = Path(job.study_argument)
        folder = named if named.is_absolute() else job.root / "data" / job.study_argument
        if faults := leaving(job.study, folder, parcel.private(job), self.address):
            raise RunError(faults)
        self.open()
        future: Future[Outcome] = Future()
        self._send(job, parcel.pack(job, self._lock, self._stands), future)
        return future

    def close(self, now: bool) -> None:
        """Wait for what was submitted; `now` ends the kernels that run and cancels what has not come back."""
        if self._client is None:
            return
        if now:
            self._give_up(closing=True)
            asking = threading.Thread(target=self._halt, daemon=True)
            asking.start()
            asking.join(GRACE)
        while self._pending:
            time.sleep(0.02)
        self._ended.set()
        self._receiving.shutdown()
        self._client.close()

    def _halt(self) -> None:
        with contextlib.suppress(OSError):
            self._connected.run(worker.halt, on_error="ignore")

    def _give_up(self, closing: bool) -> None:
        with self._guard:
            self._closing, self._alone = self._closing or closing, not closing
            sent = list(self._pending.values())
        for future in sent:
            future.cancel()

    @property
    def _connected(self) -> Client:
        assert self._client is not None
        return self._client

    def _send(
        self, job: Job, packed: parcel.Parcel, future: Future[Outcome], only: Iterable[str] = ()
    ) -> None:
        options = {"workers": sorted(only)} if only else {}
        sent = self._executor.submit(worker.work, packed, **options)
        with self._guard:
            self._pending[future] = sent
        sent.add_done_callback(lambda done: self._receiving.submit(self._receive, job, packed, future, done))

    def _receive(self, job: Job, packed: parcel.Parcel, future: Future[Outcome], done: Future[Any]) -> None:
        """Put in place what a worker sent; what a worker refused goes to the others."""
        outcome: Outcome | None = None
        try:
            answer = done.result()
            if isinstance(answer, worker.Refused):
                self._refused.add(answer.address)
                others = self._addresses() - self._refused
                if others and not self._closing:
                    self._send(job, packed, future, others)
                    return
                outcome = _failed(job, _unlike(stand.differences(self._mine, answer.stand)))
            else:
                outcome = parcel.place(answer, job)
        except CancelledError:
            if self._closing:
                future.cancel()
            elif self._alone:
                outcome = _failed(job, say("il cluster non ha più worker", "the cluster has no worker left"))
            else:
                outcome = _failed(
                    job, say("il cluster non risponde più", "the cluster does not answer any more")
                )
        except Exception as error:
            outcome = _failed(job, _in_words(error))
        if future.set_running_or_notify_cancel() and outcome is not None:
            future.set_result(outcome)
        with self._guard:
            self._pending.pop(future, None)

    def _addresses(self) -> set[str]:
        return set(self._connected.scheduler_info(n_workers=-1)["workers"])

    def _checked(self) -> frozenset[str]:
        """The stands on which jobs may run: this machine's and those of the workers. Raises RunError with all that differ."""
        found: dict[str, Any] = self._connected.run(worker.standing, self._lock, on_error="return")
        faults = []
        accepted = {self._mine.digest}
        for address, answer in sorted(found.items()):
            if isinstance(answer, BaseException):
                told = [
                    say(
                        f"il pacchetto analysis manca o è un altro ({type(answer).__name__}: {answer})",
                        f"the package analysis is missing or another ({type(answer).__name__}: {answer})",
                    )
                ]
            else:
                told = stand.differences(self._mine, answer.stand)
                accepted.add(answer.stand.digest)
            if told:
                faults.append(
                    Fault(
                        _unlike(told),
                        f"worker {address}",
                        next_step=say(
                            "Portarvi la stessa versione del progetto e installare dal suo requirements.lock, poi riavviare il worker.",
                            "Bring the same version of the project there and install from its requirements.lock, then restart the worker.",
                        ),
                    )
                )
            elif answer.threads > 1 and self._report:
                self._report(
                    say(
                        f"worker {address}: un notebook alla volta, benché abbia {answer.threads} thread; "
                        "per usarli tutti avviarlo con --nworkers e --nthreads 1",
                        f"worker {address}: one notebook at a time although it has {answer.threads} threads; "
                        "to use them all start it with --nworkers and --nthreads 1",
                    )
                )
        if faults:
            raise RunError(faults)
        return frozenset(accepted)

    def _watch(self) -> None:
        """Give up what is left when no worker has been there for a long time."""
        seen = time.monotonic()
        while not self._ended.wait(2):
            with contextlib.suppress(OSError):
                if self._addresses():
                    seen = time.monotonic()
            if time.monotonic() - seen > PATIENCE:
                self._give_up(closing=False)


def plain(address: str) -> str:
    """An address as Dask writes it: `tcp://` where no protocol is named, no slash at the end."""
    named = address.strip().rstrip("/")
    return named if "://" in named else f"tcp://{named}"


def refused(editions: Iterable[Any], address: str) -> list[Fault]:
    """Why data of these editions may not go to the cluster at `address`, study by study; to be asked before anything is sent."""
    private: dict[tuple[str, Path], bool] = {}
    for edition in editions:
        key = edition.study, edition.folder
        mine = any(name.startswith(f"{parcel.PRIVATE}/") for name in edition.files)
        private[key] = private.get(key, False) or mine
    return [
        fault for (study, folder), mine in private.items() for fault in leaving(study, folder, mine, address)
    ]


def leaving(study: str, folder: Path, private: bool, address: str) -> list[Fault]:
    """Why the data of a study may not leave for `address`: collected data, and files of ALTRO_DATA_HOME (`private`), go only to a cluster that
    study.toml names."""
    declared = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8-sig"))
    if declared.get("provenance") in OPEN and not private:
        return []
    addresses = declared.get("cluster", {}).get("addresses", [])
    named = [addresses] if isinstance(addresses, str) else addresses
    if plain(address) in {plain(one) for one in named if isinstance(one, str)}:
        return []
    what = (
        say(
            "i file di $ALTRO_DATA_HOME non lasciano questo computer",
            "the files of $ALTRO_DATA_HOME do not leave this computer",
        )
        if declared.get("provenance") in OPEN
        else say("i dati raccolti non lasciano questo computer", "collected data do not leave this computer")
    )
    return [
        Fault(
            what,
            f"{study}/study.toml, [cluster] addresses",
            ", ".join(str(one) for one in named) or say("nessun cluster", "no cluster"),
            say(
                f'Se la base giuridica lo consente, dichiararlo: [cluster] addresses = ["{plain(address)}"]; altrimenti togliere --cluster.',
                f'If the legal basis allows it, declare it: [cluster] addresses = ["{plain(address)}"]; else leave --cluster out.',
            ),
        )
    ]


def _connected(address: str) -> Client:
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RunError(
            Fault(
                say("il cluster non risponde", "the cluster does not answer"),
                f"--cluster {address}",
                say(
                    "l'indirizzo dello scheduler, come tcp://nome:8786",
                    "the scheduler's address, like tcp://name:8786",
                ),
                say(
                    "Avviarlo con «dask scheduler», o correggere l'indirizzo.",
                    "Start it with 'dask scheduler', or mend the address.",
                ),
            )
        ) from error
    try:
        client.wait_for_workers(1, timeout=CONNECTING)
    except (OSError, TimeoutError) as error:
        client.close()
        raise RunError(
            Fault(
                say("il cluster non ha worker", "the cluster has no workers"),
                f"--cluster {address}",
                next_step=say(
                    f"Avviarne: dask worker {address} --nthreads 1",
                    f"Start some: dask worker {address} --nthreads 1",
                ),
            )
        ) from error
    return client


def _unlike(differences: list[str]) -> str:
    more = len(differences) - LISTED
    rest = [say(f"altre {more} differenze", f"{more} more differences")] if more > 0 else []
    told = "; ".join([*differences[:LISTED], *rest])
    return say(f"non calcolerebbe lo stesso: {told}", f"would not compute the same: {told}")


def _failed(job: Job, error: str) -> Outcome:
    return Outcome(job.name, 0.0, error, fault="worker")


def _in_words(error: Exception) -> str:
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        times = error.allowed_failures + 1
        return say(
            f"il worker che lo eseguiva è caduto {times} volte: forse gli manca memoria",
            f"the worker that ran it was lost {times} times: perhaps it lacks memory",
        )
    return f"{type(error).__name__}: {error}"
