"""Outcomes beyond churn and inactivity, in plain loops over rows and dates. Shares no code with the package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from oracle import DAY, Event, Fate, Subscription, in_force, life_at, standing, summed


@dataclass(frozen=True)
class Terms:
    """How an outcome is counted."""

    gap: int
    horizon: int
    data_end: date
    grace: int = 0
    maturity: int | None = None
    types: Sequence[str] = ("voluntary", "involuntary")
    effective: bool = False

    @property
    def recorded(self) -> int:
        return self.grace if self.maturity is None else self.maturity

    def window(self, t: date) -> tuple[date, date]:
        return t + self.gap * DAY, t + (self.gap + self.horizon) * DAY

    def immature(self, t: date) -> bool:
        return t + (self.gap + self.horizon + self.recorded) * DAY > self.data_end


def non_renewal(contracts: Sequence[Subscription], t: date, terms: Terms) -> Fate:
    """Fate of an account at its next renewal."""
    status = standing(contracts, t)
    if status != "at_risk":
        return Fate(status, "")
    begin, end = terms.window(t)
    due = [c.renewal for c in in_force(contracts, t) if c.status == "active" and c.renewal and c.renewal >= t]
    if not due or not begin <= min(due) < end:
        return Fate("ineligible", "")
    renewal = min(due)
    if renewal + (1 + terms.recorded) * DAY > terms.data_end:
        return Fate(status, "immature")
    given_up, ended, counts = life_at(contracts, t, terms.grace, terms.types, terms.effective)
    if given_up is not None and given_up < begin:
        return Fate(status, "exit_in_gap")
    if ended is None or ended > renewal:
        return Fate(status, "stayed")
    return Fate(status, "exited", given_up) if counts else Fate(status, "censored")


def declining(
    bought: Mapping[str, Sequence[Event]], t: date, terms: Terms, minimum: int, percent: int
) -> dict[str, Fate]:
    """Fate of every account of the book: purchases against those before, both against the book's."""
    begin, end = terms.window(t)
    before, after, risk = {}, {}, []
    for account, events in bought.items():
        earlier = [e for e in events if t - terms.horizon * DAY <= e.day < t]
        before[account], after[account] = len(earlier), len([e for e in events if begin <= e.day < end])
        if len([e for e in earlier if e.known < t]) >= minimum:
            risk.append(account)
    book_before, book_after = sum(before[a] for a in risk), sum(after[a] for a in risk)
    fates = {}
    for account in bought:
        if account not in risk:
            fates[account] = Fate("ineligible", "")
        elif terms.immature(t):
            fates[account] = Fate("at_risk", "immature")
        elif book_after == 0:
            fates[account] = Fate("at_risk", "stayed")  # the whole book stopped: nobody did worse than it
        else:
            ratio = Fraction(after[account], before[account]) / Fraction(book_after, book_before)
            fell = ratio < Fraction(percent, 100)
            fates[account] = Fate("at_risk", "exited", begin) if fell else Fate("at_risk", "stayed")
    return fates


def complaint(
    contracts: Sequence[Subscription] | None,
    visits: Sequence[Event],
    complaints: Sequence[Event],
    t: date,
    terms: Terms,
    within: int | None = None,
) -> Fate:
    """Does the account complain? Without contracts, an event of its own within so many days tells its status."""
    begin, end = terms.window(t)
    given_up, counts = None, True
    if contracts is None:
        seen = [e for e in visits if e.day < t and e.known < t and (within is None or e.day >= t - within * DAY)]
        status = "at_risk" if seen else "ineligible"
    else:
        status = standing(contracts, t)
        if status == "at_risk":
            given_up, _, counts = life_at(contracts, t, terms.grace, terms.types, terms.effective)
    if status != "at_risk" or terms.immature(t):
        return Fate(status, "immature")
    if given_up is not None and given_up < begin:
        return Fate(status, "exit_in_gap")
    days = [e.day for e in complaints if begin <= e.day < end]
    if days:
        return Fate(status, "exited", min(days))
    if given_up is not None and given_up < end and not counts:
        return Fate(status, "censored")
    return Fate(status, "stayed")


def revenue_on(contracts: Sequence[Subscription], day: date, grace: int) -> Fraction | None:
    """Revenue on a day, by all that is recorded; None where no active contract says it."""
    for back in range(grace + 1):
        there = day - back * DAY
        covering = [c for c in contracts if c.start <= there and (c.end is None or c.end > there)]
        if covering:
            resumed = any(day < c.start <= there + (1 + grace) * DAY for c in contracts)
            if back and not resumed:
                return None
            given = [Fraction(str(c.value)) for c in covering if c.status == "active" and c.value is not None]
            return sum(given, Fraction(0)) if given else None
    return None


def recurring(
    contracts: Sequence[Subscription], t: date, terms: Terms, factor: Fraction, falls: bool, first_days: int = 0
) -> Fate:
    """Fate of an account whose recurring revenue may fall to (or grow to) so many times what it is at t."""
    status = standing(contracts, t)
    if status != "at_risk":
        return Fate(status, "")
    before = summed(contracts, t, "value")
    since = min(c.start for c in contracts if c.start < t and c.known < t)
    if not before or before <= 0 or (t - since).days < first_days:
        return Fate("ineligible", "")
    if terms.immature(t):
        return Fate(status, "immature")
    begin, end = terms.window(t)
    given_up, _, counts = life_at(contracts, t, terms.grace, terms.types, terms.effective)
    if given_up is not None and given_up < begin:
        return Fate(status, "exit_in_gap")
    if given_up is not None and given_up < end:
        return Fate(status, "stayed" if counts and not falls else "censored")
    limit = factor * Fraction(str(before))

    def beyond(day: date) -> bool:
        level = revenue_on(contracts, day, terms.grace) or Fraction(0)
        return level <= limit if falls else level >= limit

    if revenue_on(contracts, end - DAY, terms.grace) is None:
        return Fate(status, "censored")
    day = end
    while day > since and beyond(day - DAY):
        day -= DAY
    if day == end:
        return Fate(status, "stayed")
    return Fate(status, "exit_in_gap") if day < begin else Fate(status, "exited", day)


def invoiced(
    invoices: Sequence[Event], t: date, terms: Terms, factor: Fraction, falls: bool, first_days: int = 0
) -> Fate:
    """Fate of an account whose invoices, in windows of the same length, may fall to (or grow to) so many times."""
    begin, end = terms.window(t)
    known = [e for e in invoices if e.day < t and e.known < t]
    if _amount(e for e in known if e.day >= t - terms.horizon * DAY) <= 0:
        return Fate("ineligible", "")
    if not any(e.day <= t - first_days * DAY for e in known):
        return Fate("ineligible", "")
    if terms.immature(t):
        return Fate("at_risk", "immature")
    later = [e for e in invoices if begin <= e.day < end]
    if not later:
        return Fate("at_risk", "censored" if falls else "stayed")
    limit = factor * _amount(e for e in invoices if t - terms.horizon * DAY <= e.day < t)
    reached = _amount(later) <= limit if falls else _amount(later) >= limit
    return Fate("at_risk", "exited", begin) if reached else Fate("at_risk", "stayed")


def _amount(events: Iterable[Event]) -> Fraction:
    return sum((e.quantity for e in events if e.quantity is not None), Fraction(0))
