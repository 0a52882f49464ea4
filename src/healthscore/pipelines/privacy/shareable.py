"""Reports that may be passed on: no account by id or name, and no table cell of fewer than five accounts.

A row of a table falls out where it is of fewer than `SMALLEST` accounts, or counts fewer than that of what happened to
them. Where it is the only one of its table to fall out, the total would tell it by subtraction; so the smallest of the
others falls out with it. Bands of a score are shown all, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from healthscore.errors import ConfigurationError
from healthscore.pipelines import durable
from healthscore.pipelines.runs.finding import Finished, finished

SMALLEST = 5
COUNTS = ("accounts", "exiting_accounts", "exiting", "exits", "events")
"""Keys of a row that count accounts, or what happened to them."""
BANDS = "bands"
PERSONAL = ("account_id", "account")
"""Keys of rows that are about one account."""


def share(
    identity: str | Path, to: str | Path, run: str | Path | None = None, *, out: str | Path | None = None
) -> Path:
    """Write the page of a finished backtest, validation or audit without small cells, ids and names.

    Parameters
    ----------
    identity, run, out
        The finished run, see `runs.finding.finished`.
    to
        The file to write.

    Raises
    ------
    ConfigurationError
        There is no such run, or it is of a command whose page cannot be shared.
    """
    done: Finished = finished(identity, run, out=out)
    if done.verb not in PAGES:
        raise ConfigurationError(
            f"{done.directory} is a run of `{done.verb}`, whose page is not made for sharing",
            f"name a run of {', '.join(PAGES)}",
        )
    target = Path(to).expanduser().resolve()
    if not target.parent.is_dir():
        raise ConfigurationError(f"--shareable {to}: there is no folder {target.parent}", "make it, or write elsewhere")
    durable.put(target, PAGES[done.verb](shareable(done.result())).encode())
    return target


def shareable(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result without accounts and small cells; `withheld` says how many rows of tables fell out."""
    withheld = [0]
    kept: dict[str, Any] = _kept(dict(result), withheld)
    if _ladder(kept) != _ladder(result):  # the page of growth shows all of its bands, or none
        kept["growth"] = None
    if kept.get("needs"):
        kept["needs"] = kept["needs"] | {"dates": [_output(row) for row in kept["needs"]["dates"]]}
    title = f"{result.get('title') or result.get('run', '')} · may be shared: no accounts, no cells below {SMALLEST}"
    return kept | {"withheld": withheld[0], "title": title}


def _ladder(result: Mapping[str, Any]) -> int:
    return len((result.get("growth") or {}).get("bands") or ())


def _kept(value: Any, withheld: list[int]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _ladder_kept(one, withheld) if key == BANDS else _kept(one, withheld) for key, one in value.items()
        }
    if not isinstance(value, list):
        return value
    rows = [row for row in value if not (isinstance(row, Mapping) and any(name in row for name in PERSONAL))]
    if rows and all(isinstance(row, Mapping) for row in rows):
        small = _falling(rows)
        withheld[0] += len(small)
        rows = [row for number, row in enumerate(rows) if number not in small]
    return [_kept(row, withheld) for row in rows]


def _ladder_kept(bands: Any, withheld: list[int]) -> Any:
    """All bands of a score, or none: one alone would have the colour and the place of another."""
    kept = _kept(bands, withheld)
    if not isinstance(bands, list) or len(kept) == len(bands):
        return kept
    withheld[0] += len(kept)
    return []


def _output(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an audit's date gave out, without counts of a few accounts; a band that the sum would tell goes, too."""
    bands = dict(row["bands"])
    small = [name for name, count in bands.items() if 0 < count < SMALLEST]
    others = [name for name, count in bands.items() if count >= SMALLEST]  # an empty band hides nothing
    if len(small) == 1 and others:
        small.append(min(others, key=lambda name: int(bands[name])))
    few = {"low_confidence": row["low_confidence"], "known": row["known"]}
    return {
        **row,
        **{name: None if 0 < count < SMALLEST else count for name, count in few.items()},
        "bands": bands | dict.fromkeys(small),
        "unscored": None if 0 < sum(row["unscored"].values()) < SMALLEST else row["unscored"],
    }


def _falling(rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Numbers of the rows that fall out of a table."""
    counted = [key for key in COUNTS if any(_count(row, key) is not None for row in rows)]
    small = {n for n, row in enumerate(rows) if any(0 < (_count(row, key) or 0) < SMALLEST for key in counted)}
    if len(small) == 1 and len(rows) > 1:
        others = (n for n in range(len(rows)) if n not in small)
        small.add(min(others, key=lambda n: (_count(rows[n], counted[0]) or 0, n)))
    return small


def _count(row: Mapping[str, Any], key: str) -> float | None:
    """A count of a row, which bands hold as a float; None where it has none, or an estimate with its range."""
    value = row.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _backtest(result: Mapping[str, Any]) -> str:
    from healthscore.pipelines.report import render_backtest

    return render_backtest(result)


def _validation(result: Mapping[str, Any]) -> str:
    from healthscore.pipelines.report import render_validation

    return render_validation(result)


def _audit(result: Mapping[str, Any]) -> str:
    from healthscore.pipelines.auditing.page import render_audit

    return render_audit(result)


PAGES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "backtest": _backtest,
    "validate": _validation,
    "audit": _audit,
}
"""Command -> how its page is made of a result."""
