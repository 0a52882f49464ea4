"""Scores of a simulated company: they add up, they see nothing of the future, and a wrong model is refused."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from company import copy_company, rewrite
from healthscore.config import load_run
from healthscore.errors import BundleError, ConfigurationError, InsufficientDataError
from healthscore.models.bundle import load
from healthscore.pipelines.check import check
from healthscore.pipelines.explain import explain
from healthscore.pipelines.publish import current
from healthscore.pipelines.recorded import StaleDataWarning
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult, train

DAY = timedelta(days=1)
Change = Callable[[pd.DataFrame], pd.DataFrame]


def rated(result: ScoreResult) -> pd.DataFrame:
    return result.scores[result.scores["status"] == "scored"]


def tenths(values: pd.Series) -> pd.Series:
    """Whole tenths of a point; what is shown has no finer digits."""
    whole = (values * 10).round()
    assert ((values * 10 - whole).abs() < 1e-9).all()
    return whole.astype("int64")


# --- what is shown adds up -------------------------------------------------------------------------------------------


def test_base_components_and_cap_add_up_to_the_score_of_every_account(scored: ScoreResult) -> None:
    rows = rated(scored)
    parts = [name for name in rows if str(name).startswith("points_")]
    assert {"points_base", "points_capped", "points_activity", "points_adoption"} <= set(parts)
    total = pd.concat([tenths(rows[name]) for name in parts], axis=1).sum(axis=1)
    assert (total == tenths(rows["health"])).all()


def test_features_add_up_to_their_component_of_every_account(scored: ScoreResult) -> None:
    drivers = scored.drivers.assign(tenths=tenths(scored.drivers["points"]))
    keys = ["account_id", "component"]
    features = drivers[drivers["kind"] == "feature"].groupby(keys)["tenths"].sum()
    components = drivers[drivers["kind"] == "component"].set_index(keys)["tenths"]
    pd.testing.assert_series_equal(features, components.sort_index())
    shown = rated(scored).set_index("account_id")
    for name, points in components.groupby("component"):
        by_account = points.droplevel("component")
        assert (tenths(shown.loc[by_account.index, f"points_{name}"]) == by_account).all()


def test_the_long_table_adds_up_to_the_score_too(scored: ScoreResult) -> None:
    drivers = scored.drivers[scored.drivers["kind"] != "feature"]
    total = tenths(drivers["points"]).groupby(drivers["account_id"]).sum()
    assert (total == tenths(rated(scored).set_index("account_id")["health"]).sort_index()).all()


def test_the_displayed_score_decides_the_band(scored: ScoreResult) -> None:
    rows = rated(scored)
    wanted = np.select([rows["health"] < 40, rows["health"] < 70], ["at risk", "needs attention"], "healthy")
    assert (rows["band"] == wanted).all()
    assert scored.result["bands"] == {
        name: int((wanted == name).sum()) for name in ("at risk", "needs attention", "healthy")
    }


def test_healthier_is_less_at_risk_without_exception(scored: ScoreResult) -> None:
    rows = rated(scored).sort_values("probability")
    assert (np.diff(rows["health"]) <= 0).all()
    assert (np.diff(rows["percentile"]) <= 0).all()
    assert rows["health"].between(0, 100).all()
    assert rows["probability"].between(0, 1, inclusive="neither").all()
    # Fifteen points halve the odds: log-odds and uncapped scores lie on one line.
    free = rows[rows["points_capped"] == 0]
    log_odds = np.log(free["probability"] / (1 - free["probability"]))
    assert np.polyfit(log_odds, free["health"], 1)[0] == pytest.approx(-15 / np.log(2), abs=0.02)


def test_ranks_count_from_the_account_most_at_risk(scored: ScoreResult) -> None:
    rows = rated(scored)
    assert rows["rank"].to_list() == rows["probability"].rank(ascending=False, method="min").astype(int).to_list()
    assert rows["rank"].is_monotonic_increasing
    assert scored.result["accounts"] == len(rows)
    assert scored.result["expected_exits"] == pytest.approx(rows["probability"].sum(), abs=1e-9)


def test_accounts_with_a_status_have_no_score(scored: ScoreResult, company: Path, as_of: date) -> None:
    rest = scored.scores[scored.scores["status"] != "scored"]
    assert set(rest["status"]) <= {"leaving", "trial", "paused"}
    assert rest[["health", "rank", "band", "probability", "points_base"]].isna().to_numpy().all()
    assert scored.result["unscored"] == rest["status"].value_counts().to_dict()
    contracts = pd.read_parquet(company.parent / "data" / "subscriptions.parquet")
    open_then = contracts[(contracts["start"] < as_of) & ~(contracts["end"] <= as_of)]
    told = set(open_then.loc[open_then["notice_date"] < as_of, "account_id"])
    assert told
    assert set(rest.loc[rest["status"] == "leaving", "account_id"]) == told
    trials = set(open_then.loc[open_then["status"] == "trial", "account_id"])
    assert set(rest.loc[rest["status"] == "trial", "account_id"]) == trials
    assert not scored.scores["account_id"].duplicated().any()


def test_files_hold_what_was_returned(scored: ScoreResult) -> None:
    written = pd.read_parquet(scored.directory / "scores.parquet")
    pd.testing.assert_frame_equal(written, scored.scores)
    pd.testing.assert_frame_equal(pd.read_parquet(scored.directory / "drivers.parquet"), scored.drivers)
    table = pd.read_csv(scored.directory / "scores.csv", dtype={"account_id": str}, keep_default_na=False)
    assert table["account_id"].to_list() == scored.scores["account_id"].to_list()
    assert list(table.columns) == list(scored.scores.columns)
    result = json.loads((scored.directory / "result.json").read_text(encoding="utf-8"))
    assert {key: scored.result[key] for key in result} == result
    beside = {"directory", "files", "already_published", "publication", "version", "alias", "champion"}
    assert set(scored.result) - set(result) == beside


def test_features_and_log_odds_are_kept_as_the_model_read_and_said_them(
    trained: TrainResult, scored: ScoreResult
) -> None:
    features, rows = pd.read_parquet(scored.directory / "features.parquet"), rated(scored).set_index("account_id")
    assert set(features["account_id"]) == set(rows.index)
    X = features.set_index("account_id")
    assert set(X.dtypes.astype(str)) == {"float64"}
    assert X.isna().to_numpy().any()
    held = load(trained.bundle).model.held_logit(X, list(X.columns))
    assert rows.loc[X.index, "log_odds"].to_list() == pytest.approx(held.tolist(), abs=1e-12)
    assert rows["rank"].to_list() == rows["log_odds"].rank(ascending=False, method="min").astype(int).to_list()


def test_types_of_columns_are_the_same_where_nobody_has_a_name(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date, tmp_path: Path
) -> None:
    run = copy_company(company, tmp_path)
    rewrite(run, "accounts.parquet", lambda rows: rows[["account_id"]])
    rewrite(run, "subscriptions.parquet", lambda rows: rows[(rows["status"] == "active") & rows["notice_date"].isna()])
    found = score(run, as_of=as_of, model=trained.bundle)
    assert set(found.scores["status"]) == {"scored"}
    assert found.scores["name"].isna().all()
    assert found.scores.dtypes.to_dict() == scored.scores.dtypes.to_dict()
    assert scored.scores["rank"].dtype == "Int64"


# --- the future ------------------------------------------------------------------------------------------------------


def later_than(t: date, *columns: str) -> Callable[[pd.DataFrame], pd.Series]:
    """Whether a row happened or became known at `t` or later, by any of its columns of time."""

    def known_later(rows: pd.DataFrame) -> pd.Series:
        moments = [pd.to_datetime(rows[c].replace("", None), format="ISO8601", utc=True) for c in columns]
        return pd.concat([moment >= pd.Timestamp(t, tz="UTC") for moment in moments], axis=1).any(axis=1)

    return known_later


TABLES = {
    "events.parquet": ("time", "ingested_at"),
    "touchpoints.parquet": ("time", "logged_at"),
    "tickets.csv": ("opened_at",),
    "surveys.csv": ("asked_at",),
    "invoices.parquet": ("issued",),
}
"""Tables of what happened, and when a row happened or became known."""
LATER: dict[str, dict[str, tuple[str, ...]]] = {
    "tickets.csv": {"closed_at": (), "escalated_at": (), "reopened_at": (), "rated_at": ("csat",)},
    "surveys.csv": {"answered_at": ("nps", "comment")},
    "invoices.parquet": {"paid": ()},
}
"""Columns that are filled in later, with what is then written beside them."""


def deleted(t: date, table: str) -> Change:
    """Without the rows, and without what was filled in, at `t` or later."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        then = rows[~later_than(t, *TABLES[table])(rows)].copy()
        for column, beside in LATER.get(table, {}).items():
            then.loc[later_than(t, column)(then), [column, *beside]] = "" if table.endswith("csv") else None
        return then

    return change


def altered(t: date, table: str) -> Change:
    """Other accounts, users, names and quantities in every later row; what was filled in later comes later still."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        late = later_than(t, *TABLES[table])(rows)
        changed, known = rows[late].copy(), deleted(t, table)(rows)
        filled_in = [name for column, beside in LATER.get(table, {}).items() for name in (column, *beside)]
        for column in changed.columns.difference([*TABLES[table], *filled_in, "ticket_id", "due"]):
            changed[column] = changed[column].sample(frac=1.0, random_state=3).to_numpy()
        for column in LATER.get(table, {}):
            filled = later_than(t, column)(rows[~late])
            later = t + 5 * DAY
            known.loc[filled, column] = f"{later}T12:00:00Z" if table.endswith("csv") else later
        return pd.concat([known, changed])

    return change


def added(t: date, table: str) -> Change:
    """Copies of the last month's rows that happen at `t`, or happened before it and became known at `t`."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        copies = rows[~later_than(t, *TABLES[table])(rows)].tail(300).copy()
        moment = pd.Timestamp(t, tz="UTC") if table != "invoices.parquet" else t
        copies[TABLES[table][-1]] = f"{t}T00:00:00Z" if table.endswith("csv") else moment
        for column, beside in LATER.get(table, {}).items():
            copies[[column, *beside]] = "" if table.endswith("csv") else None
        if "ticket_id" in copies:
            copies["ticket_id"] = "N-" + copies["ticket_id"]
        return pd.concat([rows, copies])

    return change


def unwritten(t: date) -> Change:
    """The subscriptions as they stood before `t`: no later row, no exit that was decided later."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        then = rows[rows["start"] < t].copy()
        undecided = ~(then["end"] < t) & ~(then["notice_date"] < t)
        then.loc[undecided, ["end", "notice_date", "exit_type", "merged_into"]] = None
        return then

    return change


def everybody_leaves(t: date) -> Change:
    """As they stood before `t`, but everybody gives notice on that very day."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        then = unwritten(t)(rows)
        still = ~(then["end"] < t) & ~(then["notice_date"] < t)
        then.loc[still, "notice_date"] = t
        then.loc[still, "end"] = t + 20 * DAY
        then.loc[still, "exit_type"] = "voluntary"
        return then

    return change


def new_customers(t: date) -> Change:
    """Twenty customers whose contracts start on `t`."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        fresh = rows[rows["end"].isna() & (rows["status"] == "active")].head(20).copy()
        fresh["account_id"] = [f"NEW-{number}" for number in range(len(fresh))]
        fresh["start"] = t
        return pd.concat([rows, fresh])

    return change


def new_accounts(rows: pd.DataFrame) -> pd.DataFrame:
    fresh = rows.head(20).assign(account_id=[f"NEW-{number}" for number in range(20)])
    return pd.concat([rows, fresh])


@pytest.mark.parametrize(
    ("events", "contracts"), [(added, new_customers), (altered, everybody_leaves), (deleted, unwritten)]
)
def test_rows_known_at_the_date_or_later_change_no_bit(
    company: Path,
    trained: TrainResult,
    scored: ScoreResult,
    as_of: date,
    tmp_path: Path,
    events: Callable[..., Change],
    contracts: Callable[[date], Change],
) -> None:
    run = copy_company(company, tmp_path)
    for table in TABLES:
        rewrite(run, table, events(as_of, table))
    rewrite(run, "subscriptions.parquet", contracts(as_of))
    if events is added:
        rewrite(run, "accounts.parquet", new_accounts)
    for table in (*TABLES, "subscriptions.parquet"):
        assert (run.parent / "data" / table).stat().st_size != (company.parent / "data" / table).stat().st_size
    found = score(run, as_of=as_of, model=trained.bundle)
    pd.testing.assert_frame_equal(found.scores, scored.scores, check_exact=True)
    pd.testing.assert_frame_equal(found.drivers, scored.drivers, check_exact=True)


def test_rows_before_the_date_do_matter(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date, tmp_path: Path
) -> None:
    run = copy_company(company, tmp_path)
    rewrite(run, "events.parquet", deleted(as_of - DAY, "events.parquet"))
    found = score(run, as_of=as_of, model=trained.bundle)
    assert (found.scores["health"] != scored.scores["health"]).any()


def test_todays_tables_replay_what_was_published_then(company: Path, as_of: date, tmp_path: Path) -> None:
    then = copy_company(company, tmp_path / "then", "data_end = 2025-07-01", f"data_end = {as_of}")
    for table in TABLES:
        rewrite(then, table, deleted(as_of, table))
    rewrite(then, "subscriptions.parquet", unwritten(as_of))
    model = train(then)
    published = score(then, as_of=as_of)
    replayed = score(company, as_of=as_of, model=model.bundle, out=tmp_path / "replayed")
    pd.testing.assert_frame_equal(replayed.scores, published.scores, check_exact=True)
    pd.testing.assert_frame_equal(replayed.drivers, published.drivers, check_exact=True)


def test_scoring_beyond_the_data_says_so(company: Path, trained: TrainResult, tmp_path: Path) -> None:
    with pytest.warns(StaleDataWarning, match="the data end on 2025-06-30; 2 days before 2025-07-03"):
        score(company, as_of=date(2025, 7, 3), model=trained.bundle, out=tmp_path)


def test_days_after_the_data_are_never_read_as_days_without_use(
    company: Path, trained: TrainResult, tmp_path: Path
) -> None:
    with pytest.raises(InsufficientDataError, match="more than half of the window of 14 days is not known") as refused:
        score(company, as_of=date(2025, 8, 1), model=trained.bundle, out=tmp_path)
    assert "score as of 2025-07-01" in refused.value.remedy
    with pytest.raises(InsufficientDataError, match="1 of 16 signals had been recorded before 2020-07-01"):
        score(company, as_of=date(2020, 7, 1), model=trained.bundle, out=tmp_path)


def test_an_earlier_date_does_not_become_the_current_result(
    company: Path, trained: TrainResult, tmp_path: Path
) -> None:
    newest = score(company, as_of=date(2025, 7, 1), model=trained.bundle, out=tmp_path)
    with pytest.raises(ConfigurationError, match="2025-03-01 lies before 2025-07-01") as refused:
        score(company, as_of=date(2025, 3, 1), model=trained.bundle, out=tmp_path)
    assert "--backfill" in refused.value.remedy
    earlier = score(company, as_of=date(2025, 3, 1), model=trained.bundle, out=tmp_path, backfill=True)
    assert earlier.directory.is_dir()
    assert current(tmp_path, "score") == newest.directory
    assert newest.result["warnings"] == []
    assert "a backtest does" in earlier.result["warnings"][0]


def test_a_date_without_customers_cannot_be_scored(company: Path, trained: TrainResult, tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError, match="no account is at risk at 2015-01-01") as refused:
        score(company, as_of=date(2015, 1, 1), model=trained.bundle, out=tmp_path)
    assert refused.value.exit_code == 3


# --- whose model -----------------------------------------------------------------------------------------------------


def test_without_a_model_it_says_to_train(company: Path, as_of: date, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="holds no trained model of saas") as refused:
        score(company, as_of=as_of, out=tmp_path)
    assert "healthscore train" in refused.value.remedy
    assert refused.value.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_the_newest_model_is_taken_where_none_is_named(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date
) -> None:
    assert trained.directory.name == (trained.directory.parent / "CURRENT").read_text().strip()
    assert score(company, as_of=as_of).result["model"] == scored.result["model"] == trained.result["identity"]
    by_directory = score(company, as_of=as_of, model=trained.directory)
    pd.testing.assert_frame_equal(by_directory.scores, scored.scores)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("horizon_days = 60", "horizon_days = 30"), "horizon_days 60; saas asks for kind churn, gap_days 7, horizon"),
        (("gap_days = 7 ", "gap_days = 0 "), "predicts kind churn, gap_days 7"),
        (("[report]", "[features]\nwindows = [14, 30, 84]\n[report]"), "is no model of saas: .*features"),
        (("[report]", "[signals.nps]\nwindows = [91]\n[report]"), "is no model of saas: .*features"),
    ],
)
def test_a_model_of_another_run_is_refused(
    company: Path, trained: TrainResult, as_of: date, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    run = copy_company(company, tmp_path, *change)
    with pytest.raises(BundleError, match=said) as refused:
        score(run, as_of=as_of, model=trained.bundle)
    assert "healthscore train" in refused.value.remedy
    assert refused.value.exit_code == 2
    assert not [path for path in (tmp_path / "healthscore-out").rglob("*") if path.is_file()]


def test_a_directory_that_is_no_model_is_refused(company: Path, as_of: date, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read"):
        score(company, as_of=as_of, model=tmp_path)


# --- spreadsheets ----------------------------------------------------------------------------------------------------

HOSTILE = ["=cmd()", "+1", "-3", "@x", "\uff1dSUM(A1)", "\uff0b1", "\uff0d1", "\uff20x", "a\n=1", "a\r-2", 'x, "y"; z']


def test_names_run_nothing_in_a_spreadsheet(company: Path, trained: TrainResult, as_of: date, tmp_path: Path) -> None:
    run = copy_company(company, tmp_path)
    names = (HOSTILE * 100)[:600]
    rewrite(run, "accounts.parquet", lambda rows: rows.assign(name=names, owner=names[::-1]))
    found = score(run, as_of=as_of, model=trained.bundle)
    assert set(found.scores["name"]) == set(HOSTILE)  # Parquet holds what was given
    with (found.directory / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["account_id"] for row in rows] == found.scores["account_id"].to_list()
    for row, name in zip(rows, found.scores["name"], strict=True):
        assert all(line.strip()[:1] not in list("=+-@\uff1d\uff0b\uff0d\uff20") for line in row["name"].splitlines())
        assert row["name"].replace("'", "") == name.replace("'", "")
    assert any(float(row["points_activity"]) < 0 for row in rows if row["status"] == "scored")


# --- ids that would be paths -----------------------------------------------------------------------------------------

PATHS = ["../../x", "CON", "/etc/passwd", "x" * 300, "a\nb"]


def test_ids_of_accounts_are_never_names_of_files(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date, tmp_path: Path
) -> None:  # fault 13
    (tmp_path / "inner").mkdir()
    run = copy_company(company, tmp_path / "inner")
    renamed = dict(zip(rated(scored)["account_id"], PATHS, strict=False))
    for table in sorted((run.parent / "data").glob("*.*")):
        rewrite(run, table.name, lambda rows: rows.assign(account_id=rows["account_id"].replace(renamed)))
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert check(run).ok
    found = score(run, as_of=as_of, model=trained.bundle)
    assert set(PATHS) <= set(found.scores["account_id"])
    for account in PATHS:
        told = explain(account, run, as_of=as_of, model=trained.bundle)
        assert told.result["account_id"] == account
        assert re.fullmatch(r"[0-9a-f]{12}", told.directory.name)
    written = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert written
    for path in written:
        assert run.parent / "out" in path.parents or path.is_relative_to(found.directory.parents[1])
        assert re.fullmatch(r"[A-Za-z0-9_.]{1,40}|\d{4}-\d{2}-\d{2}", path.name), path


# --- one account -----------------------------------------------------------------------------------------------------


def test_an_explanation_is_the_accounts_row_of_the_scores(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date
) -> None:
    row: dict[str, Any] = {str(name): value for name, value in scored.scores.iloc[0].items()}
    told = explain(row["account_id"], company, as_of=as_of, model=trained.bundle)
    result = told.result
    for key in ("account_id", "name", "segment", "health", "band", "grade", "rank", "percentile", "probability"):
        assert result[key] == row[key], key
    assert isinstance(result["rank"], int)
    assert (result["base"], result["capped"]) == (row["points_base"], row["points_capped"])
    assert {f"points_{name}": points for name, points in result["components"].items()} == {
        name: row[name] for name in row if name.startswith("points_") and name not in ("points_base", "points_capped")
    }
    mine = scored.drivers[(scored.drivers["account_id"] == row["account_id"]) & (scored.drivers["kind"] == "feature")]
    assert {f["feature"]: f["points"] for f in result["features"]} == dict(
        zip(mine["feature"], mine["points"], strict=True)
    )
    strength = [abs(feature["points"]) for feature in result["features"]]
    assert strength == sorted(strength, reverse=True)
    assert all(feature["sentence"] for feature in result["features"])
    json.dumps(result, allow_nan=False)


def test_an_explanation_shows_only_rows_that_were_known(company: Path, trained: TrainResult, as_of: date) -> None:
    usage = pd.read_parquet(company.parent / "data" / "events.parquet")
    known = usage[(usage["time"].dt.date < as_of) & (usage["ingested_at"].dt.date < as_of)]
    busy = str(known["account_id"].value_counts().index[0])
    told = explain(busy, company, as_of=as_of, model=trained.bundle).result
    latest = [date.fromisoformat(row["day"]) for row in told["latest"]["usage"]]
    newest = known.loc[known["account_id"] == busy, "time"].dt.date.sort_values(ascending=False)
    assert latest == newest.head(10).to_list()


def test_an_explanation_shows_an_end_only_once_it_was_known(company: Path, trained: TrainResult, as_of: date) -> None:
    tickets = pd.read_csv(company.parent / "data" / "tickets.csv", dtype=str)
    opened, closed = (pd.to_datetime(tickets[name], utc=True).dt.date for name in ("opened_at", "closed_at"))
    running = tickets[(opened < as_of) & (closed >= as_of)]
    told = explain(str(running["account_id"].iloc[0]), company, as_of=as_of, model=trained.bundle).result
    shown = told["latest"]["cases"]
    assert any(row["end"] is None for row in shown)
    assert all(row["end"] is None or date.fromisoformat(row["end"]) < as_of for row in shown)


def test_an_account_with_a_status_is_explained_by_it(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date
) -> None:
    leaving = scored.scores.loc[scored.scores["status"] == "leaving", "account_id"].iloc[0]
    told = explain(leaving, company, as_of=as_of, model=trained.bundle).result
    assert (told["status"], told["health"], told["rank"], told["features"]) == ("leaving", None, None, [])


def test_a_part_of_an_account_is_answered_with_the_account_at_the_top(
    company: Path, trained: TrainResult, as_of: date, tmp_path: Path
) -> None:
    data = shutil.copytree(company.parent / "data", tmp_path / "data")
    accounts = pd.read_parquet(data / "accounts.parquet")
    top, middle, part = accounts["account_id"].iloc[:3]
    accounts.assign(parent=accounts["account_id"].map({middle: top, part: middle})).to_parquet(
        data / "accounts.parquet"
    )
    run = load_run(company, data=data, out=tmp_path / "out")
    declared = run.sources["accounts"]
    columns = {**declared.columns, "parent_id": "parent"}
    sources = {**run.sources, "accounts": declared.model_copy(update={"columns": columns})}
    with pytest.raises(ConfigurationError, match=f"{part!r} is a part of {top!r}, and its rows are") as unknown:
        explain(part, run.model_copy(update={"sources": sources}), as_of=as_of, model=trained.bundle)
    assert unknown.value.remedy == f"explain {top!r}"


def test_an_unknown_account_is_answered_with_the_nearest_ids(company: Path, trained: TrainResult, as_of: date) -> None:
    with pytest.raises(ConfigurationError, match="account 'A-00O012' is not a customer of saas at") as unknown:
        explain("A-00O012", company, as_of=as_of, model=trained.bundle)
    assert re.fullmatch(r"did you mean (A-\d{6}(, )?){3}\?", unknown.value.remedy)
    with pytest.raises(ConfigurationError) as unknown:
        explain("somebody else", company, as_of=as_of, model=trained.bundle)
    assert unknown.value.remedy == "ids are compared as text, exactly"
