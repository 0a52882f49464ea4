"""C1 and C2: the process is killed, before every operation on a file, in the middle of every write, at random times."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from crash.interposer import Plan
from crash.reader import Found, TornError, differences, published, tree
from crash.workspace import GC, VERIFY, Action, Ends, Place


@dataclass(frozen=True)
class Outcome:
    """One disturbance: where it struck, and everything that must not be."""

    number: int
    met: str
    problems: list[str]


def killed_at_every(place: Place, action: Action, mode: str, every: int = 1, begin: int = 1) -> Iterator[Outcome]:
    """Kill the action before operation `begin`, `begin + every`, ... until it is too short to be killed.

    `mode` is "kill", or "tear" for the middle of each write.
    """
    ends, number = place.ends(action), begin
    while True:
        place.reset(ends.before)
        ended = place.do(action.command, Plan(mode, number, number))
        if not ended.killed:
            assert ended.code == 0, f"{action.name}, undisturbed: exit {ended.code}\n{ended.output}"
            return
        yield Outcome(number, ended.met.replace(str(place.out), "OUT"), problems(place, action, ends))
        number += every


def killed_at_times(place: Place, action: Action, kills: int, seed: int) -> Iterator[Outcome]:
    """Kill the action at uniform times of its duration; one that ended before its time counts, too."""
    ends, drawn = place.ends(action), random.Random(seed)
    place.reset(ends.before)
    whole = place.do(action.command).seconds
    for number in range(kills):
        place.reset(ends.before)
        after = drawn.uniform(0.001, whole)
        place.do(action.command, kill_after=after)
        yield Outcome(number, f"after {after / whole:.0%} of its time", problems(place, action, ends))


def problems(place: Place, action: Action, ends: Ends) -> list[str]:
    """What is wrong with the state on the disk: for a reader, after the command was run again, and after `gc`."""
    found = [f"reader: {each}" for each in neither(place, ends)]
    told = place.do(VERIFY)
    if told.code != 0:
        found.append(f"runs verify: exit {told.code}: {told.output[:300]}")
    again = place.do(action.command)
    if again.code != 0:
        return [*found, f"run again: exit {again.code}: {again.output[:300]}"]
    swept = place.do(GC)
    if swept.code != 0:
        found.append(f"gc: exit {swept.code}: {swept.output[:300]}")
    return found + [f"after the rerun and gc, {each}" for each in differences(tree(place.out), ends.wanted)]


def neither(place: Place, ends: Ends) -> list[str]:
    """Pointers that show neither what they showed before nor what they show after the action."""
    try:
        found = published(place.out)
    except (TornError, OSError) as error:
        return [str(error)]
    return moved(found, ends)


def moved(found: Found, ends: Ends) -> list[str]:
    """Pointers of a reader's findings that are neither the old nor the new ones."""
    names = sorted({*found, *ends.old, *ends.new})
    return [name for name in names if found.get(name) not in (ends.old.get(name), ends.new.get(name))]
