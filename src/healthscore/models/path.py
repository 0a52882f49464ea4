"""Path to the next band: the smallest change of what an account does that the scorer rewards with a better band.

A change is taken from life: some of an account's *levers* (columns that only move together, because they are facts
about the same events) are set to the values that a real account has. So the values occur together, lie within what was
seen, and can be reached, because somebody has. Every change is verified by scoring the changed account whole. Of those
tried that reach a better band, the smallest is told: fewest levers, then the shortest move, in standard deviations of
the reference population, which count by how much the score goes by the feature. (Unweighted, some thirty features that
hardly matter, and differ between any two accounts, would decide which account is near.)

It says what healthier accounts like this one are like, not what would happen if this one were made so.

Worked example. An account at 38.2 with 2 log-ins and no meeting; others have 9 log-ins and no meeting, or 3 log-ins and
1 meeting. With the first one's log-ins it scores 43.9, with the second one's 39.1; with the second one's
meeting 41.0. Two single levers reach 40. The meeting is 1.2 spreads away, the log-ins 1.5: the meeting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from healthscore.models.design import Integers, Matrix, Vector

DONORS = 1_000
"""Accounts whose values are looked at, evenly spread over their order where there are more."""
STEPS = 16
"""Donors that are tried at first, ever farther away; then as many between the last that fails and the first that does
not."""
STRONGEST = 8
"""Levers that are moved together, at most: those that alone gain most on average."""
MOST_LEVERS = 3
"""Levers of one path; where no three suffice, all of them together are tried."""
ACCOUNTS = 512
"""Accounts that are looked at together: bounded memory, however many there are."""

Rescore = Callable[[Matrix, Integers], tuple[Vector, Integers]]
"""Scores of rows of features, to one decimal, and the number of each one's band (0 the lowest). The second argument is
the position of the account that each row is a changed copy of: what else a scorer knows of it."""
Levers = tuple[int, ...]


@dataclass(frozen=True)
class Ground:
    """What changes are made of.

    Attributes
    ----------
    levers
        Name -> columns that move together; what is in none never moves.
    low, high
        Ends of what was seen, shape (p,); NaN where nothing was.
    spread
        Standard deviation in the reference population, shape (p,); 0 where a feature does not vary.
    weight
        How much a move of one standard deviation counts, shape (p,): 1 for the feature that the score goes by most.
    follow
        Recomputes, in place, columns that follow from others.
    """

    levers: Mapping[str, tuple[int, ...]]
    low: Vector
    high: Vector
    spread: Vector
    weight: Vector
    follow: Callable[[Matrix], None]


@dataclass(frozen=True, eq=False)
class Path:
    """One account's path.

    Attributes
    ----------
    levers
        Those that are moved.
    changed
        The account's features with them moved, shape (p,).
    health, band
        What the scorer gives the changed account.
    distance
        Length of the move: the root of the summed squares of weighted standard deviations over the moved columns.
    donor
        Row of the donors whose values it takes.
    """

    levers: tuple[str, ...]
    changed: Vector
    health: float
    band: int
    distance: float
    donor: int


def find_paths(X: Matrix, band: Integers, donors: Matrix, ground: Ground, rescore: Rescore) -> list[Path | None]:
    """Find the smallest change of each account that brings it to a better band.

    Parameters
    ----------
    X, band
        Features of n accounts, shape (n, p), and the number of each one's band.
    donors
        Features of the accounts whose values may be taken, shape (m, p). Whatever their own band: an account may be a
        model of how to use a product and be lost for other reasons.

    Returns
    -------
    Per account its path, or None where nobody shows one.
    """
    found: list[Path | None] = [None] * len(X)
    if not ground.levers or not len(donors):
        return found
    numbers = np.arange(len(donors))
    if len(donors) > DONORS:
        numbers = np.unique(np.linspace(0, len(donors) - 1, DONORS).astype(np.int64))
    for current in np.unique(band):
        mine = np.flatnonzero(band == current)
        for start in range(0, len(mine), ACCOUNTS):
            rows = mine[start : start + ACCOUNTS]
            search = _Search(X[rows], rows, int(current), donors[numbers], numbers, ground, rescore)
            for row, path in zip(rows.tolist(), search.paths(), strict=True):
                found[row] = path
    return found


class _Search:
    """The search for some accounts of one band.

    `length` are squared moves per account, donor and lever, infinite where a lever cannot take the donor's values.
    `gained` is the mean score that accounts reach with each lever alone.
    """

    def __init__(
        self, X: Matrix, rows: Integers, band: int, donors: Matrix, numbers: Integers, ground: Ground, rescore: Rescore
    ) -> None:
        self.X, self.rows, self.band = X, rows, band
        self.donors, self.numbers, self.ground, self.rescore = donors, numbers, ground, rescore
        self.names = list(ground.levers)
        self.columns = [np.array(ground.levers[name], np.int64) for name in self.names]
        self.scale = np.where(ground.spread > 0, ground.spread, 1.0)
        self.length = np.stack([self._lengths(columns) for columns in self.columns], axis=2)
        far = np.arange(1, len(donors) + 1) if len(donors) <= STEPS else np.geomspace(1, len(donors), STEPS).round()
        self.steps = np.unique(far.astype(np.int64)) - 1
        self.gained = np.full(len(self.names), -np.inf)
        self.found: list[Path | None] = [None] * len(X)

    def paths(self) -> list[Path | None]:
        """The smallest path of each account; more levers are tried where fewer do not suffice."""
        every = tuple(range(len(self.names)))
        self._try([(lever,) for lever in every])
        best = sorted(np.argsort(-self.gained, kind="stable")[:STRONGEST].tolist())
        for size in range(2, MOST_LEVERS + 1):
            self._try(list(combinations(best, size)))
        if len(every) > MOST_LEVERS:
            self._try([every])
        return self.found

    def _try(self, sets: list[Levers]) -> None:
        """Give the accounts without a path the shortest that one of these sets of levers gives them."""
        without = np.array([row for row, path in enumerate(self.found) if path is None], np.int64)
        if len(without):
            for levers in sets:
                self._try_one(without, levers)

    def _try_one(self, rows: Integers, levers: Levers) -> None:
        """Try one set of levers: donors ever farther away, then those between the last failure and the first hit."""
        square = self.length[np.ix_(rows, np.arange(len(self.donors)), np.array(levers))].sum(axis=2)
        far = np.sqrt(np.where(square > 0, square, np.inf))
        order = np.argsort(far, axis=1, kind="stable")
        tried = np.broadcast_to(self.steps, (len(rows), len(self.steps)))
        hit = self._first_hit(rows, levers, order, far, tried)
        some = np.flatnonzero(hit > 0)
        if len(some):
            place = np.searchsorted(self.steps, hit[some])
            low, high = self.steps[place - 1] + 1, hit[some]
            between = low[:, None] + (np.linspace(0, 1, STEPS) * (high - low)[:, None]).astype(np.int64)
            wide = np.flatnonzero(high > low)
            self._first_hit(rows[some[wide]], levers, order[some[wide]], far[some[wide]], between[wide])

    def _first_hit(self, rows: Integers, levers: Levers, order: Integers, far: Vector, tried: Integers) -> Integers:
        """Score the changes at the tried places of the order, and keep the shortest that reaches a better band.

        Returns the place of each account's first hit, -1 for none. Longer moves than what is known already are left.
        """
        donor = np.take_along_axis(order, tried, axis=1)
        length = np.take_along_axis(far, donor, axis=1)
        best = np.array(
            [np.inf if path is None else path.distance for path in map(self.found.__getitem__, rows.tolist())]
        )
        account, step = np.nonzero(np.isfinite(length) & (length < best[:, None]))
        first = np.full(len(rows), -1, np.int64)
        if not len(account):
            return first
        changed = self._changed(rows[account], levers, donor[account, step])
        health, band = self.rescore(changed, self.rows[rows[account]])
        if len(levers) == 1:
            self.gained[levers[0]] = max(self.gained[levers[0]], float(health.mean()))
        hits = np.flatnonzero(band > self.band)
        for i in hits[np.unique(account[hits], return_index=True)[1]].tolist():
            at = (account[i], step[i])
            first[account[i]] = tried[at]
            self.found[int(rows[account[i]])] = Path(
                tuple(self.names[lever] for lever in levers),
                changed[i],
                float(health[i]),
                int(band[i]),
                float(length[at]),
                int(self.numbers[donor[at]]),
            )
        return first

    def _changed(self, rows: Integers, levers: Levers, donor: Integers) -> Matrix:
        changed = self.X[rows].copy()
        for lever in levers:
            changed[:, self.columns[lever]] = self.donors[donor[:, None], self.columns[lever]]
        self.ground.follow(changed)
        return changed

    def _lengths(self, columns: Integers) -> Matrix:
        """Squared moves of one lever, shape (n, m); infinite where it cannot take the donor's values.

        That is where the donor lacks what is known of the account, or has values beyond what was seen.
        """
        mine, theirs = self.X[:, columns] / self.scale[columns], self.donors[:, columns] / self.scale[columns]
        low, high = self.ground.low[columns] / self.scale[columns], self.ground.high[columns] / self.scale[columns]
        length = np.zeros((len(mine), len(theirs)))
        weight = self.ground.weight[columns] ** 2
        for own, given, least, most, much in zip(mine.T, theirs.T, low, high, weight, strict=True):
            known, told = ~np.isnan(own), ~np.isnan(given)
            move = (np.nan_to_num(given)[None, :] - np.nan_to_num(own)[:, None]) ** 2
            # What becomes known moves by one spread: how far it came is not known.
            length += much * np.where(known[:, None] & told, move, np.where(known[:, None] == told, 0.0, 1.0))
            length[known[:, None] & ~told] = np.inf
            length[:, told & ~((given >= least) & (given <= most))] = np.inf
        return length
