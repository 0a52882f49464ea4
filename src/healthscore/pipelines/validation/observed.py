"""What became of every scored account: it left within the window, it stayed, or the row cannot say.

One worked example, gap 0, horizon 90, data to 2024-12-31: a score of 2024-03-01 counts an exit on any day from
2024-03-01 to 2024-05-29 as *left*. A score of 2024-11-01 is *immature*: its window ends on 2025-01-30, so "stayed"
would be a guess.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import date_of
from healthscore.errors import ConfigurationError, InputError
from healthscore.pipelines.validation.histories import Counted, Exits, History

NOT_CHURN = ("merged", "closed", "completed")
"""Types of exit that nobody decided against us; unless the user says otherwise they are neither left nor stayed."""
NEVER = np.iinfo(np.int64).max // 2


@dataclass(frozen=True)
class Window:
    """Which exits count for a score of day t: those in [t + gap, t + gap + horizon), of these types."""

    gap: int
    horizon: int
    maturity: int
    data_end: int
    types: Collection[str] | None = None
    """None: all but NOT_CHURN."""
    returns: bool = False
    """Whether an account can leave, come back and leave again; otherwise its first exit is its only one."""

    def __post_init__(self) -> None:
        if self.horizon < 1 or self.gap < 0 or self.maturity < 0:
            raise ConfigurationError(
                f"horizon {self.horizon}, gap {self.gap}, maturity {self.maturity} days",
                "the horizon is 1 day or more, gap and maturity 0 or more",
            )

    @property
    def length(self) -> int:
        """Days after a score by which its outcome is known."""
        return self.gap + self.horizon + self.maturity

    @property
    def words(self) -> str:
        """The window in words, counted from the score."""
        if self.gap:
            return f"between day {self.gap} and day {self.gap + self.horizon} after it"
        return f"within {self.horizon} days"


@dataclass(frozen=True)
class Observed:
    """Scores and what became of them; arrays (rows,) over the scores given while the account was there.

    Attributes
    ----------
    row
        Row of the history.
    code
        Number of the account, the same in `exit_code`.
    label
        1 left, 0 stayed, -1 not known.
    next_exit
        Index of the exit that made the label 1; -1 elsewhere.
    reason
        Why the label is not known: "", "immature", "exit_in_gap" or "left_otherwise".
    exit_code, exit_day
        Exits of types that count, of any account; shape (exits,).
    counted
        What became of the rows of either file; `exits.dropped` names what never could count.
    """

    row: NDArray[np.intp]
    code: NDArray[np.intp]
    label: NDArray[np.int8]
    next_exit: NDArray[np.intp]
    reason: NDArray[np.object_]
    exit_code: NDArray[np.intp]
    exit_day: NDArray[np.int64]
    scores: Counted
    exits: Counted
    findings: dict[str, int]


def default_data_end(history: History, exits: Exits) -> int:
    """The day after the last dated row of either file."""
    return int(max(history.day.max(initial=-1), exits.day.max(initial=-1))) + 1


def observe(history: History, exits: Exits, window: Window) -> Observed:
    """Find what became of every score.

    Raises
    ------
    InputError
        No exit belongs to any scored account.
    ConfigurationError
        A type was asked for that no exit has.
    """
    scores, left = _copy(history.counted), _copy(exits.counted)
    known, code = np.unique(history.account.astype(str), return_inverse=True)
    exit_code, exit_day, exit_counts = _usable(exits, known, window, left)
    next_exit, delay = _next_exit(code, history.day, exit_code, exit_day)
    present = np.ones(code.size, dtype=bool)
    if not window.returns:
        gone = np.full(known.size, NEVER)
        gone[exit_code] = exit_day
        present = gone[code] >= history.day
        scores.drop("after_exit", int((~present).sum()))
    first_score = np.full(known.size, NEVER)
    np.minimum.at(first_score, code, history.day)
    findings = {
        "exits_before_first_score": int((exit_day < first_score[exit_code]).sum()),
        "accounts_scored_after_exit": int(np.unique(code[~present]).size),
    }
    label, reason = _labels(history.day, delay, next_exit, exit_counts, window)
    left.drop("other_type", int((~exit_counts).sum()))
    for rule in ("immature", "exit_in_gap", "left_otherwise"):
        scores.drop(rule, int((present & (reason == rule)).sum()))
    ordinal = np.cumsum(exit_counts) - 1
    counting = np.where(label == 1, ordinal[next_exit] if ordinal.size else -1, -1)
    return Observed(
        row=np.flatnonzero(present),
        code=code[present],
        label=label[present],
        next_exit=counting[present].astype(np.intp),
        reason=reason[present],
        exit_code=exit_code[exit_counts],
        exit_day=exit_day[exit_counts],
        scores=scores,
        exits=left,
        findings=findings,
    )


def _usable(
    exits: Exits, known: NDArray[np.str_], window: Window, left: Counted
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.bool_]]:
    """Exits of scored accounts within the data: account, day, whether the type counts; `left` counts the rest."""
    of_exits = exits.account.astype(str)
    position = np.minimum(np.searchsorted(known, of_exits), max(0, known.size - 1))
    is_known = known[position] == of_exits if known.size else np.zeros(of_exits.size, dtype=bool)
    if of_exits.size and not is_known.any():
        raise _strangers(known.tolist(), of_exits.tolist())
    counts = _counts(exits, window)
    usable = is_known & (exits.day < window.data_end)
    left.drop("unknown_account", int((~is_known).sum()))
    left.drop("after_data_end", int((is_known & ~usable).sum()))
    code, day, counting = position[usable], exits.day[usable], counts[usable]
    if window.returns or not code.size:
        return code, day, counting
    first = np.append(True, code[1:] != code[:-1])
    left.drop("second_exit", int((~first).sum()))
    return code[first], day[first], counting[first]


def _copy(counted: Counted) -> Counted:
    return Counted(counted.rows_in, dict(counted.dropped))


def _counts(exits: Exits, window: Window) -> NDArray[np.bool_]:
    """Which exits are of a type that counts."""
    if exits.type is None:
        if window.types is not None:
            raise ConfigurationError("types of exits were named, and the exits have no type", "name its column")
        return np.ones(exits.day.size, dtype=bool)
    kinds = np.array([str(kind).lower() for kind in exits.type], dtype=object)
    if window.types is None:
        return ~np.isin(kinds, NOT_CHURN)
    wanted = {kind.lower() for kind in window.types}
    unknown = sorted(wanted - set(kinds.tolist()))
    if unknown:
        there = ", ".join(sorted({repr(kind) for kind in kinds})[:12])
        raise ConfigurationError(f"no exit has the type {unknown[0]!r}", f"the types are {there}")
    return np.isin(kinds, sorted(wanted))


def _next_exit(
    code: NDArray[np.intp], day: NDArray[np.int64], exit_code: NDArray[np.intp], exit_day: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Index of each row's next exit on its day or later (-1 for none), and the days until then."""
    width = np.int64(1_000_000)  # days from 1970 that no date reaches
    order = exit_code * width + exit_day
    following = np.searchsorted(order, code * width + day, side="left")
    own = following < exit_code.size
    own[own] = exit_code[following[own]] == code[own]
    delay = np.full(code.size, NEVER)
    delay[own] = exit_day[following[own]] - day[own]
    return np.where(own, following, -1), delay


def _labels(
    day: NDArray[np.int64],
    delay: NDArray[np.int64],
    next_exit: NDArray[np.intp],
    counts: NDArray[np.bool_],
    window: Window,
) -> tuple[NDArray[np.int8], NDArray[np.object_]]:
    other = np.zeros(day.size, dtype=bool)
    other[next_exit >= 0] = ~counts[next_exit[next_exit >= 0]]
    reason = np.full(day.size, "", dtype=object)
    reason[other & (delay < window.gap + window.horizon)] = "left_otherwise"
    reason[delay < window.gap] = "exit_in_gap"
    # Judged before anything else is looked at: an early exit must not make an unfinished window look finished.
    reason[day + window.length > window.data_end] = "immature"
    label = (delay < window.gap + window.horizon).astype(np.int8)
    label[reason != ""] = -1
    return label, reason


def _strangers(accounts: list[str], leavers: list[str]) -> InputError:
    """Explain that the ids of the two files never meet, and what would make them meet."""
    what = (
        f"none of the {len(leavers):,} exits belongs to a scored account; scores have ids such as {accounts[0]!r}, "
        f"exits such as {leavers[0]!r}"
    )
    ways = {"zeros in front": lambda word: word.lstrip("0"), "capital letters": str.casefold}
    for name, way in ways.items():
        if {way(word) for word in accounts} & {way(word) for word in leavers}:
            return InputError(what, f"they would meet but for {name}: write them alike in both files")
    return InputError(what, "join on the same id in both files: --account-column, --exit-account-column")


def last_and_first(day: NDArray[np.int64]) -> tuple[str | None, str | None]:
    """First and last day as ISO dates."""
    return (date_of(int(day.min())).isoformat(), date_of(int(day.max())).isoformat()) if day.size else (None, None)
