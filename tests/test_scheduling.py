"""The page on scheduling and the DAG file: what they say is what the commands do."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.main import get_command

from healthscore.cli import INTERRUPTED
from healthscore.cli.application import application
from healthscore.errors import HealthScoreError

DOCS = Path(__file__).parents[1] / "docs"
DAG_FILE, PAGE = DOCS / "healthscore_dag.py", DOCS / "scheduling.md"
OPERATORS = {"bash": "BashOperator", "empty": "EmptyOperator", "python": "BranchPythonOperator"}


class Stand:
    """In the place of an Airflow class: remembers what it was given."""

    made: list[Stand]

    def __init__(self, *given: Any, **said: Any) -> None:
        self.given, self.said, self.after = given, said, list[Any]()
        Stand.made.append(self)

    def __enter__(self) -> Stand:
        return self

    def __exit__(self, *error: object) -> None: ...

    def __rshift__(self, other: Any) -> Any:
        self.after.append(other)
        return other


def airflow(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    """Modules where Airflow of this version has what the file imports, and nowhere else."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "airflow"]:
        monkeypatch.delitem(sys.modules, name)
    package = "airflow.operators" if version == 2 else "airflow.providers.standard.operators"
    places = {f"{package}.{module}": operator for module, operator in OPERATORS.items()}
    places |= {"airflow" if version == 2 else "airflow.sdk": "DAG"}
    for place, name in places.items():
        parts = place.split(".")
        for depth in range(1, len(parts) + 1):
            path = ".".join(parts[:depth])
            if path not in sys.modules:
                module = ModuleType(path)
                module.__path__ = []
                monkeypatch.setitem(sys.modules, path, module)
        setattr(sys.modules[place], name, type(name, (Stand,), {}))
    Stand.made = []


def test_the_dag_file_parses_and_fits_a_screen() -> None:
    text = DAG_FILE.read_text(encoding="utf-8")
    ast.parse(text)
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("version", [2, 3])
def test_it_makes_three_dags_of_commands_that_there_are(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    airflow(monkeypatch, version)
    runpy.run_path(str(DAG_FILE))
    assert [one.given[0] for one in Stand.made if type(one).__name__ == "DAG"] == [
        "health_scores",
        "health_model",
        "health_audit",
    ]
    commands = [one.said["bash_command"] for one in Stand.made if type(one).__name__ == "BashOperator"]
    assert len(commands) == 6
    for command in commands:
        _understood(command)


def test_the_audit_branches_on_its_exit_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    airflow(monkeypatch, 3)
    said = runpy.run_path(str(DAG_FILE))
    command = said["audit"].said["bash_command"]
    for code, (left, told) in {0: (0, "keep"), 5: (0, "review"), 75: (75, ""), 2: (2, "")}.items():
        program = tmp_path / "healthscore"
        program.write_text(f"#!/bin/sh\necho many words\nexit {code}\n")
        program.chmod(0o700)
        shell = command.replace("/srv/health/.venv/bin/healthscore", str(program))
        shell = re.sub(r"\{\{.*?\}\}", "2026-03-02", shell)  # as Airflow renders it
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (left, told)
    decided = said["decide"].said["python_callable"]
    pulled = ModuleType("ti")
    pulled.xcom_pull = lambda task_ids: "review"  # type: ignore[attr-defined]  # a stand-in of one function
    assert decided(pulled) == "review"


@pytest.mark.skipif(find_spec("airflow") is None, reason="Airflow is not installed")
def test_airflow_itself_reads_it() -> None:
    from airflow.models import DagBag  # type: ignore[import-not-found]  # only where Airflow is installed

    assert not DagBag(DAG_FILE, include_examples=False).import_errors


def test_the_page_tells_every_exit_code_that_there_is() -> None:
    rows = re.findall(r"^\| (\d+) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    known = {error.exit_code for error in _below(HealthScoreError)} | {HealthScoreError.exit_code}
    assert {int(row) for row in rows} == known | {0, 1, 4, 5, INTERRUPTED}


def test_the_commands_of_cron_and_systemd_are_understood() -> None:
    text = PAGE.read_text(encoding="utf-8").replace("$HS", "healthscore").replace("$RUN", "run.toml")
    lines = re.findall(r"(?:^|/)(healthscore (?:score|train|audit|models).*)", text, flags=re.MULTILINE)
    lines += re.findall(r"\*   ?(healthscore .*)$", text, flags=re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        _understood(line)


def _below(kind: type[HealthScoreError]) -> set[type[HealthScoreError]]:
    return {each for sub in kind.__subclasses__() for each in {sub, *_below(sub)}}


def _understood(line: str) -> None:
    """Every `healthscore ...` in a line of a shell names a command and options that there are."""
    for words in re.findall(r"healthscore ((?:[\w.:/$-]+ ?)+)", re.sub(r"\$\(.*?\)|\{\{.*?\}\}", "DATE", line)):
        command: Any = get_command(application)
        rest = words.split()
        while rest and hasattr(command, "commands"):
            assert rest[0] in command.commands, line
            command = command.commands[rest.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, line
