"""A few accounts scored again after a key event: their scores beside those of all others, as these stood before.

The whole book is published: who was not asked about keeps row, drivers and features of the scores that stood, and its
own `as_of`. Ranks, lists and counts are those of the book as it is now.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.models.bundle import load
from healthscore.models.health import percentile, rank
from healthscore.pipelines.build import account_ids
from healthscore.pipelines.growth.learning import GROWTH
from healthscore.pipelines.growth.scoring import READY, READY_COLUMNS, growth_result
from healthscore.pipelines.longtable import ChunkedTable
from healthscore.pipelines.modelscore import book_result
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.rating import Scorer
from healthscore.pipelines.references import FILE as REFERENCES
from healthscore.pipelines.references import with_references
from healthscore.pipelines.runs.record import digest_of
from healthscore.pipelines.scoretable import Rated
from healthscore.tables import Tables

DRIVERS = "drivers.parquet"


@dataclass(frozen=True, eq=False)
class _Merged(ChunkedTable):
    """A long table on the disk with the rows of some accounts replaced, by account."""

    path: Path
    table: ChunkedTable
    accounts: pa.Array

    def chunks(self) -> Any:
        """One chunk: long tables of as many accounts as can be rescored fit."""
        fresh = pa.concat_tables(self.table.chunks())
        kept = pq.read_table(self.path, partitioning=None).cast(fresh.schema)
        rows = [kept.filter(pc.invert(pc.is_in(kept["account_id"], self.accounts)))]
        rows.append(fresh.filter(pc.is_in(fresh["account_id"], self.accounts)))
        both = pa.concat_tables(rows)
        yield both.take(pc.sort_indices(both["account_id"]))  # a stable sort: rows of an account keep their order


def named_accounts(run: Run, tables: Tables, accounts: Sequence[str]) -> tuple[str, ...]:
    """The accounts that are to be scored again, sorted, none twice.

    Raises
    ------
    ConfigurationError
        One of them is not there; the nearest id is named.
    """
    known = account_ids(run, tables).cast(pa.string())
    asked = pa.array(sorted(set(accounts)), pa.string())
    unknown = asked.filter(pc.invert(pc.is_in(asked, known))).to_pylist()
    if unknown:
        nearest = difflib.get_close_matches(unknown[0], known.to_pylist(), n=1)
        hint = f"did you mean {nearest[0]!r}? " if nearest else ""
        rest = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        raise ConfigurationError(
            f"--accounts: {run.name} has no account {unknown[0]!r}{rest}", f"{hint}ids are compared as text, exactly"
        )
    return tuple(asked.to_pylist())


def refuse_other(scorer: Scorer, before: Scored | None, as_of: date) -> Scored:
    """The scores that the others keep, which the same scorer made.

    Raises
    ------
    ConfigurationError
        There are none, another model made them, or a scorecard is to score.
    """
    whole = f"score the whole book: healthscore score --as-of {as_of}"
    if scorer.bundle is None:
        raise ConfigurationError("--accounts needs a model: a scorecard scores the whole book at once", whole)
    if before is None:
        raise ConfigurationError(f"no scores stand on {as_of} that the other accounts could keep", whole)
    record = before.record()
    if record["read"] != {name: digest_of(path) for name, path in scorer.read.items()}:
        raise ConfigurationError(f"the scores of {before.as_of} were made by another model", whole)
    return before


def rescore(
    scorer: Scorer, tables: Tables, as_of: date, before: Scored, accounts: Sequence[str], progress: Progress
) -> Rated:
    """Score the accounts at the date, and put their scores among those that stood before.

    Parameters
    ----------
    before
        Of `refuse_other`.
    accounts
        Of `named_accounts`.
    """
    rated = with_references(scorer.rate(tables, as_of, progress, told=accounts, only=accounts))
    scores = _merged(before.scores(), rated.scores, accounts)
    ids = pa.array(accounts, pa.large_string())
    beside: dict[str, pd.DataFrame | ChunkedTable] = {}
    for name, table in rated.beside.items():
        if isinstance(table, ChunkedTable):
            beside[name] = _Merged(before.directory / name, table, ids)
        elif name == READY:
            ready = scores[scores["ready_for_expansion"]]
            ready = ready.sort_values(["growth", "account_id"], ascending=[False, True], ignore_index=True)
            beside[name] = ready[list(READY_COLUMNS)]
        elif name == REFERENCES:
            beside[name] = _references(before.directory / name, table, accounts)
    result = _result(scorer, as_of, before, rated, scores, beside[REFERENCES], len(accounts))
    beside[DRIVERS] = _Merged(before.directory / DRIVERS, rated.drivers, ids)
    return replace(rated, scores=scores, beside=beside, result=result)


def _merged(before: pd.DataFrame, fresh: pd.DataFrame, accounts: Sequence[str]) -> pd.DataFrame:
    """All rows of the book, by rank; those without a score last."""
    kept = before[~before["account_id"].isin(accounts)]
    rows = [kept.reindex(columns=fresh.columns), fresh[fresh["account_id"].isin(accounts)]]
    both = pd.concat([part for part in rows if len(part)], ignore_index=True).astype(fresh.dtypes.to_dict())
    scored = (both["status"] == "scored").to_numpy()
    held = both.loc[scored, "log_odds"].to_numpy(np.float64)
    both.loc[scored, "rank"] = rank(held)
    both.loc[scored, "percentile"] = percentile(held).round(1)
    return both.sort_values(["rank", "account_id"], na_position="last", ignore_index=True)


def _references(path: Path, fresh: pd.DataFrame, accounts: Sequence[str]) -> pd.DataFrame:
    """The accounts that could be asked for a reference: those that answered first, then by health."""
    texts = {name: str for name in fresh if fresh[name].dtype == "str"}
    kept = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"value": [""], "tenure_days": [""]})
    rows = [kept[~kept["account_id"].isin(accounts)], fresh[fresh["account_id"].isin(accounts)]]
    both = pd.concat([part for part in rows if len(part)] or [fresh], ignore_index=True)
    both["_asked"] = both["survey"].fillna("") == ""
    both = both.sort_values(["_asked", "health", "account_id"], ascending=[True, False, True], ignore_index=True)
    return both.drop(columns="_asked")


def _result(
    scorer: Scorer,
    as_of: date,
    before: Scored,
    rated: Rated,
    scores: pd.DataFrame,
    references: pd.DataFrame | ChunkedTable,
    named: int,
) -> dict[str, Any]:
    bundle, stood = scorer.bundle, before.result()
    assert bundle is not None  # noqa: S101 - by `refuse_other`
    assert isinstance(references, pd.DataFrame)  # noqa: S101 - a list for people
    answered = int((references["survey"].fillna("") != "").sum())
    growth = stood["growth"]
    if GROWTH in scorer.read:
        growth = growth_result(scores, load(scorer.read[GROWTH], threads=scorer.run.threads), scorer.run, as_of)
    return {
        **rated.result,
        **book_result(scorer.run, bundle, scores, as_of),
        "growth": growth,
        "growth_segments": stood["growth_segments"],  # of the whole book's revenue, by the last whole job
        "references": rated.result["references"] | {"accounts": len(references), "answered": answered},
        "warnings": list(dict.fromkeys([*rated.hindsight, *stood["warnings"]])),
        "rescored": {"accounts": named, "from": before.directory.name, "from_as_of": before.as_of},
    }
