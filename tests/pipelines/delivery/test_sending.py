"""Order, receipts and the outbox: each publication once, in order, and nothing is lost."""

from __future__ import annotations

import json
import warnings
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import healthscore
from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery import DeliveryWarning, deliver
from healthscore.pipelines.delivery.outbox import Arrived, alone
from healthscore.pipelines.delivery.sending import deliver_all
from published_book import book, publish, receipts, run_of, waiting

CSV = '[deliveries.share]\nkind = "files"\npath = "share/{as_of}.csv"\n'
BLOCKED = CSV + '[deliveries.stuck]\nkind = "files"\npath = "stuck/scores.csv"\n'


def blocked(folder: Path) -> Path:
    """A file where the delivery `stuck` wants a folder."""
    (folder / "stuck").write_text("in the way")
    return folder / "stuck"


def test_a_publication_arrives_once(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV)
    published = publish(run.out, "aaaa", book())
    (first,) = deliver(run, published)
    target = tmp_path / "share" / "2025-05-01.csv"
    assert (first.status, first.rows, first.to) == ("delivered", 4, str(target))
    target.unlink()
    (second,) = deliver(run, published)
    assert (second.status, target.exists()) == ("nothing to do", False)
    assert [one["publication"] for one in receipts(run.out, "share")] == ["published/aaaa"]
    assert waiting(run.out) == []


def test_what_follows_a_later_publication_arrives_again(tmp_path: Path) -> None:
    """An override that ends brings the earlier publication back: what arrived last counts, not what ever arrived."""
    run = run_of(tmp_path, CSV)
    first, second = publish(run.out, "aaaa", book()), publish(run.out, "bbbb", book())
    for published in (first, second, first, first):
        deliver(run, published)
    assert [one["publication"][-4:] for one in receipts(run.out, "share")] == ["aaaa", "bbbb", "aaaa"]


def test_a_delivery_that_is_said_otherwise_is_made_again(tmp_path: Path) -> None:
    published = publish(tmp_path / "out", "aaaa", book())
    deliver(run_of(tmp_path, CSV), published)
    (again,) = deliver(run_of(tmp_path, CSV + 'columns = ["account_id", "health"]\n'), published)
    assert again.status == "delivered"
    assert (tmp_path / "share" / "2025-05-01.csv").read_text().splitlines()[:2] == ["account_id,health", "A-1,12.5"]


def test_one_that_fails_waits_and_the_others_arrive(tmp_path: Path) -> None:
    run = run_of(tmp_path, BLOCKED)
    blocked(tmp_path)
    with pytest.warns(DeliveryWarning, match="stuck: published/aaaa has not arrived: .* cannot be written"):
        found = deliver(run, publish(run.out, "aaaa", book()))
    assert [(one.delivery, one.status) for one in found] == [("share", "delivered"), ("stuck", "waiting")]
    assert waiting(run.out) == ["stuck/00000001"]


def test_what_waited_arrives_in_order_when_it_can(tmp_path: Path) -> None:
    run = run_of(tmp_path, BLOCKED)
    way = blocked(tmp_path)
    for identity, day in (("aaaa", 1), ("bbbb", 8), ("cccc", 15)):
        with pytest.warns(DeliveryWarning):
            deliver(run, publish(run.out, identity, book(date(2025, 5, day))))
    made = healthscore.deliver(run)
    assert made.failed == 3
    assert made.delivered[-1].error == "it goes after published/aaaa"
    way.unlink()
    made = healthscore.deliver(run)
    assert made.failed == 0
    assert [one["as_of"] for one in receipts(run.out, "stuck")] == ["2025-05-01", "2025-05-08", "2025-05-15"]
    assert "2025-05-15" in (tmp_path / "stuck" / "scores.csv").read_text()
    assert waiting(run.out) == []
    assert [one.status for one in healthscore.deliver(run).delivered] == ["nothing to do", "nothing to do"]


def test_killed_between_receipt_and_removal_it_is_not_sent_again(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV)
    published = publish(run.out, "aaaa", book())
    deliver(run, published)
    (receipt,) = (run.out / "deliveries/receipts/share").glob("*.json")
    left = run.out / "deliveries/outbox/share" / receipt.name
    left.write_text(json.dumps({"publication": "published/aaaa"}))
    (again,) = deliver(run, published)
    assert (again.status, waiting(run.out)) == ("nothing to do", [])


def test_killed_before_the_receipt_it_is_sent_again(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV)
    published = publish(run.out, "aaaa", book())
    deliver(run, published)
    for path in (run.out / "deliveries/receipts/share").glob("*.json"):
        path.rename(run.out / "deliveries/outbox/share" / path.name)
    (again,) = deliver(run, published)
    assert (again.status, len(receipts(run.out, "share"))) == ("delivered", 1)


def test_a_publication_that_is_gone_holds_nothing_up(tmp_path: Path) -> None:
    run = run_of(tmp_path, BLOCKED)
    way = blocked(tmp_path)
    with pytest.warns(DeliveryWarning):
        deliver(run, publish(run.out, "aaaa", book()))
    (run.out / "published/aaaa/scores.parquet").unlink()
    way.unlink()
    publish(run.out, "bbbb", book(date(2025, 5, 8)))
    made = healthscore.deliver(run)
    assert [(one.publication[-4:], one.status) for one in made.delivered if one.delivery == "stuck"] == [
        ("aaaa", "gone"),
        ("bbbb", "delivered"),
    ]
    assert made.failed == 1
    assert healthscore.deliver(run).failed == 0


def test_while_another_job_delivers_it_waits(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV)
    published = publish(run.out, "aaaa", book())
    with alone(run.out) as mine:
        assert mine
        (one,) = deliver_all(run, [published])
    assert (one.status, one.error, waiting(run.out)) == ("waiting", "another job is delivering", ["share/00000001"])


def test_a_dry_run_shows_and_sends_nothing(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV + 'mapping = {health = "Score"}\ncolumns = ["account_id", "health"]\n')
    publish(run.out, "aaaa", book())
    (one,) = healthscore.deliver(run, dry_run=True).delivered
    assert (one.status, one.rows, next(iter(one.sample))) == ("to send", 4, {"account_id": "A-1", "Score": 12.5})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["healthscore.toml", "out"]
    assert not (run.out / "deliveries").exists()


def test_scores_of_a_scorecard_go_where_they_are_asked_for(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV + '[deliveries.card]\nkind = "files"\npath = "card.parquet"\nscorecard = "simple"\n')
    publish(run.out, "aaaa", book())
    publish(run.out, "bbbb", book(), card="simple")
    found = healthscore.deliver(run).delivered
    assert [(one.delivery, one.publication) for one in found] == [
        ("share", "published/aaaa"),
        ("card", "published-simple/bbbb"),
    ]


def test_without_an_outcome_those_of_every_scorecard_go(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV, outcome="")
    publish(run.out, "aaaa", book(), card="one")
    publish(run.out, "bbbb", book(), card="two")
    assert [one.status for one in healthscore.deliver(run).delivered] == ["delivered", "delivered"]
    assert [one.status for one in healthscore.deliver(run).delivered] == ["nothing to do", "nothing to do"]


ONLY = {
    'only = {bands = ["at risk"]}': ["A-1"],
    'only = {rules = ["decline"]}': ["A-1"],
    'only = {rules = ["recovery"]}': [],
    'only = {bands = ["healthy", "at risk"]}': ["A-1", "A-3"],
    'only = {bands = ["healthy"], rules = ["drop"]}': [],
    "only = {changed = true}": ["A-1", "A-2", "A-3", "A-4"],
}


@pytest.mark.parametrize(("only", "accounts"), ONLY.items())
def test_only_chooses_rows(tmp_path: Path, only: str, accounts: list[str]) -> None:
    run = run_of(tmp_path, CSV + only)
    deliver(run, publish(run.out, "aaaa", book()))
    assert pd.read_csv(tmp_path / "share/2025-05-01.csv")["account_id"].to_list() == accounts


def test_changed_rows_are_told_from_what_arrived_last(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV + 'only = {changed = true}\ncolumns = ["account_id", "as_of", "health", "name"]\n')
    deliver(run, publish(run.out, "aaaa", book()))
    later = book(date(2025, 5, 8), A_2={"health": 54.9}, A_3={"trend": "not sent"}, A_4={"name": "now has one"})
    deliver(run, publish(run.out, "bbbb", later))
    assert pd.read_csv(tmp_path / "share/2025-05-08.csv")["account_id"].to_list() == ["A-2", "A-4"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('columns = ["helth"]', "no column 'helth' was published at 2025-05-01; did you mean 'health'?"),
        ('mapping = {helth = "Score"}', "no column 'helth' was published"),
        ('only = {bands = ["red"]}', "only.bands: there is no band 'red'; there are at risk, needs attention"),
    ],
)
def test_what_is_not_published_is_named(tmp_path: Path, wrong: str, said: str) -> None:
    run = run_of(tmp_path, CSV + wrong)
    with pytest.warns(DeliveryWarning):
        (one,) = deliver(run, publish(run.out, "aaaa", book()))
    assert one.error is not None
    assert said in one.error


def test_without_deliveries_or_publication_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the run has no \\[deliveries\\]"):
        healthscore.deliver(run_of(tmp_path, ""))
    with pytest.raises(ConfigurationError, match="nothing is published"):
        healthscore.deliver(run_of(tmp_path, CSV))


def test_a_run_without_deliveries_delivers_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert deliver(run_of(tmp_path, ""), publish(tmp_path / "out", "aaaa", book())) == []


def test_keys_of_alerts_survive_a_torn_last_line(tmp_path: Path) -> None:
    log = Arrived(tmp_path, "hook")
    for key in ("msg_1", "msg_2"):
        log.add(key)
    path = tmp_path / "deliveries/arrived/hook.log"
    path.write_text(path.read_text() + "msg_3_to")
    log = Arrived(tmp_path, "hook")
    assert ("msg_2" in log, "msg_3_to" in log) == (True, False)
    log.add("msg_4")
    again = Arrived(tmp_path, "hook")
    assert all(key in again for key in ("msg_1", "msg_2", "msg_4"))


def test_what_is_kept_is_the_owners_alone(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV)
    deliver(run, publish(run.out, "aaaa", book()))
    Arrived(run.out, "share").add("msg_1")
    kept = [*(run.out / "deliveries").rglob("*"), tmp_path / "share", *(tmp_path / "share").iterdir()]
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_dir()} == {0o700}


def test_a_link_in_the_way_is_replaced_not_followed(tmp_path: Path) -> None:
    run = run_of(tmp_path, CSV)
    (tmp_path / "share").mkdir()
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "share/2025-05-01.csv").symlink_to(tmp_path / "precious")
    deliver(run, publish(run.out, "aaaa", book()))
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "share/2025-05-01.csv").is_symlink()
