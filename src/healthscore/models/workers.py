"""Processes of a Dask cluster that keep the rows of a panel, each those of accounts of its own, in files.

Nobody holds all rows: Dask places the processes, and carries rows to them and models back. What they grow together is
in `distributed`.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlparse

import numpy as np

from healthscore.errors import ConfigurationError, WorkersError
from healthscore.models.design import Flags, Integers, Labels, Matrix, Vector

LOCAL = "local:"
SECONDS = 60
"""How long a cluster may take to answer, in seconds."""
GLANCE = 5
"""How long nobody has to say anything before it is asked who is still there, in seconds."""


@dataclass
class Workers:
    """Processes of a Dask cluster, and what they keep.

    Attributes
    ----------
    client
        The connection.
    addresses
        Of the processes, in the order of their names: the first finds the bins of the first columns, and so on.
    labels
        Outcomes of the rows that were given out so far, a chunk each.
    rows
        How many of them each process keeps.
    incomplete
        Which columns had a missing value in them, shape (p,); None before the first.
    """

    client: Any
    addresses: tuple[str, ...]
    folder: str = field(default_factory=lambda: f"healthscore-{uuid.uuid4().hex}")
    labels: list[Labels] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    incomplete: Flags | None = None

    def keep(self, X: Matrix, y: Labels, start: Vector, account: Integers) -> None:
        """Give out rows: all those of an account to one process, neighbours among accounts to different ones.

        Parameters
        ----------
        X, y
            Features (n, p) with NaN for missing, and outcomes (n,) in {0, 1}.
        start
            Log-odds that the trees start from, shape (n,): of the base rate, and what is known of the row's date.
        account
            Number of each row's account, shape (n,): of every account, all rows come at once.
        """
        owner = account % len(self.addresses)
        futures: list[Any] = []
        for number, address in enumerate(self.addresses):
            own = owner == number
            with self._explained(futures):
                rows = self.client.scatter((X[own], y[own], start[own]), workers=[address], hash=False)
            futures.append(self.submit(address, _keep, self.folder, len(self.labels), rows))
        self.results(futures)
        self.rows = [int(n) for n in np.bincount(owner, minlength=len(self.addresses)) + (self.rows or 0)]
        missing: Flags = np.asarray(np.isnan(X).any(axis=0), dtype=np.bool_)
        self.incomplete = missing if self.incomplete is None else self.incomplete | missing
        self.labels.append(y)

    def machines(self) -> list[str]:
        """Host and free port of each process, for what they say to each other."""
        ports = self.results([self.submit(address, _free_port) for address in self.addresses])
        hosts = [urlparse(address).hostname for address in self.addresses]
        return [f"{host}:{port}" for host, port in zip(hosts, ports, strict=True)]

    def forget(self) -> None:
        """Remove the rows from the disks of the processes that are still there."""
        gone = self._gone()
        self.results([self.submit(each, _forget, self.folder) for each in self.addresses if each not in gone])

    def submit(self, address: str, function: Any, *arguments: Any) -> Any:
        """Let a process, and no other in its place, call a function; the future of what it returns."""
        return self.client.submit(function, *arguments, workers=[address], allow_other_workers=False, pure=False)

    def results(self, futures: Sequence[Any]) -> list[Any]:
        """What the processes return, in the order given; the first that fails or is gone stops the others.

        Raises
        ------
        WorkersError
            One failed, or is gone.
        """
        finished: Queue[Any] = Queue()
        for future in futures:
            future.add_done_callback(finished.put)
        with self._explained(futures):
            for _ in futures:
                self._next(finished).result()
            return [future.result() for future in futures]

    @contextmanager
    def _explained(self, futures: Sequence[Any] = ()) -> Iterator[None]:
        """What goes wrong with a worker is told in one way, and the others stop."""
        try:
            yield
        # Whatever went wrong in another process comes back as its own exception: memory, disk, sockets, versions.
        except Exception as error:
            self.client.cancel(list(futures), force=True)
            gone = self._gone()
            what = f"{', '.join(gone)} died, or cannot be reached" if gone else f"{type(error).__name__}: {error}"
            raise WorkersError(
                f"a worker failed: {what}",
                "look at its log; the workers need this version of healthscore, memory and disk for their share of the "
                "panel, and ports that are open between them",
            ) from error

    def _next(self, finished: Queue[Any]) -> Any:
        """The next future that is done. What a process that died was to do would wait for its return for ever."""
        while True:
            try:
                return finished.get(timeout=GLANCE)
            except Empty:
                if gone := self._gone():
                    raise ConnectionError(f"nothing more comes from {', '.join(gone)}") from None

    def _gone(self) -> list[str]:
        there = self.client.scheduler_info(n_workers=-1)["workers"]
        return [address for address in self.addresses if address not in there]


@contextmanager
def workers_at(address: str, threads: int) -> Iterator[Workers]:
    """Connect to the workers of a Dask scheduler, or start some on this machine for as long as the block lasts.

    Parameters
    ----------
    address
        That of a scheduler, such as `tcp://10.0.0.5:8786`, or `local:2` for two processes on this machine.
    threads
        Shared by local processes; those of a cluster have their own number.

    Raises
    ------
    ConfigurationError
        Dask is not installed, or the address is none.
    WorkersError
        Nobody answers there, or the cluster has no workers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ConfigurationError("workers need Dask", "pip install 'healthscore[dask]'") from None
    with ExitStack() as stack:
        place: Any = address
        if address.startswith(LOCAL):
            count = _count(address)
            folder = stack.enter_context(TemporaryDirectory(prefix="healthscore-workers-"))
            place = stack.enter_context(
                LocalCluster(
                    n_workers=count,
                    threads_per_worker=max(1, threads // count),
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",  # without one it would listen to the whole network
                    worker_dashboard_address="127.0.0.1:0",
                    memory_limit=None,  # what is read from their files counts as theirs, and is given back when needed
                    local_directory=folder,
                )
            )
        try:
            client = stack.enter_context(Client(place, timeout=SECONDS, set_as_default=False))
            client.wait_for_workers(1, timeout=SECONDS)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError; an address without sense a ValueError
            raise WorkersError(f"no workers at {address}: {error}", "name a Dask scheduler, or local:2") from None
        if address.startswith(LOCAL):
            client.run(_mute)
        known = client.scheduler_info(n_workers=-1)["workers"]
        workers = Workers(client, tuple(sorted(known, key=lambda one: (str(known[one]["name"]), one))))
        try:
            yield workers
        finally:
            with suppress(WorkersError):  # a process that is gone has taken its rows with it, or its host will
                workers.forget()


def _count(address: str) -> int:
    number = address.removeprefix(LOCAL)
    if not number.isdecimal() or not 1 <= int(number) <= 64:
        raise ConfigurationError(f"workers {address!r}: {number!r} is no number of processes", "write it as local:2")
    return int(number)


# --- what runs in the workers ----------------------------------------------------------------------------------------


def _place(folder: str) -> Path:
    from distributed import get_worker

    return Path(get_worker().local_directory) / folder


def _keep(folder: str, chunk: int, rows: tuple[Matrix, Labels, Vector]) -> None:
    place = _place(folder)
    place.mkdir(parents=True, exist_ok=True)
    if len(rows[0]):
        for name, array in zip(("X", "y", "start"), rows, strict=True):
            np.save(place / f"{name}-{chunk:08}.npy", np.ascontiguousarray(array))


def kept(folder: str) -> tuple[list[Matrix], Labels, Vector]:
    """What the process that asks keeps: features, a chunk each and read when touched; outcomes; starting log-odds."""
    place = _place(folder)
    X = [np.load(path, mmap_mode="r") for path in sorted(place.glob("X-*.npy"))]
    y, start = (np.concatenate([np.load(path) for path in sorted(place.glob(f"{n}-*.npy"))]) for n in ("y", "start"))
    return X, y, start


def own_threads() -> int:
    """How many the process that asks has."""
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _mute() -> None:
    """Nothing of a process on this machine shall stand between the lines, or the JSON, of the command."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # the library's own threads write past `sys.stdout`
    os.close(nothing)


def _forget(folder: str) -> None:
    import shutil

    shutil.rmtree(_place(folder), ignore_errors=True)
