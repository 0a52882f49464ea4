"""Features and outcomes once more, in plain loops over rows and dates.

Shares no code with the package: dates are `datetime.date`, sums are fractions, windows are lists of days. Slow on
purpose.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.csv
import pyarrow.parquet

DAY = timedelta(days=1)
Number = int | float | None
Window = int | str


# --- reading ---------------------------------------------------------------------------------------------------------


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a Parquet or CSV file; blanks are None."""
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
        return rows
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: value if value else None for key, value in row.items()} for row in csv.DictReader(file)]


def local_day(value: date | str, zone: str, clock: str | None = None) -> date:
    """Date on the clocks of `zone` at an instant; a value that is only a date is that date.

    `clock` is the zone of the clock that wrote times without an offset.
    """
    value = _read(value, clock)
    return value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime) else value


def instant(value: date | str, zone: str, clock: str | None = None) -> datetime:
    """The moment, in UTC; that of a value that is only a date is the last of its day."""
    value = _read(value, clock)
    if not isinstance(value, datetime):
        midnight = datetime.combine(value + DAY, time(), ZoneInfo(zone))
        value = midnight.astimezone(UTC) - timedelta(microseconds=1)
    return value.astimezone(UTC)


def _read(value: date | str, clock: str | None) -> date:
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=ZoneInfo(str(clock)), fold=0)
    return value


def versions(
    rows: Sequence[dict[str, Any]],
    identity: Sequence[str],
    *,
    time: str = "time",
    zone: str = "UTC",
    clock: str | None = None,
    delay: int = 0,
) -> list[dict[str, Any]]:
    """Rows that say something, with `until`: the day on which the first later version of the same thing was known."""

    def known(row: dict[str, Any]) -> date | str:
        at: date | str = row[time] if row.get("known_at") is None else row["known_at"]
        return at

    def place(row: dict[str, Any]) -> tuple[datetime, bool]:
        return instant(known(row), zone, clock), bool(row.get("retracted"))

    standing = []
    for row in rows:
        mine = [row[column] for column in identity]
        nameless = all(value is None for value in mine)
        later = [r for r in rows if not nameless and [r[c] for c in identity] == mine and place(r) > place(row)]
        until = [local_day(known(other), zone, clock) + delay * DAY for other in later]
        if not row.get("retracted"):
            standing.append(row | {"until": min(until, default=None)})
    return standing


@dataclass(frozen=True)
class Event:
    """A row of events; `fields` is the row as it was read."""

    account: str
    day: date
    known: date
    actor: str | None
    name: str | None
    quantity: Fraction | None
    fields: dict[str, Any] = field(hash=False, compare=False)
    until: date | None = None


@dataclass(frozen=True)
class Interval:
    """A row of intervals, by the day on which it began."""

    account: str
    day: date
    known: date
    end: date | None
    end_known: date | None
    deadline: date | None
    kind: str | None
    quantity: Fraction | None
    until: date | None = None


@dataclass(frozen=True)
class Level:
    """A row of levels; without a value it was asked for and not answered."""

    account: str
    day: date
    moment: datetime
    known: date
    name: str | None
    value: Fraction | None
    until: date | None = None


def events(
    rows: Iterable[dict[str, Any]],
    *,
    time: str = "time",
    actor: str | None = None,
    name: str | None = None,
    quantity: str | None = None,
    known_at: str | None = None,
    zone: str = "UTC",
    clock: str | None = None,
    delay: int = 0,
    where: Callable[[dict[str, Any]], bool] | None = None,
) -> list[Event]:
    """Rows as events, in order of time. A row is never known before it happened, and later by the source's delay."""
    read = []
    for row in rows:
        if where is not None and not where(row):
            continue
        day = local_day(row[time], zone, clock)
        known = day
        if known_at is not None and row[known_at] is not None:
            known = max(day, local_day(row[known_at], zone, clock))
        read.append(
            Event(
                account=row["account_id"],
                day=day,
                known=known + delay * DAY,
                actor=row[actor] if actor else None,
                name=row[name] if name else None,
                quantity=_exact(row[quantity]) if quantity else None,
                fields=row,
                until=row.get("until"),
            )
        )
    return sorted(read, key=lambda event: event.day)


def intervals(
    rows: Iterable[dict[str, Any]], *, zone: str = "UTC", clock: str | None = None, delay: int = 0
) -> list[Interval]:
    """Rows under the contract's names as intervals, in order of their start."""

    def day(row: dict[str, Any], name: str) -> date | None:
        return None if row.get(name) is None else local_day(row[name], zone, clock)

    read = []
    for row in rows:
        start, end = local_day(row["start"], zone, clock), day(row, "end")
        read.append(
            Interval(
                account=row["account_id"],
                day=start,
                known=max(start, day(row, "known_at") or start) + delay * DAY,
                end=end,
                end_known=None if end is None else max(end, day(row, "end_known_at") or end) + delay * DAY,
                deadline=day(row, "deadline"),
                kind=row.get("kind"),
                quantity=_exact(row.get("quantity")),
                until=row.get("until"),
            )
        )
    return sorted(read, key=lambda interval: interval.day)


def levels(
    rows: Iterable[dict[str, Any]], *, zone: str = "UTC", clock: str | None = None, delay: int = 0
) -> list[Level]:
    """Rows under the contract's names as levels, in order of time."""
    read = []
    for row in rows:
        day = local_day(row["time"], zone, clock)
        known = day if row.get("known_at") is None else max(day, local_day(row["known_at"], zone, clock))
        read.append(
            Level(
                account=row["account_id"],
                day=day,
                moment=instant(row["time"], zone, clock),
                known=known + delay * DAY,
                name=row.get("name"),
                value=_exact(row.get("value")),
                until=row.get("until"),
            )
        )
    return sorted(read, key=lambda level: level.moment)


def _exact(number: Any) -> Fraction | None:
    return None if number is None else Fraction(str(number))


@dataclass(frozen=True)
class Subscription:
    account: str
    start: date
    end: date | None
    notice: date | None
    known: date
    exit_type: str
    status: str
    seats: Number
    value: Number
    renewal: date | None = None
    delay: int = 0

    def ended(self, t: date) -> bool:
        """Whether it was known at t to be over."""
        return self.end is not None and self.end + self.delay * DAY < t

    def noticed(self, t: date) -> bool:
        """Whether it was known at t that it would not go on."""
        return self.notice is not None and self.notice + self.delay * DAY < t


def subscriptions(
    rows: Iterable[dict[str, Any]], *, notice: str = "notice", value: str = "value", zone: str = "UTC", delay: int = 0
) -> list[Subscription]:
    """Rows as subscriptions; all that they say becomes known later by the delay."""

    def day(row: dict[str, Any], name: str) -> date | None:
        return None if row.get(name) is None else local_day(row[name], zone)

    def number(row: dict[str, Any], name: str) -> Number:
        return None if row.get(name) is None else float(row[name])

    read = []
    for row in rows:
        start = local_day(row["start"], zone)
        known = day(row, "known_at")
        read.append(
            Subscription(
                account=row["account_id"],
                start=start,
                end=day(row, "end"),
                notice=day(row, notice),
                known=(start if known is None else max(start, known)) + delay * DAY,
                exit_type=(row.get("exit_type") or "").lower(),
                status=(row.get("status") or "active").lower(),
                seats=number(row, "seats"),
                value=number(row, value),
                renewal=day(row, "renewal"),
                delay=delay,
            )
        )
    return read


# --- what can be seen ------------------------------------------------------------------------------------------------


def visible(row: Any, t: date) -> bool:
    """Whether a row had happened and was known before t, and no later version of it was."""
    return bool(row.day < t and row.known < t and (row.until is None or row.until >= t))


@dataclass(frozen=True)
class AccountState:
    """What a source of accounts says of an account, `fields`, and the days on which that was known, and known over."""

    account: str
    fields: dict[str, Any]
    known: date | None
    over: date | None
    until: date | None = None

    @property
    def day(self) -> date:
        """Never seen as something that happened."""
        return date.max


def account_states(rows: Sequence[dict[str, Any]], *, attributes: dict[str, str], delay: int = 0) -> list[AccountState]:
    """States of accounts from rows as they were read; `attributes` says which column each attribute is."""

    def day(row: dict[str, Any], name: str) -> date | None:
        value = row.get(name)
        return None if value is None or value.year == 9999 else value + delay * DAY

    return [
        AccountState(
            row["account_id"],
            {name: row[column] for name, column in attributes.items()},
            day(row, "valid_from"),
            day(row, "valid_to"),
        )
        for row in rows
    ]


@dataclass
class Source:
    """Rows of one table, in order of time, and the days on which it is said to have recorded nothing.

    Rows are events, intervals or levels; `has` names the columns that the table has.
    """

    rows: Sequence[Any]
    outages: Sequence[tuple[date, date]] = ()
    users: str = "users"
    kinds: str = "kinds"
    has: Collection[str] = ()

    def __post_init__(self) -> None:
        self.of_account: dict[str, list[Any]] = {}
        for row in self.rows:
            self.of_account.setdefault(row.account, []).append(row)
        self._covered: dict[tuple[date, Window, int], int | None] = {}
        self._first: dict[date, date | None] = {}

    def first(self, t: date) -> date | None:
        """First day of the source, by what can be known at t."""
        if t not in self._first:
            self._first[t] = next((row.day for row in self.rows if visible(row, t)), None)
        return self._first[t]

    def recorded_days(self, t: date, window: Window, before: int = 0) -> int:
        """Days of the window on which the source was recording."""
        first = self.first(t)
        if first is None:
            return 0
        if window == "all":
            length = (t - first).days
        else:
            length = int(window)
            t = t - before * length * DAY
        days = [t - n * DAY for n in range(1, length + 1)]
        return sum(1 for day in days if day >= first and not any(a <= day <= b for a, b in self.outages))

    def covered(self, t: date, window: Window, before: int = 0) -> int | None:
        """Recorded days of the window; None where they are less than half of it."""
        key = (t, window, before)
        if key not in self._covered:
            days = self.recorded_days(t, window, before)
            enough = days > 0 if window == "all" else 2 * days >= int(window)
            self._covered[key] = days if enough else None
        return self._covered[key]


@dataclass
class Signal:
    """What is measured of a source."""

    name: str
    source: Source
    families: Sequence[str]
    windows: Sequence[Window]
    where: Callable[[Any], bool] = lambda row: True
    key: Sequence[str] = ()
    favourable_from: float | None = None
    unfavourable_to: float | None = None
    attribute: str | None = None
    measures: Sequence[str] | None = None

    def takes(self, feature: str) -> bool:
        """Whether one of its measures stands between its name and the window, or at the end."""
        if self.measures is None:
            return True
        said = feature[len(self.name) + 1 :]
        tails = ["", *(f"_{window}d" for window in self.windows), "_ever"]
        return any(said == measure + tail for measure in self.measures for tail in tails)


@dataclass
class Past:
    """What can be seen of an account at t, through one signal."""

    signal: Signal
    account: str
    t: date
    seats: Number = None
    has_seats: bool = False

    def __post_init__(self) -> None:
        mine = self.signal.source.of_account.get(self.account, [])
        self.seen = [row for row in mine if visible(row, self.t) and self.signal.where(row)]

    def within(self, window: Window, before: int = 0) -> list[Any]:
        """Rows in the window, or in the one of the same length before it."""
        return [row for row in self.seen if self.inside(row.day, window, before)]

    def inside(self, day: date, window: Window, before: int = 0) -> bool:
        """Whether a day lies in the window."""
        if window == "all":
            return True
        return self.t - (before + 1) * int(window) * DAY <= day < self.t - before * int(window) * DAY

    def recorded(self, window: Window = "all") -> bool:
        """Whether enough of the window was recorded."""
        return self.signal.source.covered(self.t, window) is not None

    def named(self, what: str, window: Window | None = None) -> str:
        tail = "" if window is None else "_ever" if window == "all" else f"_{window}d"
        return f"{self.signal.name}_{what}{tail}"


Cells = Iterator[tuple[str, Number]]


# --- one function per family -----------------------------------------------------------------------------------------


def attributes(past: Past) -> Cells:
    """What was said of the account by the last state that was known, if it was not known to be over."""
    last: AccountState | None = None
    for state in past.signal.source.of_account.get(past.account, []):
        known = state.known or date.min
        if known < past.t and (last is None or known >= (last.known or date.min)):
            last = state
    if last is not None and last.over is not None and last.over < past.t:
        last = None
    value = None if last is None else last.fields[str(past.signal.attribute)]
    if not past.signal.key:
        yield past.signal.name, None if value is None else float(value)
    for name in past.signal.key:
        yield past.named(name.lower().replace(" ", "_")), None if value is None else int(value == name)


def frequency(past: Past) -> Cells:
    finite = [int(window) for window in past.signal.windows if window != "all"]
    for window in past.signal.windows:
        covered = past.signal.source.covered(past.t, window)
        rows = past.within(window)
        active = len({e.day for e in rows})
        yield past.named("count", window), None if covered is None else len(rows)
        yield past.named("active_days", window), None if covered is None else active
        if finite and window == max(finite):
            yield past.named("regularity", window), None if covered is None else active / covered


def breadth(past: Past) -> Cells:
    source = past.signal.source
    for window in past.signal.windows:
        covered = source.covered(past.t, window)
        rows = past.within(window)
        actors = len({e.actor for e in rows if e.actor is not None})
        if "actor_id" in source.has:
            yield past.named(source.users, window), None if covered is None else actors
        if "name" in source.has:
            names = len({e.name for e in rows if e.name is not None})
            yield past.named(source.kinds, window), None if covered is None else names
        if "actor_id" in source.has and past.has_seats and window != "all":
            known = covered is not None and past.seats is not None and past.seats > 0
            yield past.named("share_of_seats", window), actors / float(past.seats or 1) if known else None


def depth(past: Past) -> Cells:
    source = past.signal.source
    for window in past.signal.windows:
        covered = source.covered(past.t, window) is not None
        rows = past.within(window)
        quantities = [e.quantity for e in rows if e.quantity is not None]
        total = sum(quantities, Fraction(0))
        if "quantity" in source.has:
            yield past.named("quantity", window), float(total) if covered else None
            yield past.named("quantity_mean", window), _ratio(total, len(quantities), covered)
            yield past.named("quantity_per_active_day", window), _ratio(total, len({e.day for e in rows}), covered)
        if "quantity" in source.has and "actor_id" in source.has:
            actors = len({e.actor for e in rows if e.actor is not None})
            yield past.named("quantity_per_actor", window), _ratio(total, actors, covered)
        if past.signal.key:
            deep = sum(1 for e in rows if e.name in past.signal.key)
            yield past.named("key_count", window), deep if covered else None
            yield past.named("key_share", window), _ratio(Fraction(deep), len(rows), covered)


def trend(past: Past) -> Cells:
    source, t = past.signal.source, past.t
    finite = sorted(int(window) for window in past.signal.windows if window != "all")
    for window in finite:
        now, before = len(past.within(window)), len(past.within(window, 1))
        covered = source.covered(t, window) is not None and source.covered(t, window, 1) is not None
        yield past.named("trend", window), math.log((now + 0.5) / (before + 0.5)) if covered else None
    if len(finite) >= 3:
        yield past.named("slope", finite[-1]), _slope(past, finite)


def _slope(past: Past, windows: Sequence[int]) -> Number:
    """Textbook weighted least squares: points are the rings between nested windows, weights their recorded days."""
    source, t = past.signal.source, past.t
    if source.covered(t, windows[-1]) is None:
        return None
    points = []
    for inner, outer in zip([0, *windows], windows, strict=False):
        days = source.recorded_days(t, outer) - (source.recorded_days(t, inner) if inner else 0)
        rows = [e for e in past.seen if t - outer * DAY <= e.day < t - inner * DAY]
        if days:
            points.append((Fraction(-(inner + outer), 2), Fraction(len(rows), days), days))
    if len(points) < 2:
        return None
    weight = sum(w for _, _, w in points)
    mean_x = sum(w * x for x, _, w in points) / weight
    mean_y = sum(w * y for _, y, w in points) / weight
    up = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in points)
    down = sum(w * (x - mean_x) ** 2 for x, _, w in points)
    return float(30 * up / down)


def recency(past: Past) -> Cells:
    yield f"{past.signal.name}_recency", (past.t - max(e.day for e in past.seen)).days if past.seen else None


def rhythm(past: Past) -> Cells:
    days = sorted({e.day for e in past.seen})
    # A history that nothing recorded (an outage over all of it) has no rhythm.
    rhythmic = len(days) > 1 and past.signal.source.covered(past.t, "all") is not None
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    gap = sum(gaps) / len(gaps) if rhythmic else None
    yield f"{past.signal.name}_gap", gap
    yield f"{past.signal.name}_overdue", None if gap is None else (past.t - days[-1]).days / gap


def _ratio(above: Fraction, below: int, covered: bool) -> Number:
    return float(above / below) if covered and below else None


def recurrence(past: Past) -> Cells:
    if "name" in past.signal.source.has:
        for window in past.signal.windows:
            before: set[str] = set()
            again = 0
            for event in past.within(window):
                again += event.name in before
                before |= {event.name} - {None}
            yield past.named("repeated", window), again if past.recorded(window) else None


# --- intervals -------------------------------------------------------------------------------------------------------


def _closed(row: Interval, t: date) -> bool:
    return row.end is not None and row.end_known is not None and row.end < t and row.end_known < t


def open_and_closed(past: Past) -> Cells:
    t, has, now = past.t, past.signal.source.has, past.recorded()
    still = [row for row in past.seen if not _closed(row, t)]
    ages = [(t - row.day).days for row in still]
    yield past.named("open"), len(still) if now else None
    yield past.named("oldest_open"), max(ages, default=0) if now else None
    if "quantity" in has:
        yield past.named("quantity_open"), _sum_of(still) if now else None
    for window in past.signal.windows:
        enough = past.recorded(window)
        yield past.named("opened", window), len(past.within(window)) if enough else None
        if "end" in has:
            ended = [row for row in past.seen if _closed(row, t) and past.inside(row.end, window)]
            days = sum((row.end - row.day).days for row in ended)
            yield past.named("closed", window), len(ended) if enough else None
            yield past.named("days_to_close", window), days / len(ended) if enough and ended else None


def deadlines(past: Past) -> Cells:
    t, has, now = past.t, past.signal.source.has, past.recorded()
    if "deadline" not in has:
        return
    due = [row for row in past.seen if row.deadline is not None]
    for window in past.signal.windows if "end" in has else ():
        ended = [row for row in due if _closed(row, t) and past.inside(row.end, window)]
        late = sum(1 for row in ended if row.end > row.deadline)
        yield past.named("done_late", window), late if past.recorded(window) else None
        yield past.named("done_in_time", window), len(ended) - late if past.recorded(window) else None
    still = [row for row in due if not _closed(row, t)]
    ahead = [(row.deadline - t).days for row in still if row.deadline >= t]
    over = [row for row in still if row.deadline < t]
    yield past.named("pending"), len(ahead) if now else None
    yield past.named("days_to_deadline"), min(ahead) if now and ahead else None
    yield past.named("overdue"), len(over) if now else None
    yield past.named("days_overdue"), max([(t - row.deadline).days for row in over], default=0) if now else None
    if "quantity" in has:
        yield past.named("quantity_overdue"), _sum_of(over) if now else None


def _sum_of(rows: Iterable[Interval]) -> float:
    return float(sum((row.quantity for row in rows if row.quantity is not None), Fraction(0)))


# --- levels ----------------------------------------------------------------------------------------------------------


def last_and_change(past: Past) -> Cells:
    t, signal = past.t, past.signal
    answers = [row for row in past.seen if row.value is not None]
    answers.sort(key=lambda row: (row.moment, row.known, row.value))
    last = answers[-1].value if answers else None
    yield past.named("last"), None if last is None else float(last)
    yield past.named("age"), (t - answers[-1].day).days if answers else None
    yield past.named("change"), float(last - answers[-2].value) if len(answers) > 1 else None
    for window in signal.windows:
        inside = [row.value for row in answers if past.inside(row.day, window)]
        enough = past.recorded(window)
        yield past.named("count", window), len(inside) if enough else None
        yield past.named("mean", window), _ratio(sum(inside, Fraction(0)), len(inside), enough)
        if window != "all":
            old = [row.value for row in answers if row.day < t - int(window) * DAY]
            yield past.named("change", window), float(last - old[-1]) if enough and old else None
        if signal.favourable_from is not None and signal.unfavourable_to is not None:
            good = sum(1 for value in inside if value >= Fraction(str(signal.favourable_from)))
            bad = sum(1 for value in inside if value <= Fraction(str(signal.unfavourable_to)))
            yield past.named("balance", window), _ratio(Fraction(100 * (good - bad)), len(inside), enough)


def response(past: Past) -> Cells:
    for window in past.signal.windows:
        silent = [row for row in past.within(window) if row.value is None]
        yield past.named("unanswered", window), len(silent) if past.recorded(window) else None
    yield past.named("asked"), (past.t - max(row.day for row in past.seen)).days if past.seen else None


FAMILIES: dict[str, dict[str, Callable[[Past], Cells]]] = {
    "events": {
        "frequency": frequency,
        "breadth": breadth,
        "depth": depth,
        "trend": trend,
        "recency": recency,
        "rhythm": rhythm,
        "recurrence": recurrence,
    },
    "intervals": {
        "intervals": open_and_closed,
        "deadlines": deadlines,
    },
    "levels": {
        "levels": last_and_change,
        "response": response,
    },
    "accounts": {
        "attributes": attributes,
    },
}
TWINS = {name: twin for twins in FAMILIES.values() for name, twin in twins.items()}


def features(
    signals: Sequence[Signal],
    account: str,
    t: date,
    contracts: Sequence[Subscription] | None = None,
    tenure: bool = True,
) -> dict[str, Number]:
    """Every feature of an account at t; None is "missing". `contracts` are the account's own."""
    seats = summed(contracts or (), t, "seats")
    has_seats = contracts is not None
    found: dict[str, Number] = {}
    first_days = []
    for signal in signals:
        past = Past(signal, account, t, seats, has_seats)
        for family in signal.families:
            found.update((name, value) for name, value in TWINS[family](past) if signal.takes(name))
        first_days += [e.day for e in past.seen]
    if tenure:
        starts = [c.start for c in contracts or () if c.start < t and c.known < t] or first_days
        found["tenure_days"] = (t - min(starts)).days if starts else None
    return found


# --- outcomes --------------------------------------------------------------------------------------------------------


def in_force(contracts: Sequence[Subscription], t: date) -> list[Subscription]:
    """The contracts that cover t, by what is known; the one that began last (was known last, ends last) is the last."""
    forever = date.max
    mine = [c for c in contracts if c.start < t and c.known < t and not c.ended(t)]
    return sorted(mine, key=lambda c: (c.start, c.known, c.end or forever, c.notice or forever))


def summed(contracts: Sequence[Subscription], t: date, what: str) -> Number:
    """A number of the contracts in force, of the active ones if there are any."""
    mine = in_force(contracts, t)
    paying = [c for c in mine if c.status == "active"] or mine
    given = [getattr(c, what) for c in paying if getattr(c, what) is not None]
    return sum(given) if given else None


@dataclass(frozen=True)
class Fate:
    """Status at t, what became of the account, and the day of the exit where it exited."""

    status: str
    label: str
    exit_day: date | None = None


def churn(
    contracts: Sequence[Subscription],
    t: date,
    *,
    gap: int,
    horizon: int,
    data_end: date,
    grace: int = 0,
    maturity: int | None = None,
    types: Sequence[str] = ("voluntary", "involuntary"),
    effective: bool = False,
) -> Fate:
    """Fate of an account, from its contracts."""
    status = standing(contracts, t)
    if status in ("ended", "not_started"):
        return Fate(status, "")
    if t + (gap + horizon + (grace if maturity is None else maturity)) * DAY > data_end:
        return Fate(status, "immature")
    given_up, _, counts = life_at(contracts, t, grace, types, effective)
    if given_up is None or given_up >= t + (gap + horizon) * DAY:
        return Fate(status, "stayed")
    if given_up < t + gap * DAY:
        return Fate(status, "exit_in_gap")
    return Fate(status, "exited", given_up) if counts else Fate(status, "censored")


def standing(contracts: Sequence[Subscription], t: date) -> str:
    """Where an account stands at t, by what is known."""
    mine = in_force(contracts, t)
    if not mine:
        return "ended" if any(c.start < t and c.known < t for c in contracts) else "not_started"
    paid = [c for c in mine if c.status == "active"]
    if paid:
        return "leaving" if all(c.noticed(t) for c in paid) else "at_risk"
    return {"trial": "trial", "incomplete": "trial"}.get(mine[-1].status, "paused")


def life_at(
    contracts: Sequence[Subscription], t: date, grace: int, types: Sequence[str], effective: bool
) -> tuple[date | None, date | None, bool]:
    """The life that an account leads at t: when it was given up, when it ended, and whether such an exit counts."""
    mine = in_force(contracts, t)[-1]
    lives: list[list[Subscription]] = []
    for c in sorted(contracts, key=lambda c: (c.start, c.known, c.end or date.max, c.notice or date.max)):
        before = lives[-1] if lives else []
        if before and (any(b.end is None or c.start <= b.end + grace * DAY for b in before)):
            before.append(c)
        else:
            lives.append([c])
    life = next(life for life in lives if any(c is mine for c in life))
    last = life[0]
    for c in life:
        if (c.end or date.max) >= (last.end or date.max):
            last = c
    given_up = [min(c.end or date.max, c.notice or date.max) for c in life]
    day = last.end if effective else (None if max(given_up) == date.max else max(given_up))
    return day, last.end, last.exit_type in ("", *types)


def inactivity(
    bought: Sequence[Event],
    t: date,
    *,
    gap: int,
    horizon: int,
    data_end: date,
    within: int | None = None,
    maturity: int = 0,
) -> Fate:
    """Fate of an account, from its qualifying events."""
    known = [e for e in bought if e.day < t and e.known < t and (within is None or e.day >= t - within * DAY)]
    status = "at_risk" if known else "ineligible"
    if t + (gap + horizon + maturity) * DAY > data_end:
        return Fate(status, "immature")
    begin = t + gap * DAY
    if any(begin <= e.day < begin + horizon * DAY for e in bought):
        return Fate(status, "stayed")
    return Fate(status, "exited", begin)
