"""A book of rows seen from a date: what was known by then, and what may be anything.

The laws of features hold whatever is added, deleted or altered of what was not known at a date.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from feature_book import ACCOUNTS, BEGIN, DAY, DELAY, KNOWN, MAKERS, Row, Rows, contract, midnight, state


def cut_contract(row: Row, t: date) -> Row:
    """A contract as it was known at t: without an end, notice or type of exit that lay ahead."""
    ahead = {name: None for name in ("end", "notice") if row[name] is not None and row[name] >= t}
    return row | ahead | ({"exit_type": None} if ahead else {})


def cut_interval(row: Row, t: date) -> Row:
    """An interval as it was known at t: without an end that lay ahead, or was not known yet."""
    if row["end"] is None or max(row["end"], row["end_known_at"]).date() < t:
        return row
    return row | {"end": None, "end_known_at": None}


def cut_state(row: Row, t: date) -> Row:
    """A state as it was known at t: with no end that lay ahead."""
    return row if row["valid_to"] is None or row["valid_to"] < t else row | {"valid_to": None}


def known_by(rows: Rows, t: date) -> Rows:
    """What was known before t, and nothing else."""
    known = {name: [row for row in content if KNOWN[name](row) < t] for name, content in rows.items()}
    known["subscriptions"] = [cut_contract(row, t) for row in known["subscriptions"]]
    known["intervals"] = [cut_interval(row, t) for row in known["intervals"]]
    known["accounts"] = [cut_state(row, t) for row in known["accounts"]]
    return known


def later_added(rows: Rows, t: date) -> Rows:
    """Rows that nobody knew at t, in every table: of the future, of the past but known from t on, and corrections."""
    chance, more = random.Random(8), dict(rows)
    for name, make in MAKERS.items():
        ahead = [make(chance, t, t + 90 * DAY) for _ in range(400)]
        backfilled = [make(chance, BEGIN - 300 * DAY, t) for _ in range(400)]
        for n, row in enumerate(backfilled):
            row["known_at"] = midnight(t) + timedelta(days=n % 5)
        for row in ahead[:200]:  # of accounts that nobody has heard of, with more decimals than were seen before
            row["account_id"] = f"unheard of {row['account_id']}"
            row["value" if "value" in row else "quantity"] = 0.123456
        corrections = [
            make(chance, BEGIN, t) | {"id": row["id"], "known_at": max(midnight(t), row["known_at"]) + 5 * DAY}
            for row in rows[name][::3]
        ]
        more[name] = rows[name] + ahead + backfilled + corrections
    more["visits"] = rows["visits"] + [
        {"account_id": chance.choice(ACCOUNTS), "time": t - DELAY + (n % 60) * DAY, "name": f"new {n}"}
        for n in range(100)
    ]
    signed = [contract(chance, account, t + (n % 40) * DAY) for n, account in enumerate(ACCOUNTS)]
    recorded = [
        contract(chance, account, t - 100 * DAY) | {"known_at": t + n * DAY} for n, account in enumerate(ACCOUNTS)
    ]
    return more | {
        "subscriptions": rows["subscriptions"] + signed + recorded,
        "accounts": other_states(chance, rows["accounts"], t),
    }


def other_states(chance: random.Random, rows: list[Row], t: date) -> list[Row]:
    """The states that were known at t, and others from t on."""
    known = [cut_state(row, t) for row in rows if KNOWN["accounts"](row) < t]
    last = {row["account_id"]: row for row in sorted(known, key=lambda row: row["valid_from"])}
    added = []
    for account, row in last.items():
        since = t + chance.randrange(30) * DAY
        if row["valid_to"] is None:
            known[known.index(row)] = row | {"valid_to": since}
        added.append(state(chance, account, since))
    return known + added


def later_altered(rows: Rows, t: date) -> Rows:
    """Every cell of a row that was not known at t says something else; ends, notices and their days too."""
    chance = random.Random(9)
    altered: Rows = {name: [] for name in rows}
    for name, make in MAKERS.items():
        for row in rows[name]:
            if KNOWN[name](row) >= t:
                row = make(chance, BEGIN, t) | {"id": row["id"], "known_at": midnight(t) + chance.randrange(90) * DAY}
            elif name == "intervals" and cut_interval(row, t)["end"] is None:
                row = row | _other_end(chance, row, t)
            altered[name].append(row)
    for row in rows["visits"]:
        unknown = KNOWN["visits"](row) >= t
        altered["visits"].append(row | {"account_id": chance.choice(ACCOUNTS), "name": "altered"} if unknown else row)
    for row in rows["subscriptions"]:
        if KNOWN["subscriptions"](row) >= t:
            row = contract(chance, chance.choice(ACCOUNTS), t + chance.randrange(60) * DAY)
        elif row["end"] is None or row["end"] >= t:
            row = cut_contract(row, t) | {"end": chance.choice([None, t, t + 1 * DAY, t + 99 * DAY])}
        altered["subscriptions"].append(row)
    return altered | {"accounts": other_states(chance, rows["accounts"], t)}


def _other_end(chance: random.Random, row: Row, t: date) -> Row:
    """None, one that lies ahead, or one of the past that became known at t or later."""
    ahead = midnight(t) + chance.randrange(90) * DAY
    return chance.choice(
        [
            {"end": None, "end_known_at": None},
            {"end": ahead, "end_known_at": ahead},
            {"end": row["start"], "end_known_at": ahead},
        ]
    )


CANARIES: dict[str, Callable[[Rows, date], Rows]] = {
    "add": later_added,
    "delete": known_by,
    "alter": later_altered,
}
