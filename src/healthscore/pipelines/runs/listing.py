"""What was run: command, identity, date, whether readers follow it, how many accounts, how many bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.pipelines.publish import plain
from healthscore.pipelines.runs.places import Place, Places, places


def list_runs(run: Run | str | Path | None = None, *, out: str | Path | None = None) -> dict[str, Any]:
    """Finished runs, by command and date: the JSON object of `runs list`.

    Each has `state`: `current` (what the command's `CURRENT` names), `stands` (the scores of an earlier date),
    `superseded` (scores that others have replaced), `torn` (files are missing), or None.
    """
    found = places(run, out)
    rows = [_row(place, found) for place in found.runs]
    rows.sort(key=lambda row: (row["folder"], row["as_of"] or "", row["name"]))
    return {"out": str(found.out), "runs": rows, "bytes": sum(row["bytes"] for row in rows)}


def _row(place: Place, found: Places) -> dict[str, Any]:
    result, as_of = place.result, place.as_of
    row = {
        "folder": place.folder,
        "name": place.name,
        "identity": place.identity,
        "verb": place.record.get("verb"),
        "as_of": as_of,
        "state": "torn" if not place.whole else found.named.get(place.directory),
        "accounts": result.get("accounts"),
        "data_end": result.get("data_end"),
        "bytes": place.bytes,
        "directory": str(place.directory),
    }
    clean: dict[str, Any] = plain(row)
    return clean
