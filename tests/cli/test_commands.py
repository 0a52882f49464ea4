"""Every command as a person, or a script, runs it: help, what is printed where, exit codes, and how light it starts."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import healthscore
from company import copy_company, write_company
from healthscore.cli import main
from healthscore.pipelines import PIPELINES
from healthscore.pipelines.simulate import Simulated

COMMANDS = [*PIPELINES, "demo"]
SERVED = ["dashboard"]
"""Commands that go on until they are stopped, and print no JSON."""
GROUPS = ["admin", "models", "runs"]
"""Commands that have commands of their own."""
README = Path(__file__).parents[2] / "README.md"
RESULTS = README.parent / "docs" / "results.md"
AS_OF = ("--as-of", "2025-05-01")
HEAVY = {"lightgbm", "mlflow", "sklearn", "scipy", "pandas", "plotly", "duckdb", "sqlglot", "pyarrow", "numpy"}


@dataclass(frozen=True)
class Printed:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        """The JSON object on standard output, which holds nothing else."""
        found = json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
        assert isinstance(found, dict)
        return found


def run(*arguments: object) -> Printed:
    """Run the command line in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1 if stopped.code else 0
    return Printed(code, out.getvalue(), err.getvalue())


def legible(text: str) -> bool:
    """Paths aside, nothing is wider than the terminal."""
    return all(len(line.rstrip()) <= 80 for line in text.splitlines() if "/" not in line)


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("HEALTHSCORE_DATA", raising=False)


@pytest.fixture(scope="module")
def saas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_company(tmp_path_factory.mktemp("commands") / "saas")


@pytest.fixture(scope="module")
def bundle(saas: Path) -> Path:
    return Path(run("train", saas, "--json").result["bundle"])


@pytest.fixture(scope="module")
def said(saas: Path, bundle: Path) -> dict[str, Printed]:
    """What each command prints with --json."""
    words = {
        "simulate": ("--accounts", 20, "--out", saas.parent.parent / "other"),
        "check": (saas,),
        "features": (saas,),
        "train": (saas,),
        "backtest": (saas,),
        "score": (saas, *AS_OF),
        "explain": (saas, "A-000005", *AS_OF),
    }
    return {command: run(command, *given, "--json") for command, given in words.items()}


# --- help and README -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    printed = run(command, "--help")
    assert (printed.code, printed.err) == (0, "")
    assert f"Usage: healthscore {command}" in printed.out
    assert "--json" in printed.out
    assert legible(printed.out)
    assert "[[" not in printed.out


def test_help_lists_exactly_the_commands_that_there_are() -> None:
    printed = run("--help")
    assert printed.code == 0
    listed = printed.out.partition("\nCommands:\n")[2].partition("\n\n")[0]
    assert set(re.findall(r"^  (\w+) ", listed, flags=re.MULTILINE)) == {*COMMANDS, *SERVED, *GROUPS}
    assert "..." not in listed
    assert legible(printed.out)


def test_every_pipeline_is_a_function_of_the_package() -> None:
    for function in PIPELINES.values():
        assert function in healthscore.__all__
        assert callable(getattr(healthscore, function))


@pytest.mark.parametrize("command", [*COMMANDS, *SERVED])
def test_the_readme_names_every_command(command: str) -> None:
    assert re.search(rf"`healthscore {command}[ `]", README.read_text(encoding="utf-8"))


def test_the_keys_that_are_printed_are_documented(said: Mapping[str, Printed]) -> None:
    text = RESULTS.read_text(encoding="utf-8")
    for command, printed in said.items():
        (row,) = re.findall(rf"^\| `{command}` \| (`.*) \|$", text, flags=re.MULTILINE)
        documented = {word.split(":")[0] for word in re.findall(r"`([^`]+)`", row)}
        assert documented <= set(printed.result), command
    pooled = said["backtest"].result["pooled"]["models"]
    assert all(f"`{model}`" in text for model in pooled)
    for metric in pooled["blend"]:
        family = re.sub(r"_(5|10|20)$", "_5/10/20", metric)
        assert f"`{family}`" in text, metric


# --- what is printed -------------------------------------------------------------------------------------------------


def test_json_is_one_object_and_nothing_else(said: Mapping[str, Printed]) -> None:
    for command, printed in said.items():
        assert (printed.code, printed.err) == (0, ""), command
        assert printed.out.count("\n") == 1
        assert printed.result


def test_json_is_what_the_directory_holds(said: Mapping[str, Printed]) -> None:
    for command in ("check", "features", "train", "backtest", "score", "explain"):
        printed = said[command].result
        written = json.loads((Path(printed["directory"]) / "result.json").read_text(encoding="utf-8"))
        assert {key: printed[key] for key in written} == written, command
        beside = {"directory", "files", "bundle", "version", "alias", "champion", "already_published", "publication"}
        assert set(printed) - set(written) <= beside, command


def test_a_backtest_reads_as_sentences_and_tables(saas: Path, said: Mapping[str, Printed]) -> None:
    printed = run("backtest", saas)
    result = said["backtest"].result
    assert (printed.code, printed.err) == (0, "")
    flat = " ".join(printed.out.split())
    assert all(" ".join(sentence.split()) in flat for sentence in result["headline"]["sentences"])
    assert all(band["name"] in printed.out for band in result["bands"])
    assert f"{result['chosen']} *" in printed.out
    (report,) = re.findall(r"^report +(.+)$", printed.out, flags=re.MULTILINE)
    assert Path(report).name == "report.html"
    assert legible(printed.out)


def test_training_says_what_it_learned_from(saas: Path, said: Mapping[str, Printed]) -> None:
    printed = run("train", saas)
    assert (printed.code, printed.err) == (0, "")
    assert f"{said['train'].result['training']['n']:,} snapshots" in " ".join(printed.out.split())


def test_scores_show_the_bands_and_the_accounts_most_at_risk(
    saas: Path, bundle: Path, said: Mapping[str, Printed]
) -> None:
    printed = run("score", saas, *AS_OF, "--model", bundle)
    assert (printed.code, printed.err) == (0, "")
    scores = pd.read_parquet(said["score"].result["files"]["scores.parquet"])
    assert all(account in printed.out for account in scores["account_id"].head(5))
    assert "was scored already: nothing to do" in printed.out
    assert re.search(r"^published  .*/published/[0-9a-f]{12}$", printed.out.strip().splitlines()[-1])
    assert legible(printed.out)


def test_an_explanation_shows_the_sum(saas: Path, bundle: Path, said: Mapping[str, Printed]) -> None:
    printed = run("explain", saas, "A-000005", *AS_OF)
    result = said["explain"].result
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.startswith("A-000005")
    assert f"health {result['health']:.1f} ({result['band']}, grade {result['grade']})" in " ".join(printed.out.split())
    for name, points in result["components"].items():
        assert re.search(rf"{name} +{re.escape(f'{points:+.1f}')}", printed.out)
    assert legible(printed.out)


def test_features_say_where_the_panel_lies(saas: Path) -> None:
    printed = run("features", saas)
    assert (printed.code, printed.err) == (0, "")
    assert "features.parquet" in printed.out
    assert "dictionary.md" in printed.out


def test_the_run_in_the_current_directory_needs_no_name(saas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saas.parent)
    assert run("features", "--json").result["run"] == "saas"


def test_the_demo_does_the_whole_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def small(world: str, accounts: int, seed: int, out: Path) -> Simulated:
        return Simulated(write_company(Path(out)).parent, {})

    monkeypatch.setattr(healthscore, "simulate", small, raising=False)
    monkeypatch.chdir(tmp_path)
    printed = run("demo", "--out", tmp_path / "demo")
    assert (printed.code, printed.err) == (0, "")
    for name in ("report", "scores", "model", "run"):
        (path,) = re.findall(rf"^{name} +(.+)$", printed.out, flags=re.MULTILINE)
        assert Path(path).exists()
    assert legible(printed.out)


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found", "remedy"),
    [
        (("backtest", "no_such.toml"), "no run at no_such.toml", "shipped runs: b2b_services, cdnow"),
        (("backtest", "cdnw"), "no run at cdnw", "did you mean the shipped run 'cdnow'?"),
        (("score", "{run}", "--as-of", "1 May"), "--as-of '1 May' is no date", "YYYY-MM-DD"),
        (("score", "{run}", *AS_OF, "--out", "{empty}"), "holds no trained model of saas", "healthscore train"),
        (("score", "{run}", *AS_OF, "--model", "{empty}"), "manifest.json cannot be read", "name a bundle's directory"),
        (("explain", "{run}", "A-00000O", *AS_OF), "account 'A-00000O' is not a customer", "did you mean A-0"),
        (("explain", "a", "b", "c", *AS_OF), "3 names were given", "healthscore explain [RUN] ACCOUNT"),
        (("check", "{run}", "--data", "{empty}"), "accounts.parquet", ""),
        (("simulate", "--world", "mars", "--out", "{empty}/w"), 'there is no world "mars"', "worlds: saas"),
        (("backtest", "{broken}"), "unknown key; did you mean `horizon_days`?", "mend the keys named above"),
    ],
)
def test_bad_input_exits_with_2_and_says_what_to_do(
    saas: Path, bundle: Path, tmp_path: Path, words: tuple[str, ...], found: str, remedy: str
) -> None:
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "broken.toml"
    broken.write_text(saas.read_text(encoding="utf-8").replace("horizon_days", "horizon_day"), encoding="utf-8")
    given = [word.format(run=saas, empty=tmp_path / "empty", broken=broken) for word in words]
    printed = run(*given)
    assert printed.code == 2
    assert printed.out == "" or words[0] == "check"
    told = printed.err or printed.out
    assert found in told
    assert remedy in told
    assert "Traceback" not in told


def test_an_unknown_option_exits_with_2(saas: Path) -> None:
    printed = run("backtest", saas, "--horizont", "3")
    assert (printed.code, printed.out) == (2, "")
    assert "--horizont" in printed.err


def test_too_little_data_exits_with_3_and_publishes_nothing(saas: Path, tmp_path: Path) -> None:
    poor = copy_company(saas, tmp_path, "minimum_exits = 20", "minimum_exits = 500")
    for command in ("backtest", "train"):
        printed = run(command, poor, "--json")
        assert (printed.code, printed.out) == (3, "")
        assert "different accounts" in printed.err
        assert "remedy: a longer history" in printed.err
    assert not (tmp_path / "healthscore-out").exists()


def test_warnings_go_to_standard_error_in_one_line(saas: Path, bundle: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as outside of tests
        printed = run("score", saas, "--as-of", "2025-07-03", "--model", bundle, "--out", tmp_path, "--json")
    assert printed.code == 0
    assert printed.err.startswith("warning: the data end on 2025-06-30")
    assert printed.err.count("\n") == 1
    assert printed.result["as_of"] == "2025-07-03"


def test_an_interruption_says_that_nothing_was_published(saas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(healthscore, "backtest", interrupted, raising=False)
    printed = run("backtest", saas)
    assert (printed.code, printed.out) == (130, "")
    assert printed.err == "healthscore: interrupted; nothing was published\n"


# --- how light it starts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        "import healthscore",
        "import healthscore; healthscore.Run, healthscore.ConfigurationError",
        "from healthscore.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass",
        "from healthscore.cli import main\ntry: main(['score', '--help'])\nexcept SystemExit: pass",
    ],
)
def test_nothing_heavy_is_loaded_before_there_is_work(script: str) -> None:
    asked = f"{script}\nimport sys\nprint('loaded:', *[name for name in {sorted(HEAVY)} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_a_terminal_of_another_encoding_stops_nothing() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", "from healthscore.cli import main; main(['backtest', 'nöwhere'])"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("healthscore: no run at n?where")
    command[-1] = "from healthscore.cli.terminal import emit, say; emit({'name': 'nöwhere'})"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"name": "nöwhere"}
