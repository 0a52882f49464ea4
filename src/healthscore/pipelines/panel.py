"""The panel as Parquet, with the dictionary of what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from healthscore.config import Run, load_run
from healthscore.display import Display, Displayed
from healthscore.features.dictionary import markdown
from healthscore.features.ready import Plan, plan_panel
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import account_ids, as_ofs_of, data_end_of, iso, snapshots_of
from healthscore.pipelines.panelrun import SCORECARD, panel_run, scorecard_text
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, run_directory, run_identity, write_json
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.working import working
from healthscore.tables import Tables, open_tables

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class PanelResult(Displayed):
    """Where the panel lies; `result` is the JSON object of the command."""

    directory: Path
    result: dict[str, Any]

    def frame(self) -> pd.DataFrame:
        """The panel: account_id, as_of, and a column per feature."""
        return _frame(self.directory / "features.parquet")

    def outcomes(self) -> pd.DataFrame:
        """What became of each row: account_id, as_of, outcome (missing where it is not known), status (why), value."""
        return _frame(self.directory / "outcomes.parquet")

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.learning import panel_display

        return panel_display(self.result)


def _frame(path: Path) -> pd.DataFrame:
    import pandas as pd  # whoever only writes a panel does not wait for it

    return pd.read_parquet(path)


def panel(
    run: Run | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> PanelResult:
    """Compute every feature of the run at every as-of date and write it, chunk by chunk, in bounded memory.

    Rows are the accounts at risk where the run has an outcome, else all accounts with anything known by then. Outcomes
    lie in a file of their own, so that no feature file holds what came later. `panel.toml` is a run over both files.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    with working(run.out, "writing a panel"):
        return _panel(run, progress)


def _panel(run: Run, progress: Progress) -> PanelResult:
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
        identity = run_identity(run, "features", inputs)
        made_of = run_record(run, "features", identity, inputs)
        with run_directory(run.out, "features", identity, record=made_of) as directory:
            result = _write(run, tables, directory, progress) | {"identity": identity}
            write_json(directory / "result.json", result)
    target = attempt_of(run.out, "features", identity)
    return PanelResult(target, result | {"directory": str(target)})


def _write(run: Run, tables: Tables, directory: Path, progress: Progress) -> dict[str, Any]:
    days = as_ofs_of(run, tables)
    accounts = account_ids(run, tables)
    with progress("reading the rows of the signals"):
        plan = plan_panel(run, tables, accounts, days)
    end = None if run.outcome is None else data_end_of(run, tables)
    rows = plan.seen() if end is None else _outcomes(run, tables, plan, end, directory)
    (directory / "dictionary.md").write_text(markdown(plan.features, run.title or run.name), encoding="utf-8")
    (directory / "panel.toml").write_text(panel_run(run, plan.features, end), encoding="utf-8")
    if run.scorecard is not None:
        (directory / SCORECARD).write_text(scorecard_text(run.scorecard), encoding="utf-8")
    with progress("computing features") as advance:
        written = _write_chunks((chunk.table() for chunk in plan.chunks(rows, advance)), directory / "features.parquet")
    return {
        "run": run.name,
        "as_ofs": [iso(day) for day in days],
        "accounts": len(accounts),
        "rows": written,
        "features": [
            {key: getattr(feature, key) for key in ("name", "component", "family", "signal", "window", "unit")}
            for feature in plan.features
        ],
    }


def _write_chunks(tables: Iterator[pa.Table], path: Path) -> int:
    """Write tables as one file, each while the next is computed; how many rows they have. No tables, no file."""
    first = next(tables, None)
    if first is None:
        return 0
    written, pending = 0, Future[None]()
    pending.set_result(None)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer, ThreadPoolExecutor(max_workers=1) as pool:
        for table in chain([first], tables):
            pending.result()  # so that no more than two are held
            pending = pool.submit(writer.write_table, table)
            written += table.num_rows
        pending.result()
    return written


def _outcomes(run: Run, tables: Tables, plan: Plan, data_end: int, directory: Path) -> NDArray[np.bool_]:
    """Which (as-of day, account) the panel holds; what became of them is written beside it."""
    snapshots = snapshots_of(run, tables, plan.accounts, plan.as_ofs, data_end)
    at_risk = snapshots.at_risk
    day, account = np.nonzero(at_risk)
    label = snapshots.label[at_risk]
    table = pa.table(
        {
            "account_id": plan.accounts.take(pa.array(account)),
            "as_of": pa.array(np.asarray(plan.as_ofs, np.int32)[day]).cast(pa.date32()),
            "outcome": pa.array(label, mask=label < 0),
            "status": pa.array([Label(code).name.lower() for code in label]),
            "value": pa.array(snapshots.value[at_risk], from_pandas=True),
        }
    )
    pq.write_table(table, directory / "outcomes.parquet", compression="zstd")
    return at_risk
