"""docs/delivery.md: every kind, key, file, alert and snippet on it is as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from documented_pages import CODE, PAGES, first_cells, section
from healthscore.config import deliveries
from healthscore.config.deliveries import Only
from healthscore.config.section import Section
from healthscore.pipelines.delivery import deliver
from healthscore.pipelines.delivery.files import ENGAGEMENT, FIELDS, HUBSPOT, SALESFORCE
from healthscore.pipelines.delivery.kinds import KINDS
from healthscore.pipelines.delivery.webhook import ABOUT_THE_ALERT, LATER
from published_book import book, publish, run_of
from receiver import KEY, receiving

PAGE = PAGES["delivery.md"]
SHARED = {"kind", "columns", "mapping", "scorecard", "only"}
SECTIONS: dict[str, type[Section]] = {
    "files": deliveries.FileDelivery,
    "duckdb": deliveries.DuckDBDelivery,
    "postgresql": deliveries.PostgreSQLDelivery,
    "salesforce": deliveries.SalesforceDelivery,
    "hubspot": deliveries.HubSpotDelivery,
    "engagement": deliveries.EngagementDelivery,
    "webhook": deliveries.WebhookDelivery,
}


def block(language: str) -> str:
    """The page's only block of code in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_page_tells_every_kind_and_its_keys() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", section(PAGE, "## Kinds").split("`only`")[1], re.MULTILINE)
    )
    assert list(rows) == list(KINDS) == list(SECTIONS)
    for kind, keys in rows.items():
        assert set(CODE.findall(keys)) == set(SECTIONS[kind].model_fields) - SHARED, kind
    assert set(Only.model_fields) <= set(first_cells(section(PAGE, "## Kinds")))


def test_the_page_tells_every_limit() -> None:
    text = section(PAGE, "## Imports of CRMs and engagement tools")
    for dialect in (SALESFORCE, HUBSPOT, ENGAGEMENT):
        for limit in (dialect.largest_bytes, dialect.most_rows):
            assert limit is None or f"{limit:,}" in text
    assert set(FIELDS.values()) <= set(CODE.findall(text))


def test_the_page_tells_every_answer_of_a_receiver() -> None:
    text = section(PAGE, "## Alerts")
    assert all(str(status) in text for status in (*LATER, *ABOUT_THE_ALERT))


def test_the_file_for_salesforce_is_as_shown(tmp_path: Path) -> None:
    run = run_of(tmp_path, '[deliveries.crm]\nkind = "salesforce"\npath = "files"\n')
    deliver(run, publish(run.out, "aaaa", book()))
    (path,) = (tmp_path / "files").iterdir()
    assert path.read_text() == block("csv")


def test_an_alert_is_as_shown_and_the_snippet_verifies_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_KEY", KEY)
    folder = tmp_path / "healthscore"
    folder.mkdir()
    with receiving() as receiver:
        run = run_of(
            folder,
            f'[deliveries.alerts]\nkind = "webhook"\nurl = "{receiver.url}"\nsigning_key = "env:ALERT_KEY"\n'
            'columns = ["health", "band", "trend"]\n',
        )
        deliver(run, publish(run.out, "aaaa", book()))
    ((headers, body),) = receiver.requests
    assert json.loads(body) == json.loads(block("json"))
    known: dict[str, Any] = {}
    exec(block("python"), known)  # noqa: S102  # the documentation's own words
    assert known["is_ours"](headers, body, KEY)
    assert not known["is_ours"](headers, body + b" ", KEY)
    assert not known["is_ours"](headers, body, KEY[:-5] + "AAAA=")
    old = headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}
    assert not known["is_ours"](old, body, KEY)
