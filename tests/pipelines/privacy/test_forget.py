"""A company with e-mail addresses in its tables is trained, scored and explained; then an account is forgotten."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import healthscore
from company import amended, rewrite, write_company
from healthscore.errors import ConfigurationError, LockedError
from healthscore.pipelines.privacy.forget import Forgetting, forget
from healthscore.pipelines.privacy.mentions import Account, without
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.working import LOCK, forgetting
from healthscore.tables.forgotten import LIST

AS_OF = date(2025, 5, 1)
QUICK = 'refits = 2\nchoose = "logistic"\ntrees.count = 15'
CANARIES = ("jo@canary.example", "+49 170 5550199")


@pytest.fixture(scope="module")
def saas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every account and ticket with an e-mail address and a phone number, which the run declares."""
    run = write_company(tmp_path_factory.mktemp("privacy") / "saas")
    text = amended(run.read_text(encoding="utf-8"), "refits = 10", QUICK)
    for source in ("accounts", "tickets"):
        text += f'\n[sources.{source}]\npii = ["email", "phone"]\n'
    run.write_text(text, encoding="utf-8")
    for table in ("accounts.parquet", "tickets.csv"):
        rewrite(run, table, lambda frame: frame.assign(email=CANARIES[0], phone=CANARIES[1]))
    return run


@pytest.fixture(scope="module")
def out(saas: Path) -> Path:
    bundle = healthscore.train(saas).bundle
    directory = healthscore.score(saas, as_of=AS_OF, model=bundle).directory
    return directory.parents[1]


@pytest.fixture(scope="module")
def account(saas: Path, out: Path) -> str:
    scores = healthscore.score(saas, as_of=AS_OF).scores
    found = random.Random(1).choice(scores.loc[scores["health"].notna(), "account_id"].tolist())
    healthscore.explain(found, saas, as_of=AS_OF)
    return str(found)


@pytest.fixture(scope="module")
def mentioned(out: Path, account: str) -> list[Path]:
    """Files that mention the account before it is forgotten."""
    one = Account(account)
    return [path for path in sorted(out.rglob("*")) if path.is_file() and without(path, one) is not None]


@pytest.fixture(scope="module")
def forgotten(saas: Path, account: str, mentioned: list[Path]) -> Forgetting:
    return forget(account, saas)


def test_what_tells_of_persons_is_in_no_file(out: Path, account: str) -> None:
    assert account
    for path in sorted(out.rglob("*")):
        if path.is_file():
            assert not any(canary.encode() in path.read_bytes() for canary in CANARIES), path
            assert all(without(path, Account(canary)) is None for canary in CANARIES), path


def test_it_was_in_many_files_and_is_in_none(forgotten: Forgetting, mentioned: list[Path], out: Path) -> None:
    assert {"scores.parquet", "drivers.parquet", "features.parquet", "scores.csv"} <= {one.name for one in mentioned}
    assert forgotten.proven
    assert len(forgotten.result["removed"]) == 1
    assert forgotten.result["searched"] > len(mentioned)


def test_plain_bytes_do_not_hold_it_either(forgotten: Forgetting, out: Path, account: str) -> None:
    """Apart from the search that the command itself makes."""
    assert forgotten.result["changed"]
    for path in sorted(out.rglob("*")):
        if path.is_file():
            assert account.encode() not in path.read_bytes(), path
            if path.suffix == ".parquet":
                assert account not in pd.read_parquet(path).to_csv(), path


def test_published_runs_are_whole_and_say_that_somebody_was_forgotten(forgotten: Forgetting, out: Path) -> None:
    assert healthscore.verify_runs(out=out).sound
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("score/*/manifest.json")]
    assert [entry["hash"] for manifest in manifests for entry in manifest["forgotten"]] == [forgotten.result["hash"]]
    listed = (out / LIST).read_text(encoding="utf-8")
    assert forgotten.result["hash"] in listed


def test_the_others_have_the_scores_that_they_had(forgotten: Forgetting, out: Path, account: str) -> None:
    directory = next(path.parent for path in out.glob("score/*/scores.parquet"))
    scores = pd.read_parquet(directory / "scores.parquet")
    assert account not in set(scores["account_id"])
    assert len(scores) > 100
    assert scores["account_id"].tolist() == pd.read_csv(directory / "scores.csv")["account_id"].tolist()


def test_twice_is_once(forgotten: Forgetting, saas: Path, account: str) -> None:
    again = forget(f" {account} ", saas).result
    assert not again["new"]
    assert (again["removed"], again["changed"], again["left"]) == ([], [], [])
    assert again["hash"] == forgotten.result["hash"]


def test_what_was_made_cannot_be_made_again_and_says_why(forgotten: Forgetting, out: Path) -> None:
    found = reproduce(next(path.parent for path in out.glob("score/*/run.json"))).result
    assert found["forgotten"] == 1
    assert list(found["inputs"]) == ["accounts"]
    assert not found["done_again"]
    assert found["edited"] == []


def test_it_does_not_come_back(forgotten: Forgetting, saas: Path, account: str) -> None:
    scores = healthscore.score(saas, as_of=AS_OF).scores
    assert account not in set(scores["account_id"])
    assert forget(account, saas).result["changed"] == []


def test_what_cannot_be_reached_is_told(forgotten: Forgetting) -> None:
    told = "\n".join(forgotten.result["beyond"])
    assert "remove its rows from accounts.parquet, events.parquet" in told
    assert "backups" in told


def test_a_killed_job_is_finished_by_the_next(saas: Path, out: Path, tmp_path: Path) -> None:
    """The manifest is written before the files: what is left half done is torn, and mended by doing it again."""
    path = next(iter(sorted(out.glob("score/*/scores.parquet"))))
    other = str(pd.read_parquet(path)["account_id"].iloc[-1])
    before = path.read_bytes()
    forget(other, saas)
    assert path.read_bytes() != before
    path.write_bytes(before)
    assert not healthscore.verify_runs(out=out).sound
    assert forget(other, saas).proven
    assert healthscore.verify_runs(out=out).sound


def test_one_job_at_a_time(saas: Path, out: Path) -> None:
    with forgetting(out), pytest.raises(LockedError, match="forgetting an account is done by another") as refused:
        forget("anybody", saas)
    assert refused.value.exit_code == 75


JOBS: dict[str, Callable[..., object]] = {
    "scoring": lambda run: healthscore.score(run, as_of=AS_OF),
    "training": healthscore.train,
    "explaining a score": lambda run: healthscore.explain("anybody", run, as_of=AS_OF),
    "a backtest": healthscore.backtest,
    "auditing": healthscore.audit,
    "checking sources": healthscore.check,
    "writing a panel": healthscore.panel,
    "validating": healthscore.validate_run,
}


@pytest.mark.parametrize("doing", JOBS)
def test_no_job_that_writes_of_accounts_begins_while_one_is_forgotten(saas: Path, out: Path, doing: str) -> None:
    """It would write again what it had read before, and take for torn what is rewritten."""
    said = f"{doing} cannot begin beside forgetting an account, which is done by another job: process {os.getpid()} on"
    with forgetting(out), pytest.raises(LockedError, match=said):
        JOBS[doing](saas)


def test_while_a_job_is_at_work_nobody_is_forgotten_and_nothing_is_touched(
    saas: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for when the tables are open and nothing is written yet; afterwards it is done, and stays done."""
    scores = healthscore.score(saas, as_of=AS_OF).scores
    other = str(scores["account_id"].iloc[5])
    before, refused = (out / LIST).read_bytes(), list[str]()

    def meanwhile(*given: Any) -> None:
        with pytest.raises(LockedError, match="forgetting an account cannot begin beside scoring") as told:
            forget(other, saas)
        refused.append(str(told.value))
        assert (out / LIST).read_bytes() == before

    monkeypatch.setattr("healthscore.pipelines.score.refuse_unknown", meanwhile)
    scores = healthscore.score(saas, as_of=AS_OF, force=True).scores
    assert len(refused) == 1
    assert other in set(scores["account_id"])
    assert forget(other, saas).proven
    assert not (out / LOCK).exists()


@pytest.mark.parametrize("account", ["", "  "])
def test_somebody_must_be_named(saas: Path, account: str) -> None:
    with pytest.raises(ConfigurationError, match="no account is named"):
        forget(account, saas)


def test_without_results_there_is_nothing_to_forget(saas: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no results"):
        forget("anybody", saas, out=tmp_path / "nothing")
