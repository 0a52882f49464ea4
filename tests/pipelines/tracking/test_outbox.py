"""What waits to be recorded: kept whole, read back as it was, sent by one process at a time, in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from company import amended, write_company
from healthscore.cli import main
from healthscore.config import Run, Tracking, load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.tracking import TrackingWarning, record, set_alias, synchronise
from healthscore.pipelines.tracking.catching_up import send_waiting
from healthscore.pipelines.tracking.entry import Alias, Entry
from healthscore.pipelines.tracking.outbox import OUTBOX, alone, keep, read, waiting

AWAY = "http://someone:hunter2secret@127.0.0.1:9"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a company whose tracking server is away."""
    path = write_company(tmp_path_factory.mktemp("company") / "saas", accounts=40)
    path.write_text(amended(path.read_text(encoding="utf-8"), "enabled = false", f'uri = "{AWAY}"'), encoding="utf-8")
    return path


@pytest.fixture
def run(company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return load_run(company, out=tmp_path / "out")


def entry(out: Path, identity: str = "abc", at: int = 1) -> Entry:
    figures = {"auc": 0.75}
    kept = out / "train" / identity
    return Entry(
        "train", identity, {"seed": "1"}, figures, {0: figures, 1: figures}, {"usage": "f" * 64}, kept, kept, at
    )


class Listening:
    """In the place of a connection: remembers what was sent, and refuses one."""

    def __init__(self, refused: str = "", *, gone: bool = False) -> None:
        self.sent: list[str] = []
        self.refused, self.gone = refused, gone

    def send(self, entry: Entry | Alias, *, again: bool = False) -> str:
        assert again
        if entry.identity == self.refused:
            raise RuntimeError("no")
        self.sent.append(entry.identity)
        return "key"

    def require_answer(self) -> None:
        if self.gone:
            raise OSError("nobody answers")


def test_what_is_read_back_is_what_was_kept_also_after_a_move(tmp_path: Path) -> None:
    out, moved = tmp_path / "out", tmp_path / "moved"
    for kept in (entry(out), Alias("abc", "champion", out / "models" / "1", 2), Alias("abc", "second", None, 2)):
        keep(out, kept)
    out.rename(moved)
    found = {path.stem: read(path, moved) for path in waiting(moved)}
    assert found == {
        "train-abc": entry(moved),
        "alias-champion": Alias("abc", "champion", moved / "models" / "1", 2),
        "alias-second": Alias("abc", "second", None, 2),
    }


def test_figures_that_are_no_numbers_are_left_out() -> None:
    given: dict[str, Any] = {"parameters": {"why": "x" * 900}, "inputs": {}, "artifacts": Path("a"), "bundle": None}
    figures = {"auc": 0.5, "ece": float("nan"), "slope": float("inf")}
    made = Entry.of("train", "abc", metrics=figures, per_origin={3: figures}, **given)
    assert (made.metrics, made.per_origin) == ({"auc": 0.5}, {3: {"auc": 0.5}})
    assert made.parameters == {"why": "x" * 500}


def test_a_server_that_is_away_leaves_the_run_and_the_last_word_on_an_alias_in_the_outbox(run: Run) -> None:
    nothing: dict[str, Any] = {"parameters": {}, "metrics": {}, "per_origin": {}, "inputs": {}}
    with pytest.warns(TrackingWarning, match=r"not recorded in MLflow: OSError: nobody.*healthscore runs sync") as told:
        assert record(run, "train", "abc", artifacts=run.out, **nothing) is None
    for identity in ("abc", "def"):
        with pytest.warns(TrackingWarning, match="not recorded in MLflow"):
            assert not set_alias(run, identity, "champion")
    assert [path.name for path in waiting(run.out)] == ["alias-champion.json", "train-abc.json"]
    assert json.loads((run.out / OUTBOX / "alias-champion.json").read_text(encoding="utf-8"))["identity"] == "def"
    texts = [path.read_text(encoding="utf-8") for path in run.out.rglob("*") if path.is_file()]
    assert not any("hunter2secret" in text for text in [*texts, *(str(warning.message) for warning in told)])
    with pytest.raises(ConfigurationError, match=r"waiting in .*outbox: 2") as error:
        synchronise(run)
    assert "hunter2secret" not in str(error.value)


def test_the_oldest_is_sent_first_aliases_last_and_what_is_refused_keeps_its_place(run: Run) -> None:
    for kept in (
        Alias("z", "champion", None, 0),
        entry(run.out, "c", 3),
        entry(run.out, "b", 2),
        entry(run.out, "a", 5),
    ):
        keep(run.out, kept)
    listening: Any = Listening(refused="b")
    with pytest.warns(TrackingWarning, match="train-b still waits in the outbox: RuntimeError: no"):
        found = send_waiting(listening, run)
    assert listening.sent == ["c", "a", "z"]
    assert (found.sent, found.waiting) == (("train-c", "train-a", "alias-champion"), ("train-b",))


def test_a_server_that_goes_away_meanwhile_is_asked_once(run: Run) -> None:
    for number in range(5):
        keep(run.out, entry(run.out, str(number), number))
    listening: Any = Listening(refused="1", gone=True)
    with pytest.warns(TrackingWarning, match="train-1 still waits"), pytest.raises(OSError, match="nobody answers"):
        send_waiting(listening, run)
    assert listening.sent == ["0"]
    assert len(waiting(run.out)) == 4


def test_one_process_sends_at_a_time(run: Run) -> None:
    keep(run.out, entry(run.out))
    listening: Any = Listening()
    with alone(run.out) as first:
        assert first
        assert send_waiting(listening, run).waiting == ("train-abc",)
    assert send_waiting(listening, run).sent == ("train-abc",)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "run"}', '{"kind": "other"}', '{"kind": "alias", "at": 1}'])
def test_a_file_that_is_no_entry_is_told_of_and_left_where_it_is(run: Run, text: str) -> None:
    path = keep(run.out, entry(run.out))
    path.write_text(text, encoding="utf-8")
    listening: Any = Listening()
    with pytest.warns(TrackingWarning, match=r"train-abc.json is no entry of an outbox .*; remove it"):
        assert send_waiting(listening, run).waiting == ("train-abc",)


def test_a_full_disk_stops_no_job(run: Run) -> None:
    run.out.mkdir()
    (run.out / OUTBOX).write_text("not a directory", encoding="utf-8")
    with pytest.warns(TrackingWarning, match="nor kept for later"):
        assert not set_alias(run, "abc", "champion")


def test_nothing_waits_is_no_reason_to_call_anybody(run: Run) -> None:
    assert synchronise(run).sent == ()


def test_the_command_says_what_was_sent_and_that_something_waits(
    run: Run, company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["runs", "sync", str(company), "--out", str(run.out)]
    for more, said in ([], "Nothing waits to be recorded.\n"), (["--json"], '{"sent": [], "waiting": []}\n'):
        with pytest.raises(SystemExit) as ended:
            main([*command, *more])
        assert (ended.value.code, capsys.readouterr().out) == (0, said)
    keep(run.out, entry(run.out))
    with pytest.raises(SystemExit) as ended:
        main(command)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "MLflow is out of reach" in told
    assert "hunter2secret" not in told


def test_tracking_that_is_off_is_not_synchronised(run: Run) -> None:
    with pytest.raises(ConfigurationError, match="enabled = false"):
        synchronise(run.model_copy(update={"tracking": Tracking(enabled=False)}))
