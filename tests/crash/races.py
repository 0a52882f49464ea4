"""C5 and C6: two jobs at once, and a job after one that was killed while it held a lock."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from crash.interposer import Plan
from crash.kills import Outcome
from crash.reader import Found, TornError, differences, published, tree
from crash.serving import Ended
from crash.workspace import ACTIONS, GC, SCORE_NEW, SCORE_OLD, TRAIN, Action, Place

SAME = ACTIONS["score"]
LOCKED, PROMPT = 75, 5.0
"""Exit code of a job that another is doing; seconds within which it is to be told."""
ALREADY = "was scored already"
WHO = re.compile(r"process (\d+).*since", re.DOTALL | re.IGNORECASE)


def same_date(place: Place, races: int, seed: int) -> Iterator[Outcome]:
    """Two jobs for one date, begun up to one job's time apart: one computes, the other says so and does nothing."""
    ends, drawn = place.ends(SAME), random.Random(seed)
    place.reset(ends.before)
    whole = place.do(SAME.command).seconds
    for number in range(races):
        place.reset(ends.before)
        delay = drawn.uniform(0.0, whole) if number % 4 else 0.0
        ended = place.server.race([place.words(SAME.command)] * 2, [0.0, delay])
        wrong = _one_won(ended) or _swept(place) + differences(tree(place.out), ends.wanted)
        codes = " and ".join(str(each.code) for each in ended)
        yield Outcome(number, f"{delay:.2f} s apart: exit {codes}", wrong)


def other_dates(place: Place, races: int, seed: int) -> Iterator[Outcome]:
    """Two jobs for two dates: both land, and nothing of one is in the other."""
    ends, drawn = place.ends(Action("other dates", (TRAIN, SCORE_OLD), SCORE_NEW)), random.Random(seed)
    trained = place.trained()
    for number in range(races):
        place.reset(trained)
        commands = [place.words(f"{each} --backfill") for each in (SCORE_OLD, SCORE_NEW)]
        delay = drawn.uniform(0.0, 0.3)
        ended = place.server.race(commands if number % 2 else commands[::-1], [0.0, delay])
        wrong = [f"exit {each.code}: {each.output[-300:]}" for each in ended if each.code != 0]
        yield Outcome(number, f"{delay:.2f} s apart", wrong or _swept(place) or _shown(place, ends.new))


def after_a_death(place: Place, kills: int, seed: int) -> Iterator[Outcome]:
    """The holder of every lock is killed somewhere in its work; the next one is done within seconds."""
    ends, drawn = place.ends(SAME), random.Random(seed)
    place.reset(ends.before)
    alone = place.do(SAME.command, Plan("count"))
    count = alone.count
    for number in range(kills):
        place.reset(ends.before)
        at = drawn.randint(count // 20, count)
        place.do(SAME.command, Plan("kill", at, at))
        ended = place.do(SAME.command)
        wrong = [] if ended.code == 0 else [f"exit {ended.code}: {ended.output[-300:]}"]
        if ended.seconds > alone.seconds + PROMPT:
            wrong.append(f"the next job took {ended.seconds:.1f} s, alone {alone.seconds:.1f} s")
        yield Outcome(number, f"killed at operation {at}, next {ended.seconds:.1f} s", wrong)


def _one_won(ended: list[Ended]) -> list[str]:
    codes = sorted(each.code for each in ended)
    wrong = [] if codes in ([0, 0], [0, LOCKED]) else [f"exits {codes}: {[each.output[-200:] for each in ended]}"]
    done = sum(ALREADY in " ".join(each.output.split()) for each in ended if each.code == 0)
    if codes == [0, 0] and done != 1:
        wrong.append(f"{done} of two jobs say that it was done already")
    for loser in (each for each in ended if each.code == LOCKED):
        if loser.seconds > PROMPT:
            wrong.append(f"told after {loser.seconds:.1f} s")
        if not WHO.search(loser.output):
            wrong.append(f"does not tell who and since when: {loser.output}")
    return wrong


def _swept(place: Place) -> list[str]:
    """What is wrong with `gc`, and what is still half-written after it."""
    swept = place.do(GC)
    wrong = [] if swept.code == 0 else [f"gc: exit {swept.code}: {swept.output[-300:]}"]
    return wrong + [f"{path.name} is left over" for path in place.out.rglob("*.partial")]


def _shown(place: Place, wanted: Found) -> list[str]:
    """Pointers that show something else, or something torn, than after jobs one after the other.

    Publications between the first and the last may differ by which job was first; none of them is shown.
    """
    try:
        found = published(place.out)
    except (TornError, OSError) as error:
        return [f"reader: {error}"]
    names = sorted({*found, *wanted})
    return [f"{name} shows something else" for name in names if found.get(name) != wanted.get(name)]
