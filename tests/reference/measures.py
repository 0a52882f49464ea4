"""What every measure of every family means, from the dictionary of a run that measures all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from healthscore.config import Run, shipped_runs
from healthscore.features import FAMILIES
from healthscore.features.dictionary import Feature
from healthscore.features.ready import panel_features
from healthscore.tables import open_tables
from reference.text import HEAD, table

TABLES: dict[str, tuple[str, ...]] = {
    "events.csv": ("account_id,time,actor_id,name,quantity", "a,2024-05-02T09:00:00Z,u,export,2"),
    "intervals.csv": ("account_id,start,end,kind,quantity,deadline", "a,2024-05-02,,bug,10,2024-06-01"),
    "levels.csv": ("account_id,time,name,value", "a,2024-05-02,nps,9"),
    "accounts.csv": ("account_id,region,employees", "a,EU,20", "b,US,30"),
    "subscriptions.csv": ("account_id,start,end,seats,value,renewal", "a,2023-01-01,,10,100,2025-01-01"),
    "successions.csv": ("account_id,successor_id,date,kind", "b,a,2024-01-01,split"),
}
"""One row for every column of the contracts that a measure may need."""
SIGNALS: dict[str, dict[str, Any]] = {
    "events": {"label": "events", "key": ["export"]},
    "intervals": {"label": "tickets"},
    "levels": {"label": "answers", "favourable_from": 9, "unfavourable_to": 6},
    "region": {"source": "accounts", "attribute": "region", "key": ["EU"]},
    "employees": {"source": "accounts", "attribute": "employees"},
}
INTRODUCTION = (
    "A signal takes [families](../signals.md#families) of measures, each over the run's windows, unless it tells the "
    "present. A feature is called `<signal>_<measure>_<window>`: `logins_count_28d`. Windows end at the as-of date, "
    "which is not in them. `healthscore features` writes the dictionary of a run: this table for its own features, "
    "with its own words."
)


def page() -> str:
    """The page of the features."""
    found = _features()
    lines = [HEAD, "# Features", "", INTRODUCTION, ""]
    for kind, families in FAMILIES.items():
        lines += [f"## Of {kind}", ""]
        for family in families:
            mine = [one for one in found if one.family == family and (one.signal in SIGNALS)]
            lines += [f"### {family}", "", *_measures(mine)]
    lines += ["## Of the account itself", "", *_measures([one for one in found if one.family == "account"])]
    lines += ["## Of the shipped runs", "", "Their dictionaries lie in the repository, in `features/dictionary/`: "
              + ", ".join(f"`{name}.md`" for name in shipped_runs()) + ".", ""]  # fmt: skip
    return "\n".join(lines)


def _measures(features: list[Feature]) -> list[str]:
    """A row per measure, of its first window."""
    first: dict[str, Feature] = {}
    for feature in features:
        first.setdefault(feature.measure or feature.name, feature)
    rows = [
        (f"`{name}`", "now" if not one.window else "per window", one.unit, one.label, one.zero, one.missing)
        for name, one in first.items()
    ]
    return table(("measure", "when", "unit", "for example", "0 means", "missing means"), rows)


def _features() -> list[Feature]:
    """The dictionary of a run with a signal of every kind that takes every family of it."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name, lines in TABLES.items():
            (root / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        run = Run.model_validate(_run(root))
        with open_tables(run) as tables:
            return list(panel_features(run, tables))


def _run(root: Path) -> Mapping[str, Any]:
    sources: dict[str, Any] = {
        name.removesuffix(".csv"): {"contract": name.removesuffix(".csv"), "path": name} for name in TABLES
    }
    sources["accounts"] |= {"attributes": {"region": "region", "employees": "cast(employees as integer)"},
                            "static": ["region", "employees"]}  # fmt: skip
    signals = {}
    for name, said in SIGNALS.items():
        kind = said.get("source", name)
        signals[name] = {"source": kind, "component": "usage", "families": list(FAMILIES[kind]), **said}
    return {
        "name": "every_measure", "path": root / "run.toml", "data": root, "out": root / "out", "sources": sources,
        "signals": signals, "features": {"windows": [28, 56, 84]}, "as_of": {"dates": ["2024-06-01"]},
        "outcome": {"kind": "non_renewal", "source": "subscriptions", "horizon_days": 365},
        "data_end": "2024-07-01", "tracking": {"enabled": False},
    }  # fmt: skip
