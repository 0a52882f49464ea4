"""An audit on disk: its directory with the result, the report, and the tables as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from healthscore.pipelines.auditing.before import VERB
from healthscore.pipelines.publish import run_directory, write_csv, write_json

Result = Mapping[str, Any]
BOUNDS = ("estimate", "low", "high")


def write_audit(out: Path, result: Result, record: Mapping[str, Any]) -> None:
    """Write `audit/<identity>` under `out`: `result.json`, `report.html`, a CSV per table, `run.json`."""
    from healthscore.pipelines.auditing.page import render_audit
    from healthscore.pipelines.report import write_report

    with run_directory(out, VERB, str(result["identity"]), record=record) as directory:
        write_json(directory / "result.json", result)
        for name, table in tables_of(result).items():
            write_csv(table, directory / f"{name}.csv")
        write_report(render_audit(result), directory / "report.html")


def tables_of(result: Result) -> dict[str, pd.DataFrame]:
    """The tables of a result by name; a figure with an interval is three columns, nested ones take their key in front.

    What has no rows is left out.
    """
    found = {
        "dates": result["needs"]["dates"],
        "bands": result["bands"],
        "segments": result["segments"],
        "models": result["models"],
        "sources": [{**one, "silences": len(one["silences"])} for one in result["sources"]],
        "drift": (result["drift"] or {}).get("features") or [],
        "leavers": result["leavers"]["features"],
        "components": component_rows(result),
        "promised": (result["promised"] or {}).get("open") or [],
        "interventions": (result["interventions"] or {}).get("groups") or [],
    }
    return {name: _frame(rows) for name, rows in found.items() if rows}


def component_rows(result: Result) -> list[dict[str, Any]]:
    """Components with all that the audit says of them: share then and now, worth of a point, validated weight."""
    validated = {one["name"]: one for one in result["weights"]}
    common = {one["name"]: one for one in result["leavers"]["components"]}
    worth = result["evidence"]["worth"]
    return [
        {
            **row,
            "worth": worth.get(row["name"]),
            "weight": (validated.get(row["name"]) or {}).get("weight"),
            "verdict": (validated.get(row["name"]) or {}).get("verdict"),
            "more": (common.get(row["name"]) or {}).get("more"),
        }
        for row in result["components"]
    ]


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([_flat(row) for row in rows])


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without nesting: `auc` = {estimate, low, high} becomes auc, auc_low, auc_high."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            figure = set(value) == set(BOUNDS)
            for name, part in _flat(value).items():
                flat[key if figure and name == "estimate" else f"{key}_{name}"] = part
        elif isinstance(value, list):
            flat[key] = "; ".join(map(str, value))
        else:
            flat[key] = value
    return flat
