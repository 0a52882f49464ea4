"""Every block of code on every page is run by a test, or listed here with the reason why it is not.

Commands and Python of the pages run one page after the other in one folder with a small company; the tutorial has a
test of its own (`test_tutorial.py`).
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from typer.main import get_command

from company import GROWTH, SHIPPED_DATES, amended
from documented_pages import PAGES, Block, blocks, examples
from healthscore.cli.application import application
from healthscore.config import library
from healthscore.pipelines.simulate import simulate
from page_workspace import PageWorkspace, commands
from reference.commands import leaves

TESTS = Path(__file__).parent
BLOCKS = list(blocks())
DATES = "dates = [2024-06-01, 2024-09-01, 2024-12-01, 2025-03-01]"
QUICK = """
[model]
minimum_exits = 5
refits = 2

[model.trees]
count = 10

[tracking]
enabled = false

[deliveries.share]
kind = "files"
path = "shared/health-{as_of}.csv"
"""
GROUPS = ("models", "runs", "admin")
TUTORIAL, REFERENCE = "tutorial.md", "reference/"

# --- what is not run here ---------------------------------------------------------------------------------------------

ELSEWHERE: dict[tuple[str, str], str] = {
    ("delivery.md", "csv"): "pipelines/delivery/test_delivery_page.py::test_the_file_for_salesforce_is_as_shown",
    (
        "delivery.md",
        "json",
    ): "pipelines/delivery/test_delivery_page.py::test_an_alert_is_as_shown_and_the_snippet_verifies_it",
    (
        "delivery.md",
        "python",
    ): "pipelines/delivery/test_delivery_page.py::test_an_alert_is_as_shown_and_the_snippet_verifies_it",
    ("mlflow.md", "python"): "pipelines/tracking/test_mlflow_parts.py::test_spark_scores_as_the_command_does",
    ("scheduling.md", "crontab"): "test_scheduling.py::test_the_commands_of_cron_and_systemd_are_understood",
    ("scheduling.md", "ini"): "test_scheduling.py::test_the_commands_of_cron_and_systemd_are_understood",
    ("warehouses.md", "sql"): "tables/test_warehouses.py::test_the_page_shows_each_dialect_s_text",
}
"""Page and language -> the test that runs these blocks, where they are part of something larger."""
NOT_RUN: dict[str, str] = {
    "git clone": "the checkout that this test is part of",
    "make ": "minutes; the commands of `make demo` are run by the tutorial, and test_site.py builds the site",
    "pip install": "installs packages",
    "python benchmarks/": "hours, and other tools; tests/benchmarks runs parts of it",
    "healthscore backtest online_retail_ii": "public data, which tests/real needs and runs",
    "healthscore tune online_retail_ii": "public data",
    "healthscore train panel.toml --workers": "a Dask scheduler; tests/pipelines/test_workers.py trains so",
    "healthscore runs sync": "MLflow; tests/pipelines/tracking/test_mlflow_parts.py records what waited",
    "mlflow models": "a server; tests/pipelines/tracking/test_mlflow_parts.py runs the commands of the page",
    "healthscore dashboard": "serves until it is stopped; tests/dashboard starts it",
}
"""How a command begins -> why it is not run here."""
NOT_RUN_COUNT = 20
"""How many commands are not run: a new one is a decision."""
STAND_INS = {
    "simulate --out company": "simulate --accounts 40 --out company",
    "simulate --accounts 800 --out company": "simulate --accounts 40 --out company",
    "company/exports/": "exports/",
    "demo/healthscore.toml": "healthscore.toml",
    "check --leaks": "check company --leaks",
    "tune company/healthscore.toml": "tune healthscore.toml",
    "--trials 40": "--trials 2",
    "--trials 8": "--trials 2",
    "accounts.csv events.parquet subscriptions.csv": "data/accounts.parquet data/events.parquet "
    "data/subscriptions.parquet --out proposed.toml",
    "models promote": "models promote --force --why 'every month'",
    "2026-11-01": "2025-05-01",
    "2026-12-01": "2025-06-01",
    "date(2026, 11, 1)": "date(2025, 7, 1)",
    "A-000042": "A-000001",
    "A-000236,A-000114": "A-000002,A-000003",
}
"""Words of a page -> those that fit the small company: its dates, its files, its few exits."""
REPEATED = ("healthscore train", "healthscore models", "healthscore score --as-of")
"""Commands that each page runs anew: they move on what the next one finds."""
ANSWERS = {"audit": (0, 5), "check": (0, 4), "tune": (0, 3)}
"""Commands whose exit code is an answer; so few exits are too few to tune by."""


def not_run(command: str) -> bool:
    return any(command.startswith(beginning) for beginning in NOT_RUN)


def pages(*languages: str) -> list[str]:
    """Pages with such blocks, but for those that are run elsewhere; the one that scores the newest date comes last."""
    found = dict.fromkeys(block.page for block in BLOCKS if block.language in languages)
    return sorted(
        (page for page in found if page != TUTORIAL and not page.startswith(REFERENCE)), key="models.md".__eq__
    )


# --- nothing is left out ----------------------------------------------------------------------------------------------


def way(block: Block) -> str:
    """How a block is run; empty where it is not."""
    if block.page.startswith(REFERENCE):
        return "written from the code: test_reference_pages.py"
    if (block.page, block.language) in ELSEWHERE:
        return ELSEWHERE[block.page, block.language]
    ways = {
        "toml": "read: test_documentation.py, test_scorecard_page.py, and with a database test_postgresql_engine.py",
        "console": "run", "python": "run", "text": "shown", "csv": "read", "json": "read",
    }  # fmt: skip
    return ways.get(block.language, "")


def test_every_block_has_a_way_of_being_run() -> None:
    assert [f"{block} {block.language!r}" for block in BLOCKS if not way(block)] == []


def test_no_code_hides_in_indentation() -> None:
    for page, text in PAGES.items():
        outside = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
        assert re.findall(r"\n\n {4,}\S.*", outside) == [], page


def test_every_block_of_toml_is_read() -> None:
    shown = Counter(block.page for block in BLOCKS if block.language == "toml")
    assert Counter(example.page for example in examples()) == shown


@pytest.mark.parametrize("where", sorted(set(ELSEWHERE.values())))
def test_what_is_run_elsewhere_is(where: str) -> None:
    file, _, test = where.partition("::")
    assert f"\ndef {test}(" in (TESTS / file).read_text(encoding="utf-8")


def test_what_is_not_run_is_counted() -> None:
    found = [line for block in BLOCKS if block.language == "console" for line in commands(block.text) if not_run(line)]
    assert len(found) == NOT_RUN_COUNT, found
    assert [beginning for beginning in NOT_RUN if not any(line.startswith(beginning) for line in found)] == []


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in ("csv", "json")], ids=str)
def test_data_on_a_page_can_be_read(block: Block) -> None:
    if block.language == "json":
        whole = json.loads(block.text) if block.text.startswith("{\n") else None
        lines = [whole] if whole else [json.loads(line.replace(", ...", "")) for line in block.text.splitlines()]
        assert all(isinstance(line, dict) for line in lines)
    else:
        rows = list(csv.reader(block.text.splitlines()))
        assert {len(row) for row in rows} == {len(rows[0])}


# --- commands and Python ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company of 220 accounts, quick to learn from, with exports of its score beside it; trained and scored once."""
    made = simulate("saas", 220, 3, tmp_path_factory.mktemp("pages") / "place").directory
    run = made / "healthscore.toml"
    text = amended(
        run.read_text(encoding="utf-8"), SHIPPED_DATES, DATES, "[report]", "[report]\nresamples = 100", GROWTH, ""
    )
    run.write_text(f"seed = 1\n{text}{QUICK}", encoding="utf-8")
    for name in ("scores", "exits", "weights"):
        shutil.copy(made / "exports" / f"{name}.csv", made)
    shutil.copy(library() / "models" / "seven_components.toml", made / "our_score.toml")
    (made / "after-the-call.txt").write_text("A-000002\n", encoding="utf-8")
    (made / "company").mkdir()
    workspace = PageWorkspace(made)
    for line in ("train", "models promote --force --why first", "score --as-of 2025-05-01"):
        assert workspace.command(f"healthscore {line}")[0] == 0, workspace.said
    return made


@pytest.fixture(scope="module")
def done() -> set[str]:
    """Commands that were run already: what several pages show is run once."""
    return set()


def fitting(text: str, place: Path) -> str:
    """The text of a page with words that fit the small company."""
    for words, stand_in in STAND_INS.items():
        text = text.replace(words, stand_in)
    runs = sorted(path.name for path in (place / "healthscore-out" / "saas" / "score").iterdir() if path.is_dir())
    runs = [name for name in runs if re.fullmatch(r"[0-9a-f]{12}(-\d+)?", name)]
    return text.replace("RUN_ID", runs[0]).replace("compare A B", f"compare {runs[0]} {runs[-1]}")


def a_month_later(place: Path) -> None:
    """Something to learn that was not there when the last version was trained."""
    run = place / "healthscore.toml"
    first, _, rest = run.read_text(encoding="utf-8").partition("\n")
    run.write_text(f"seed = {int(first.removeprefix('seed = ')) + 1}\n{rest}", encoding="utf-8")


@pytest.mark.parametrize("page", pages("console"))
def test_the_commands_of_a_page_run(page: str, place: Path, done: set[str]) -> None:
    workspace = PageWorkspace(place)
    for block in (block for block in BLOCKS if (block.page, block.language) == (page, "console")):
        for shown in commands(block.text):
            line = fitting(shown, place)
            if not_run(shown) or line in done:
                continue
            if line == "healthscore train":
                a_month_later(place)
            if not line.startswith(REPEATED):
                done.add(line)
            code, printed = workspace.command(line)
            assert code in ANSWERS.get(line.split()[1], (0,)), f"{block}: {line}\n{printed[-500:]}\n{workspace.said}"


@pytest.mark.parametrize("page", [page for page in pages("python") if (page, "python") not in ELSEWHERE])
def test_the_python_of_a_page_runs(page: str, place: Path) -> None:
    workspace = PageWorkspace(place)
    workspace.names |= {name: pd.read_csv(place / f"{name}.csv") for name in ("scores", "exits", "weights")}
    a_month_later(place)
    for block in (block for block in BLOCKS if (block.page, block.language) == (page, "python")):
        workspace.python(fitting(block.text, place))


def test_every_command_that_a_page_names_in_a_sentence_is_one() -> None:
    known = [name.removeprefix("healthscore ") for name, _ in leaves(get_command(application), "healthscore")]
    for page, text in PAGES.items():
        outside = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
        for words in re.findall(r"`healthscore ([a-z][\w -]*)", outside):
            assert any(words.startswith(name) for name in known) or words.strip() in GROUPS, f"{page}: {words}"
