"""The pages: every example loads, every recipe runs and gives what it promises, and every key and code is told."""

from __future__ import annotations

import ast
import re
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from documented_pages import CODE, PAGES, PLACES, ROOT, Example, examples, first_cells, section
from documented_tables import DOCUMENTED
from healthscore import check
from healthscore.asof import day_of
from healthscore.config import (
    Combination,
    Condition,
    Features,
    Lookup,
    PanelTable,
    Run,
    Sentiment,
    Signal,
    Source,
    load_scorecard,
    shipped_runs,
)
from healthscore.config.section import Section
from healthscore.config.sections import Outcome
from healthscore.features import FAMILIES
from healthscore.features.planning import families_of
from healthscore.features.ready import plan_panel
from healthscore.outcomes import OUTCOMES
from healthscore.outcomes.keys import ALWAYS, KEYS
from healthscore.outcomes.snapshots import Label, Status
from healthscore.pipelines.bookwords import VIEWS
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.leaks import EVIDENCE
from healthscore.tables import open_tables
from healthscore.tables.contract import CONTRACTS, Contract
from healthscore.tables.expressions import Guard
from healthscore.tables.ranges import OUT_OF_RANGE
from healthscore.tables.simulator import WORLDS
from table_workspace import Workspace

SIGNALS, OUTCOME, QUALITY = PAGES["signals.md"], PAGES["outcomes.md"], PAGES["data-quality.md"]
AS_OF = (day_of(date(2024, 6, 1)),)
USUAL = {
    "accounts": {
        "contract": "accounts",
        "path": "accounts.csv",
        "attributes": {"region": "region"},
        "static": ["region"],
    },
    "subscriptions": {"contract": "subscriptions", "path": "subscriptions.csv"},
}
"""Sources that an example reads and its page does not show, where they are not events."""
PACKAGE = ROOT / "src" / "healthscore"


EXAMPLES = [example for example in examples() if not example.of_scorecard and not example.of_database]
PROMISING = [example for example in EXAMPLES if example.after.startswith("Gives ")]
WITH_TABLES = [e for e in EXAMPLES if e.page != "README.md" and {"sources", "panel", "outcome"} & set(e.content)]


def completed(example: Example) -> dict[str, Any]:
    """The example with what it leaves out: dates, and sources and signals that its page has shown before."""
    shown: dict[str, Any] = {}
    for other in EXAMPLES:
        if other.page == example.page and other.line <= example.line:
            shown |= other.content.get("sources", {})
    content = {"data_end": "2024-07-01", **example.content}
    if "panel" in content:
        return {"sources": {}, "as_of": None, **content}
    read = [signal["source"] for signal in content.get("signals", {}).values()]
    read += [content[part][key] for part, key in (("outcome", "source"), ("outcome", "active_source"))
             if key in content.get(part, {})]  # fmt: skip
    given = {name: shown.get(name, USUAL.get(name, {"contract": "events", "path": f"{name}.csv"})) for name in read}
    sources = given | content.get("sources", {})
    return {**content, "sources": sources or {"usage": {"contract": "events", "path": "usage.csv"}}}


def run_of(example: Example, workspace: Workspace) -> Run:
    """The example as a run over the tables of the documentation."""
    content = completed(example)
    for key in ("name", "data", "include"):
        content.pop(key, None)
    if "scorecard" in content:
        content["scorecard"] = load_scorecard(content["scorecard"])
    for path, lines in DOCUMENTED.items():
        workspace.csv(path, *lines)
    return workspace.run(content.pop("sources") or {}, **content)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_example_is_part_of_a_run(example: Example, workspace: Workspace) -> None:
    run = run_of(example, workspace)
    for name in run.signals:
        assert families_of(run, name)
    assert run.outcome is None or run.outcome.kind in OUTCOMES
    for name, source in run.sources.items():
        assert set(source.columns) <= set(CONTRACTS[source.contract].names), name


@pytest.mark.parametrize("example", WITH_TABLES, ids=str)
def test_every_example_with_tables_passes_the_check(example: Example, workspace: Workspace) -> None:
    made = check(run_of(example, workspace))
    assert made.ok, [fault for fault in made.result["faults"] if fault["severity"] == "error"]


@pytest.mark.parametrize("example", PROMISING, ids=str)
def test_a_recipe_gives_the_features_that_it_promises(example: Example, workspace: Workspace) -> None:
    run = run_of(example, workspace)
    with open_tables(run) as tables:
        there = {feature.name for feature in plan_panel(run, tables, pa.array(["a"]), AS_OF).features}
    promised = set(re.findall(r"`(\w+)`", re.split(r"\.\s|\.$", example.after)[0]))
    assert promised
    assert promised <= there


# --- every key, column and code is told ------------------------------------------------------------------------------


def contract_table(contract: Contract) -> str:
    """The columns of a contract as the page shows them."""
    rows = ["| column | holds | meaning |", "|---|---|---|"]
    for column in contract.columns:
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        rows.append(f"| {name} | {column.kind.value} | {column.meaning} |")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_page_shows_a_contract_as_it_is(name: str) -> None:
    assert contract_table(CONTRACTS[name]) in section(SIGNALS, f"### {name}")


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_page_tells_every_family(kind: str) -> None:
    assert first_cells(section(SIGNALS, f"### {kind.capitalize()}")) == list(FAMILIES[kind])


@pytest.mark.parametrize(
    ("heading", "models"),
    [
        ("## What a source may say", [Source, Lookup]),
        ("## What a signal may say", [Signal, Features]),
        ("## A ready-made panel", [PanelTable]),
    ],
)
def test_the_page_tells_every_key(heading: str, models: list[type[Section]]) -> None:
    assert sorted(first_cells(section(SIGNALS, heading))) == sorted(
        key for model in models for key in model.model_fields
    )


def test_the_page_tells_every_key_of_combinations_and_sentiment() -> None:
    told = set(CODE.findall(section(SIGNALS, "## Combinations") + section(SIGNALS, "## What people wrote")))
    for model in (Combination, Condition, Sentiment):
        assert set(model.model_fields) - {"text"} <= told, model.__name__


def test_the_page_tells_every_outcome_and_every_key() -> None:
    assert first_cells(section(OUTCOME, "## The eight kinds")) == list(OUTCOMES)
    assert sorted(first_cells(section(OUTCOME, "## Keys"))) == sorted(Outcome.model_fields)
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([\w, ]+) \|$", section(OUTCOME, "## Keys"), flags=re.MULTILINE)
    readers = {key: ", ".join(kind for kind, keys in KEYS.items() if key in keys) for key in Outcome.model_fields}
    assert dict(rows) == readers | dict.fromkeys(ALWAYS, "all")


@pytest.mark.parametrize("kind", OUTCOMES)
def test_the_page_has_the_words_of_the_check(kind: str) -> None:
    words = HAPPENINGS[kind]
    cells = (f"`{kind}`", words.did, words.kept, words.ineligible, words.unknown)
    assert f"| {' | '.join(cells)} |" in section(OUTCOME, "## Which snapshots are left out, and why")


def test_the_page_tells_every_rule_for_snapshots() -> None:
    rules = first_cells(section(OUTCOME, "## Which snapshots are left out, and why"))
    silent = {Status.AT_RISK.name, Status.NO_FEATURES.name}
    there = {member.name.lower() for kind in (Status, Label) for member in kind if member.name not in silent}
    assert set(rules) - set(OUTCOMES) == there


CARRIERS = {"Problem": 0, "Rule": 0, "FileError": 0, "ReadingError": 0, "Guard": 2, "Finding": 0}
CARRIERS |= {"_broken": 0, "fault": 0, "dropped": 0}
"""What is called with a code -> at which place."""


def codes_in(*places: str) -> set[str]:
    """Codes with which anything under these folders or files of the package is called."""
    found: set[str] = set()
    for place in places:
        path = PACKAGE / place
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                name = getattr(call.func, "id", "")
                if name in CARRIERS and len(call.args) > CARRIERS[name]:
                    code = call.args[CARRIERS[name]]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        found.add(code.value)
    return found


def test_the_page_tells_every_fault_and_no_other() -> None:
    raised = codes_in("tables", "features", "pipelines/check.py", "pipelines/leakcheck.py")
    told = first_cells(section(QUALITY, "## All faults"))
    assert len(told) == len(set(told))
    assert set(told) == raised | {OUT_OF_RANGE, Guard.code}


def test_the_page_tells_every_evidence_of_leaks_and_no_other() -> None:
    rows = re.findall(r"^\| `([\w ]+)` \|.*\| (`.*`) \|$", section(QUALITY, "## Leaks"), flags=re.MULTILINE)
    assert [row[0] for row in rows] == list(EVIDENCE)
    assert {code for row in rows for code in CODE.findall(row[1])} == codes_in("pipelines/leaks")


def test_the_pages_name_every_run_and_every_world() -> None:
    for name in shipped_runs():
        assert f"`{name}`" in PAGES["README.md"]
    for name in WORLDS:
        assert any(f"`{name}`" in page or f"--world {name}" in page for page in PAGES.values()), name


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    folder = PLACES[page].parent
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        assert not path or (folder / path).exists(), target
        if anchor:
            text = (folder / path).read_text(encoding="utf-8") if path else PAGES[page]
            assert anchor in {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)}, target


def slug(heading: str) -> str:
    """The anchor of a heading, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_page_of_the_dashboard_names_every_view() -> None:
    table = PAGES["dashboard.md"].partition("## Which view answers what")[2].partition("\n## ")[0]
    told = re.findall(r"^\| [^|]* \| ([^|]*) \|", table, flags=re.MULTILINE)[1:]
    assert {name for cell in told for name in cell.split(", ")} == set(VIEWS.values())


def test_the_readme_shows_the_summary_of_what_was_measured() -> None:
    page = (ROOT / "docs" / "validity.md").read_text(encoding="utf-8")
    summary = page.split("## Summary")[1].split("\n## ")[0]
    rows = [line for line in summary.splitlines() if line.startswith("| T")]
    assert rows
    assert [row for row in rows if row not in PAGES["README.md"]] == []
