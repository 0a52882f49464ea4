"""Trees that several processes grow together, each on accounts of its own: LightGBM's data-parallel training, on Dask.

Nobody holds all rows. Dask places the processes and carries rows and models; between each other the processes speak
LightGBM's own protocol. Each keeps its rows in files and reads them from there into LightGBM's bins, a byte per value.

`interaction_constraints` crash LightGBM's data-parallel learner (LightGBM issue 5680, still so in 4.7). One component
per tree is had otherwise. Under the constraints, the sample at hand says which component tree `k` takes; all rows then
grow tree `k` with every other column's gain counted as 0 (`feature_contri`). On the same rows, in one process, that
gives the same trees to the last bit. In several processes bins are found on each one's own rows, so the trees are about
as good and never the same; with the same rows on as many processes they are the same again.
"""

from __future__ import annotations

import io
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlparse

import numpy as np

from healthscore.errors import ConfigurationError, WorkersError
from healthscore.models import treetext
from healthscore.models.booster import BoosterPart, BoosterRecipe
from healthscore.models.calibration import level
from healthscore.models.candidates import Candidates
from healthscore.models.churn import ChurnSettings
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design, Flags, Integers, Labels, Matrix, Vector, logit
from healthscore.models.innerfit import offsets_of

LOCAL = "local:"
MINUTES = 30
"""How long LightGBM waits for a word of the other processes, in minutes."""
SECONDS = 60
"""How long a cluster may take to answer, in seconds."""


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
        futures = []
        for number, address in enumerate(self.addresses):
            own = owner == number
            rows = self.client.scatter((X[own], y[own], start[own]), workers=[address], hash=False)
            futures.append(self._on(address, _keep, self.folder, len(self.labels), rows))
        self._results(futures)
        self.rows = [int(n) for n in np.bincount(owner, minlength=len(self.addresses)) + (self.rows or 0)]
        missing: Flags = np.asarray(np.isnan(X).any(axis=0), dtype=np.bool_)
        self.incomplete = missing if self.incomplete is None else self.incomplete | missing
        self.labels.append(y)

    def grow(self, parameters: dict[str, Any], gains: Sequence[Sequence[float]]) -> str:
        """Grow a tree per entry of `gains`, the factor on the gain of each column; returns LightGBM's text."""
        if not all(self.rows):
            raise WorkersError(
                f"{self.rows.count(0)} of {len(self.rows)} workers have no rows", "take fewer workers, or more accounts"
            )
        ports = self._results([self._on(address, _free_port) for address in self.addresses])
        hosts = [urlparse(address).hostname for address in self.addresses]
        network = {
            "tree_learner": "data",
            "pre_partition": True,
            "time_out": MINUTES,
            "num_machines": len(self.addresses),
            "machines": ",".join(f"{host}:{port}" for host, port in zip(hosts, ports, strict=True)),
        }
        threads = self.client.ncores()
        said = []
        for number, (address, port) in enumerate(zip(self.addresses, ports, strict=True)):
            own = parameters | {"num_threads": threads[address]}
            own |= network | {"local_listen_port": port} if len(self.addresses) > 1 else {}
            said.append(self._on(address, _grow, self.folder, own, gains, number == 0))
        return str(self._results(said)[0])

    def forget(self) -> None:
        """Remove the rows from the disks of the processes."""
        self._results([self._on(address, _forget, self.folder) for address in self.addresses])

    def _on(self, address: str, function: Any, *arguments: Any) -> Any:
        return self.client.submit(function, *arguments, workers=[address], allow_other_workers=False, pure=False)

    def _results(self, futures: Sequence[Any]) -> list[Any]:
        """What the processes return, in their order; the first that fails stops the others.

        Raises
        ------
        WorkersError
            One failed.
        """
        from distributed import as_completed

        try:
            for done in as_completed(futures, loop=self.client.loop):
                done.result()
            return [future.result() for future in futures]
        # Whatever went wrong in another process comes back as its own exception: memory, disk, sockets, versions.
        except Exception as error:
            self.client.cancel(futures, force=True)
            raise WorkersError(
                f"a worker failed: {type(error).__name__}: {error}",
                "look at its log; the workers need this version of healthscore, disk for their share of the panel, "
                "and ports that are open between them",
            ) from error


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


def regrown(
    model: ChurnModel,
    candidates: Candidates,
    X: Matrix,
    y: Labels,
    day: Integers,
    workers: Workers,
    settings: ChurnSettings,
) -> ChurnModel:
    """Grow the trees of a fitted model again, on all rows that the workers keep.

    Everything else stays as the sample has it: the number of trees, which component each takes, the other parts, and
    the map to probabilities, whose constant is set anew on the sample.

    Parameters
    ----------
    model, candidates
        Fitted on the sample.
    X, y, day
        The sample: features (n, p), outcomes (n,), as-of days (n,).
    settings
        How it was fitted.
    """
    offset = offsets_of(y, day, settings)
    parts = dict(model.parts)
    for name, part in model.parts.items():
        if isinstance(part, BoosterPart):
            recipe = BoosterRecipe(settings.booster, part.additive, settings.threads)
            trees = candidates.tried[name].level
            parts[name] = _grown(recipe, part, X, y, trees, workers, seed=model.seed, offset=offset)
    calibration = model.calibration
    if calibration.origins:
        z = np.column_stack([part.logit(X) for part in parts.values()]) @ np.array(calibration.kappas)
        calibration = replace(calibration, alpha=level(z, float(y.mean())) + calibration.shift)
    return replace(model, parts=parts, calibration=calibration)


def _grown(
    recipe: BoosterRecipe,
    part: BoosterPart,
    X: Matrix,
    y: Labels,
    trees: float,
    workers: Workers,
    *,
    seed: int,
    offset: Vector | None,
) -> BoosterPart:
    design, labels = part.design, np.concatenate(workers.labels)
    parameters = recipe.parameters(design, labels, seed)
    groups = parameters.pop("interaction_constraints", [list(range(len(design.names)))])
    gains = [_only(groups, tree.columns[0], design) for tree in _in_order(recipe, design, X, y, trees, seed, offset)]
    grown = treetext.canonical(workers.grow(parameters, gains), len(design.names))
    if part.additive:
        grown.sort(key=lambda tree: int(design.group_of[tree.columns[0]]))
    observed = part.observed if workers.incomplete is None else np.where(workers.incomplete, np.nan, part.observed)
    return replace(part, intercept_of_trees=float(logit(labels.mean())), trees=tuple(grown), observed=observed)


def _in_order(
    recipe: BoosterRecipe, design: Design, X: Matrix, y: Labels, trees: float, seed: int, offset: Vector | None
) -> list[treetext.Tree]:
    """Trees of the sample as they grew, one after the other; a fitted part has them sorted by component."""
    import lightgbm

    rows = recipe.binned(design, X, y, seed=seed, offset=offset)
    booster = lightgbm.train(recipe.parameters(design, y, seed), rows.data, int(trees))
    return treetext.canonical(booster.model_to_string(), len(design.names))


def _only(groups: Sequence[Sequence[int]], column: int, design: Design) -> list[float]:
    """1 for the columns of the group that a column is of, 0 for all others."""
    (group,) = (set(one) for one in groups if column in one)
    return [float(other in group) for other in range(len(design.names))]


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _grow(folder: str, parameters: dict[str, Any], gains: Sequence[Sequence[float]], telling: bool) -> str:
    """Grow on the kept rows; the text of all trees by the process that is to tell."""
    import lightgbm

    place = _place(folder)
    X = [np.load(path, mmap_mode="r") for path in sorted(place.glob("X-*.npy"))]
    y, start = (np.concatenate([np.load(path) for path in sorted(place.glob(f"{n}-*.npy"))]) for n in ("y", "start"))
    with redirect_stdout(io.StringIO()):  # LightGBM tells of its sockets, whatever its verbosity
        names = [f"f{column}" for column in range(X[0].shape[1])]
        data = lightgbm.Dataset(X, y.astype(np.float64), init_score=start, feature_name=names, params=parameters)
        booster = lightgbm.Booster(parameters, data)
        try:
            for factors in gains:
                booster.reset_parameter({"feature_contri": factors})
                booster.update()
            return str(booster.model_to_string()) if telling else ""
        finally:
            booster.free_network()


def _mute() -> None:
    """Nothing of a process on this machine shall stand between the lines, or the JSON, of the command."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # the library's own threads write past `sys.stdout`
    os.close(nothing)


def _forget(folder: str) -> None:
    import shutil

    shutil.rmtree(_place(folder), ignore_errors=True)
