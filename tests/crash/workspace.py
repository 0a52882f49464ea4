"""The company that is crashed, and what is done in it: a state before, one command, and the state that it leads to."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crash.book import NEW, OLD, RUN, write_book
from crash.interposer import Plan
from crash.reader import Found, published, tree
from crash.serving import Ended, Server

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of unforeseeable name is made in it
"""Where waiting for the disk takes no time. What a disk may lose is replayed from a log, so nothing depends on one."""


@dataclass(frozen=True)
class Action:
    """One command, and those before it. `{old}` and `{new}` are dates, `{again}` the run with another seed."""

    name: str
    before: tuple[str, ...]
    command: str


TRAIN, SCORE_OLD, SCORE_NEW = "train {run}", "score {run} --as-of {old}", "score {run} --as-of {new}"
ACTIONS = {
    action.name: action
    for action in (
        Action("train", (TRAIN,), "train {again}"),
        Action("score", (TRAIN, SCORE_OLD), SCORE_NEW),
        Action("publish", (TRAIN, SCORE_OLD, SCORE_NEW), "score {told} --as-of {new}"),
        Action("backfill", (TRAIN, SCORE_NEW), SCORE_OLD + " --backfill"),
        Action("rescore", (TRAIN, SCORE_OLD, SCORE_NEW), "score {run} --as-of {new} --accounts A031,A033"),
        Action("backtest", ("backtest {run}",), "backtest {again}"),
    )
}
GC, VERIFY = "runs gc {run}", "runs verify --run {run}"


@dataclass(frozen=True)
class Ends:
    """The states before and after an action that nobody disturbed.

    Attributes
    ----------
    before, after
        Output folders; copies, to begin from and to compare with.
    old, new
        What readers find in each.
    wanted
        Every file of `after`, once `gc` has run.
    """

    before: Path
    after: Path
    old: Found
    new: Found
    wanted: dict[str, str]


class Place:
    """A folder with the company, an output folder that is crashed, and copies of states.

    Parameters
    ----------
    root
        The folder; its `work` holds the output and is what the interposer watches.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.work, self.out = root, root / "work", root / "work" / "out"
        self.run = write_book(root / "company")
        self.again = self.run.with_name("again.toml")
        self.again.write_text(RUN.replace("seed = 1", "seed = 2"), encoding="utf-8")
        self.told = self.run.with_name("told.toml")
        self.told.write_text(RUN + "\n[trend]\nmargin = 4\n", encoding="utf-8")
        self.work.mkdir()
        self.server = Server(self.work, [self.words(each) for each in self._warming()])
        shutil.rmtree(self.out)
        self._ends: dict[str, Ends] = {}

    def words(self, command: str) -> list[str]:
        """A command as its words, with the output folder."""
        run, again, told = str(self.run), str(self.again), str(self.told)
        filled = command.format(run=run, again=again, told=told, old=OLD.isoformat(), new=NEW.isoformat())
        return [*filled.split(), "--out", str(self.out)]

    def do(
        self,
        command: str,
        plan: Plan | None = None,
        *,
        kill_after: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command in a process of its own."""
        return self.server.run(self.words(command), plan, kill_after=kill_after, environment=environment)

    def well(self, command: str) -> None:
        """Run a command that has to succeed."""
        ended = self.do(command)
        assert ended.code == 0, f"{command}: exit {ended.code}\n{ended.output}"

    def reset(self, state: Path) -> None:
        """Put the output folder back to a state."""
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(state, self.out, symlinks=True)

    def trained(self) -> Path:
        """The state after a training alone."""
        state = self.root / "trained"
        if not state.exists():
            shutil.rmtree(self.out, ignore_errors=True)
            self.well(TRAIN)
            shutil.copytree(self.out, state, symlinks=True)
        return state

    def ends(self, action: Action) -> Ends:
        """Both ends of an action; they are made once."""
        if action.name not in self._ends:
            self._ends[action.name] = self._make(action)
        return self._ends[action.name]

    def _make(self, action: Action) -> Ends:
        shutil.rmtree(self.out, ignore_errors=True)
        for command in action.before:
            self.well(command)
        before = Path(shutil.copytree(self.out, self.root / action.name / "before", symlinks=True))
        self.well(action.command)
        after = Path(shutil.copytree(self.out, self.root / action.name / "after", symlinks=True))
        new = published(self.out)
        self.well(GC)
        return Ends(before, after, published(before), new, tree(self.out))

    def _warming(self) -> Sequence[str]:
        commands = [*ACTIONS["score"].before, SCORE_NEW, "backtest {run}", GC, VERIFY]
        return [*commands, "score {run} --as-of {new} --scorecard nothing", "train {run}"]


@contextmanager
def place() -> Iterator[Place]:
    """A place that is gone afterwards, in memory where that can be had."""
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="healthscore-crash-", dir=parent) as folder:
        made = Place(Path(folder))
        try:
            yield made
        finally:
            made.server.close()
