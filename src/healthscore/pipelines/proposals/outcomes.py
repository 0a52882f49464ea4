"""What to predict, and when to ask: outcome, horizon, windows and as-of dates that the data support."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from healthscore.asof import date_of
from healthscore.pipelines.proposals.inventory import Inventory
from healthscore.pipelines.proposals.mapping import Mapping
from healthscore.pipelines.proposals.sources import SourceProposal
from healthscore.tables.quoting import quote_identifier

HORIZONS = (7, 14, 30, 60, 90, 180, 365)
RENEWAL_HORIZONS = (365, 180, 90)
_WHOLE_YEARS = "abs(length - 365.25 * round(length / 365.25)) <= 8 AND length > 180"
"""A year and its renewals: lengths in days within 8 of a multiple of 365."""
STRAY_DAYS = 400
"""Days by which the last row may lie beyond nearly all others before it is taken for a slip of the pen."""
NEAR_DAYS = 31
"""Days after the last event within which contracts may still have begun or been given up."""
MANY = 5_000_000
"""Rows beyond which gaps are measured on a part of the accounts."""
COUNTED_EXITS = ("merged", "closed", "completed", "merger", "acquired", "transfer", "transferred", "upgrade", "renewed")
"""Types of exit that are no churn."""


@dataclass
class OutcomeProposal:
    """The outcome as a run writes it, with a comment per key and a sentence on why."""

    keys: dict[str, object]
    why: dict[str, str] = field(default_factory=dict)
    sentence: str = ""
    windows: tuple[int, ...] = (7, 14, 28, 84)

    @property
    def reach(self) -> int:
        """Days after an as-of date until its outcome is final."""
        grace = self.keys.get("grace_days", 0)
        return sum(int(str(days)) for days in (self.keys["gap_days"], self.keys["horizon_days"], grace))


@dataclass(frozen=True)
class Calendar:
    """As-of dates, where the data end, and the windows that leave enough dates."""

    first: date
    last: date
    every: str
    data_end: date
    windows: tuple[int, ...]
    why: dict[str, str]
    questions: tuple[str, ...] = ()


def propose_outcome(inventory: Inventory, mapping: Mapping) -> OutcomeProposal | None:
    """Churn where there are contracts, inactivity where there are none; None without either."""
    contracts, events = mapping.of("subscriptions"), mapping.of("events")
    if contracts:
        return _churn(inventory, mapping, contracts[0])
    if not events:
        return None
    purchases = [source for source in events if source.component == "purchases"]
    source = max(
        purchases or events, key=lambda s: (s.component == "purchases", s.component == "activity", s.table.rows)
    )
    return _inactivity(inventory, source)


def _churn(inventory: Inventory, mapping: Mapping, source: SourceProposal) -> OutcomeProposal:
    """Churn, or of terms of a year the next renewal, where a column says when it is."""
    annual, why = _annual(inventory, source)
    renewed = _renewed_by_the_year(inventory, source)
    keys: dict[str, object] = {"kind": "non_renewal" if renewed else "churn", "source": source.name}
    if renewed:
        keys |= {"gap_days": 30, "horizon_days": _affordable(mapping, 30 + 60, (28, 84, 182)), "grace_days": 60}
        windows: tuple[int, ...] = (28, 84, 182)
        why = "terms of a year, with the day on which each is up: an account is lost when it does not renew"
        source.questions.append(
            f"{source.name}.{source.columns['renewal']}: was it written when the term began, in a row per "
            "term? A day that is moved on at each renewal tells the past who stayed: then leave it "
            "unused, and predict churn."
        )
    elif annual:
        keys |= {"gap_days": 30, "horizon_days": 90, "grace_days": 60}
        windows = (28, 84, 182)
    else:
        keys |= {"gap_days": 7, "horizon_days": 60, "grace_days": 14}
        windows = (7, 14, 28, 84)
    short = renewed and keys["horizon_days"] != RENEWAL_HORIZONS[0]
    comments = {
        "gap_days": "exits so soon are too late for anybody to act on",
        "horizon_days": "CONFIRM: how far ahead you want to know"
        + ("; a year, once the tables reach back further" * short),
        "grace_days": "whoever comes back within it has not left",
    }
    types = source.facts("exit_type")
    if types is not None and types.values:
        counted = [v for v in types.values if v.lower() == "voluntary"] or [
            v for v in types.values if v.lower() not in COUNTED_EXITS
        ]
        keys["types"] = counted
        comments["types"] = f"of {', '.join(types.values[:6])}; the others are counted apart"
    return OutcomeProposal(keys, comments, why, windows)


def _renewed_by_the_year(inventory: Inventory, source: SourceProposal) -> bool:
    """Whether most terms end, by their renewal, whole years after they began."""
    start, renewal = source.facts("start"), source.facts("renewal")
    if start is None or renewal is None or start.time is None or renewal.time is None:
        return False
    share = inventory.ask(
        f"SELECT avg(CASE WHEN {_WHOLE_YEARS} THEN 1.0 ELSE 0 END) AS yearly FROM "
        f"(SELECT {renewal.time.day} - {start.time.day} AS length FROM {source.table.relation}) "
        "WHERE length IS NOT NULL"
    )["yearly"]
    return share is not None and share >= 0.5 and renewal.filled >= 0.5 * source.table.rows


def _affordable(mapping: Mapping, more: int, windows: tuple[int, ...]) -> int:
    """The longest horizon for renewals that leaves dates to learn from; `more` days pass before and after it."""
    begin, end = _extent(mapping)
    fits = (days for days in RENEWAL_HORIZONS if _enough(end - begin, days + more, windows))
    return next(fits, RENEWAL_HORIZONS[-1])


def _enough(covered: int, reach: int, windows: tuple[int, ...]) -> bool:
    """Whether days of data leave dates after the longest window and before the last outcome."""
    return covered - reach - windows[-1] >= max(reach + 60, 180)


def _annual(inventory: Inventory, source: SourceProposal) -> tuple[bool, str]:
    """Whether contracts run by the year: their lengths, when they end, are whole years."""
    for column in source.table.columns:
        texts = {value.lower() for value in column.values}
        if texts & {"annual", "yearly", "year", "12 months"}:
            share = sum(
                part for value, part in column.common if value.lower() in {"annual", "yearly", "year", "12 months"}
            )
            return share > 0.5, f"{column.name}: {share:.0%} of the contracts run by the year"
    start, end = source.facts("start"), source.facts("end")
    if start is None or end is None or start.time is None or end.time is None:
        return False, "contracts with a start: churn, with the defaults of monthly plans"
    row = inventory.ask(
        f"SELECT count(*) AS ended, avg(CASE WHEN {_WHOLE_YEARS} THEN 1.0 ELSE 0 END) AS yearly FROM "
        f"(SELECT {end.time.day} - {start.time.day} AS length FROM {source.table.relation}) WHERE length "
        "BETWEEN 1 AND 20000"
    )
    annual = bool(row["ended"] >= 5 and row["yearly"] >= 0.5)
    if annual:
        return True, f"{row['yearly']:.0%} of the contracts that ended ran for whole years: annual"
    return False, "contracts end after any number of months: the defaults of monthly plans"


def _inactivity(inventory: Inventory, source: SourceProposal) -> OutcomeProposal:
    days = gap_between_events(inventory, source)
    horizon = 90 if days is None else min(HORIZONS, key=lambda h: abs(h - days))
    keys: dict[str, object] = {"kind": "inactivity", "source": source.name, "gap_days": 0, "horizon_days": horizon}
    keys["eligible_within_days"] = 2 * horizon
    comments = {
        "horizon_days": "CONFIRM: how long a silence means that a customer is gone",
        "eligible_within_days": "whoever was silent for longer is gone already",
    }
    what = "purchases" if source.component == "purchases" else "active days"
    if has_negatives(source):
        keys["where"] = "quantity > 0"
        comments["where"] = "a return or a correction is no purchase"
    sentence = "no contracts: an account is lost when it falls silent"
    if days is not None:
        sentence += f"; nine in ten gaps between {what} are at most {days:.0f} days"
    return OutcomeProposal(keys, comments, sentence, (28, 84, 182, 364) if horizon >= 30 else (7, 14, 28, 84))


def gap_between_events(inventory: Inventory, source: SourceProposal) -> float | None:
    """The 90th percentile of the days between an account's active days; None where no account was active twice."""
    if source.time is None or not source.time.day:
        return None
    account = quote_identifier(source.key)
    part = f"AND hash({account}) % {source.table.rows // MANY + 1} = 0" if source.table.rows > MANY else ""
    row = inventory.ask(
        "SELECT quantile_cont(gap, 0.9) AS days FROM (SELECT day - lag(day) OVER (PARTITION BY account ORDER "
        "BY day) AS gap FROM "
        f"(SELECT DISTINCT {account} AS account, {source.time.day} AS day FROM {source.table.relation} "
        f"WHERE {account} IS NOT NULL {part}) WHERE day IS NOT NULL) WHERE gap IS NOT NULL"
    )
    return None if row["days"] is None else float(row["days"])


def has_negatives(source: SourceProposal) -> bool:
    """Whether a quantity of the source may be negative: returns, credits, corrections."""
    if "quantity" not in source.columns:
        return False
    behind = [source.facts("quantity"), source.table.column(source.attributes.get("units", ""))]
    return any(facts is not None and facts.low is not None and facts.low < 0 for facts in behind)


def propose_calendar(mapping: Mapping, outcome: OutcomeProposal | None) -> Calendar:
    """First date after the longest window, last date whose outcomes are final, by the month where the data are long."""
    timed = _timed(mapping)
    times = [source.time for source in timed if source.time is not None]
    windows = (28, 84) if outcome is None else outcome.windows
    if not times:
        start = date(2024, 1, 1)
        return Calendar(
            start,
            start,
            "month",
            start,
            windows,
            dict.fromkeys(("first", "data_end"), "CONFIRM: no table says which dates it covers"),
        )
    questions = tuple(
        f"{source.name}: a few rows lie as late as {date_of(source.time.last)}, nearly all before "
        f"{date_of(source.time.usual_last + 1)}. "
        "The file takes the data to end there."
        for source in timed
        if source.time is not None and source.time.last - source.time.usual_last > STRAY_DAYS
    )
    start_day, end = _extent(mapping)
    reach = 0 if outcome is None else outcome.reach
    while len(windows) > 1 and not _enough(end - start_day, reach, windows):
        windows = windows[:-1]
    return _dates(start_day, end, reach, windows, questions)


def _timed(mapping: Mapping) -> list[SourceProposal]:
    """Sources whose times say which days the data cover: what happened or was measured, before what was planned."""
    happened = [*mapping.of("events"), *mapping.of("levels")]
    every = happened or mapping.of("intervals") or mapping.of("subscriptions") or mapping.sources
    return [source for source in every if source.time is not None]


def _extent(mapping: Mapping) -> tuple[int, int]:
    """First day of the longest table, and the first day that no table covers; (0, 0) without any time."""
    timed = _timed(mapping)
    times = [source.time for source in timed if source.time is not None]
    if not times:
        return 0, 0
    latest = max(time.usual_last if time.last - time.usual_last > STRAY_DAYS else time.last for time in times)
    # A contract may have ended just after the last event; one that starts next year says nothing about the data's end.
    near = [time.last for source in mapping.of("subscriptions") for time in source.past]
    end = max([latest, *(day for day in near if day - latest <= NEAR_DAYS)]) + 1
    begin = max(timed, key=lambda source: source.table.rows).time
    return times[0].first if begin is None else begin.first, end


def _dates(start: int, end: int, reach: int, windows: tuple[int, ...], questions: tuple[str, ...]) -> Calendar:
    earliest, latest = date_of(start + windows[-1]), date_of(end - reach)
    why = {
        "first": f"the data begin on {date_of(start)}, and the longest window is {windows[-1]} days",
        "last": f"{reach} days later every outcome is final",
        "data_end": "the day after the last row; if the tables were exported later, say when",
    }
    if (latest - earliest).days >= 150:
        first = earliest if earliest.day == 1 else (earliest.replace(day=1) + timedelta(days=32)).replace(day=1)
        return Calendar(first, latest.replace(day=1), "month", date_of(end), windows, why, questions)
    if (latest - earliest).days >= 14:
        first = earliest + timedelta(days=-earliest.weekday() % 7)
        return Calendar(first, latest - timedelta(days=latest.weekday()), "week", date_of(end), windows, why, questions)
    short = (
        f"the data cover {end - start} days: too few for windows of {windows[-1]} days and outcomes {reach} days "
        "ahead. "
    )
    only = max(date_of(start + 1), min(earliest, date_of(end)))
    why["first"] = why["last"] = "CONFIRM: too short a history for a backtest"
    return Calendar(
        only,
        only,
        "week",
        date_of(end),
        windows,
        why,
        (*questions, short + "Accounts can be scored, not yet validated."),
    )
