"""C3: the power goes. A log of what a command did to the disk is cut anywhere, and what nobody waited for is lost."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from crash.disk import KEPT, LOST, TORN, ZEROS, Change, Disk, Node, State, read_log, write_state
from crash.interposer import Plan
from crash.kills import Outcome, moved, neither, problems
from crash.reader import TornError, published
from crash.workspace import Action, Ends, Place


def lost_anywhere(place: Place, action: Action, every: int = 1, whole_every: int = 1) -> Iterator[Outcome]:
    """Every different state that `states` finds at every `every`-th point of the action.

    At each, a reader looks; at every `whole_every`-th, the action is also run again and swept.
    """
    ends = place.ends(action)
    place.reset(ends.before)
    log = place.root / "operations.log"
    disk = Disk(place.work)
    ended = place.do(action.command, Plan("log", log=str(log)))
    assert ended.code == 0, ended.output
    operations = read_log(log)
    seen: set[str] = set()
    for number, operation in enumerate(operations, 1):
        if (number - 1) % every == 0 or number == len(operations):
            yield from _at(place, action, ends, disk, seen, f"before operation {number}", whole_every)
        disk.do(operation)
    yield from _at(place, action, ends, disk, seen, "after the end", whole_every)


def _at(
    place: Place, action: Action, ends: Ends, disk: Disk, seen: set[str], where: str, whole_every: int
) -> Iterator[Outcome]:
    for how, state in states(disk, random.Random(where)):
        digest = _digest(state)
        if digest in seen and where != "after the end":
            continue
        seen.add(digest)
        shutil.rmtree(place.out)
        _put(state, place.work)
        wrong = [f"reader: {each}" for each in neither(place, ends)]
        if where == "after the end":
            wrong += _not_new(place, ends)
        if len(seen) % whole_every == 0:
            wrong = [*wrong, *(each for each in problems(place, action, ends) if each not in wrong)]
        yield Outcome(len(seen), f"{where}: {how}", wrong)


def states(disk: Disk, drawn: random.Random) -> Iterator[tuple[str, State]]:
    """What a power loss may leave at this point, with words on how: the harshest ones, each entry alone, and at random.

    The order of writing to the disk is free, so that every open change of an entry is kept alone, and left out alone.
    """
    changes, files = disk.open_changes(), disk.open_files()

    def fated(fate: str) -> dict[Node, str]:
        return dict.fromkeys(files, fate)

    yield "nothing that was not waited for", disk.left(frozenset(), {})
    for fate in (LOST, ZEROS, TORN, KEPT):
        yield f"all entries, bytes {fate}", disk.left(frozenset(changes), fated(fate))
    for change in changes[-12:]:
        yield "one entry alone", disk.left(_with_parents(change, changes), {})
        yield "all entries but one", disk.left(frozenset(changes) - {change}, fated(KEPT))
    for _ in range(2):
        some = frozenset(change for change in changes if drawn.random() < 0.5)
        yield "at random", disk.left(some, {node: drawn.choice((LOST, ZEROS, TORN, KEPT)) for node in files})


def _with_parents(change: Change, changes: list[Change]) -> frozenset[Change]:
    """A change, and those before it without which it cannot be: that its file and its folder were made."""
    needed, kept = {change.node, change.place}, {change}
    for earlier in reversed(changes[: changes.index(change)]):
        if earlier.node in needed:
            kept.add(earlier)
            needed.add(earlier.place)
    return frozenset(kept)


def _not_new(place: Place, ends: Ends) -> list[str]:
    """Once the command has said that it is done, nothing may bring the old state back."""
    try:
        found = published(place.out)
    except (TornError, OSError):
        return []  # said already
    lost = [name for name in sorted(ends.new) if found.get(name) != ends.new[name]]
    return [f"reader: {name} shows the old state after the command was done" for name in lost if not moved(found, ends)]


def _digest(state: State) -> str:
    digest = hashlib.sha256()
    for name, data in state.items():
        digest.update(f"{name} {'folder' if data is None else hashlib.sha256(data).hexdigest()}\n".encode())
    return digest.hexdigest()


def _put(state: State, root: Path) -> None:
    write_state(state, root)
    (root / "out").mkdir(exist_ok=True)
