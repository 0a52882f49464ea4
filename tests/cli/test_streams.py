"""Standard output and standard error: whoever stops listening stops no job, and schedulers get JSON lines."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from company import write_company
from healthscore.cli import main, streams
from healthscore.cli.terminal import progress, say, warn
from healthscore.errors import InsufficientDataError

EVENTS = {"begins", "step_begins", "step_ends", "warning", "error", "ends"}


def run(*words: object) -> tuple[int, str, list[dict[str, Any]]]:
    """Exit code, standard output, and the JSON lines of standard error."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0), out.getvalue(), [json.loads(line) for line in err.getvalue().splitlines()]


def process(*words: object, **streams_: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "healthscore", *map(str, words)]
    return subprocess.run(command, text=True, timeout=300, check=False, **streams_)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_company(tmp_path_factory.mktemp("streams") / "saas", 60)


# --- JSON lines ------------------------------------------------------------------------------------------------------


def test_every_line_is_an_object_and_standard_output_is_as_it_was(company: Path) -> None:
    code, out, lines = run("--log-json", "check", company, "--json")
    assert code == 0
    assert json.loads(out)["run"] == "saas"
    assert {line["event"] for line in lines} <= EVENTS
    assert lines[0]["event"] == "begins"
    assert lines[0]["command"] == "check"
    assert lines[-1]["event"] == "ends"
    assert lines[-1]["exit_code"] == 0
    steps = [line for line in lines if line["event"] == "step_ends"]
    assert steps
    assert all(line["seconds"] >= 0 and line["step"] for line in steps)
    assert all(line["cpu_seconds"] >= 0 for line in steps)
    if sys.platform == "linux":
        peaks = [line["peak_memory_gb"] for line in steps]
        assert peaks == sorted(peaks)
        assert 0.02 < peaks[0] < 20  # gigabytes, not kilobytes
    assert all(line["at"].endswith("Z") for line in lines)


def test_the_environment_asks_for_json_too(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(streams.FORM, "json")
    _, _, lines = run("check", company)
    assert lines[-1]["event"] == "ends"


def test_an_error_has_what_remedy_and_exit_code(company: Path) -> None:
    code, out, lines = run("--log-json", "train", company)
    error = next(line for line in lines if line["event"] == "error")
    assert (code, out) == (3, "")
    assert error["kind"] == InsufficientDataError.__name__
    assert error["exit_code"] == lines[-1]["exit_code"] == 3
    assert "cannot support a model" in error["what"]
    assert error["remedy"]


@pytest.mark.parametrize(
    ("words", "what"),
    [(["score"], "Missing option '--as-of'"), (["score", "--nope"], "No such option"), (["nope"], "No such command")],
)
def test_a_wrong_command_line_is_a_json_line_too(words: list[str], what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(streams.FORM, "json")
    code, _, lines = run(*words)
    assert code == 2
    assert [line["kind"] for line in lines if line["event"] == "error"] == ["usage"]
    assert what in next(line["what"] for line in lines if line["event"] == "error")


def test_another_form_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(streams.FORM, "xml")
    with pytest.raises(SystemExit) as ended:
        main(["models", "list"])
    assert ended.value.code == 2
    assert "set it to json or text" in capsys.readouterr().err


def test_a_fault_of_the_package_is_a_json_line_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("healthscore.pipelines.registry.versions.versions", broken)
    code, _, lines = run("--log-json", "models", "list", "--out", "nowhere")
    assert code == 1
    error = next(line for line in lines if line["event"] == "error")
    assert error["what"] == "ZeroDivisionError: by zero"
    assert "Traceback" in error["traceback"]


def test_warnings_and_steps_are_json_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(streams._log, "form", streams.JSON)
    with progress(as_json=True)("counting") as advance:
        advance(0.5)
    warn(UserWarning("two\nlines"), UserWarning, "file", 1)
    begins, ends, warning = map(json.loads, capsys.readouterr().err.splitlines())
    assert (begins["event"], begins["step"]) == ("step_begins", "counting")
    assert (ends["event"], ends["step"]) == ("step_ends", "counting")
    assert (warning["kind"], warning["message"]) == ("UserWarning", "two\nlines")


# --- whoever does not listen -----------------------------------------------------------------------------------------


def test_warnings_are_broken_at_the_width_of_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    warn(UserWarning("not recorded in MLflow: " + "it waits in the outbox " * 8), UserWarning, "file", 1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("warning: not recorded")


def test_a_lost_listener_of_warnings_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stderr", Gone())
    warn(UserWarning("unheard"), UserWarning, "file", 1)
    monkeypatch.setattr(sys, "stderr", None)
    warn(UserWarning("unheard"), UserWarning, "file", 1)
    monkeypatch.setattr(sys, "stdout", None)
    say("unheard")


def test_results_arrive_in_a_file_whoever_listens_to_warnings(company: Path, tmp_path: Path) -> None:
    directory = json.loads(process("features", company, "--json", stdout=subprocess.PIPE).stdout)["directory"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with (tmp_path / "told.txt").open("w") as told:
            done = process("runs", "reproduce", directory, stdout=told, stderr=writing)
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert "files are identical" in (tmp_path / "told.txt").read_text()


@pytest.mark.parametrize("words", [["--help"], ["models", "list"], ["models", "list", "--json"]])
def test_a_reader_who_leaves_is_no_failure(company: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    given = [company] if words[0] != "--help" else []
    try:
        done = process(*words, *given, stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert "Traceback" not in done.stderr
    assert done.returncode in ({0} if given else {0, 1})  # help is printed by Typer, which says 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device on this system")
def test_a_full_disk_under_standard_output_is_an_error(company: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = process("models", "list", company, "--json", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert "standard output cannot be written: No space left on device" in done.stderr


# --- exit codes ------------------------------------------------------------------------------------------------------

CODES: Mapping[int, str] = {0: "done", 2: "bad input", 3: "cannot", 4: "leak", 5: "audit", 75: "lock"}


def test_help_tells_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split()).partition("Exit codes: ")[2]
    parts = dict(part.strip().split(" ", 1) for part in told.rstrip(". ").split(";"))
    assert {int(code): word in parts[str(code)] for code, word in CODES.items()} == dict.fromkeys(CODES, True)
    assert len(parts) == len(CODES)
