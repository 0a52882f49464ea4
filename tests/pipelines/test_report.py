"""The reports: one file, nothing executable but ours, nothing fetched, every section only where its figures are."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from healthscore.pipelines import report
from healthscore.pipelines.report import json_block, render_backtest, render_validation, write_report
from opened_pages import chromium
from report_samples import PAYLOADS, backtest_result, poisoned, validation_result, worst
from weight_samples import NOTHING, weighed_result


def validation_with_weights() -> dict[str, Any]:
    segment = {"segment": "Small", "n": 900, "events": 40, "exiting": 30, "p": 0.2, "differs": "not shown"}
    shares = dict.fromkeys(weighed_result()["components"], 25.0)
    own = dict.fromkeys(shares, NOTHING)
    return validation_result() | weighed_result(weight_segments=[{**segment, "own": own, "pooled": shares}])


RENDER: dict[str, tuple[Callable[[Any], str], Callable[[], dict[str, Any]]]] = {
    "backtest": (render_backtest, backtest_result),
    "validation": (render_validation, validation_result),
    "weights": (render_validation, validation_with_weights),
}
EXECUTABLE = {
    "iframe", "object", "embed", "link", "base", "form", "input", "img", "svg", "math", "video", "audio", "source",
    "frame", "applet", "template",
}  # fmt: skip


class Page(HTMLParser):
    """Tags, attributes, scripts and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, dict[str, str | None], str]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.blocks.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            tag, attrs, text = self.blocks.pop()
            self.blocks.append((tag, attrs, text + data))
        else:
            self.texts.append(data)

    @property
    def scripts(self) -> list[str]:
        return [text for tag, attrs, text in self.blocks if tag == "script" and attrs.get("type") != "application/json"]

    @property
    def data(self) -> list[Any]:
        return [json.loads(text) for tag, attrs, text in self.blocks if attrs.get("type") == "application/json"]


def hostile(kind: str, payload: str) -> dict[str, Any]:
    """A sample result full of the payload; the chosen model keeps a place in every table."""
    result: dict[str, Any] = RENDER[kind][1]()
    bad: dict[str, Any] = poisoned(result, payload)
    if kind != "backtest":  # its only model is ours
        bad["pooled"]["models"] = result["pooled"]["models"]
        bad["churners"]["models"] = result["churners"]["models"]
        bad["curves"]["roc"] = result["curves"]["roc"]
        bad["origins"] = [{**row, "models": {"score": {"auc": 0.7, "capture_10": 0.2}}} for row in bad["origins"]]
    else:
        bad["chosen"] = f"{payload}0"
        bad["curves"]["capture"] = bad["curves"]["roc"]
    return bad


@pytest.mark.parametrize("kind", RENDER)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_in_every_field_makes_no_executable_node(
    kind: str, payload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Plotly's 5 MB are the same in every page; a stand-in keeps the eighty pages small.
    monkeypatch.setattr(report, "_scripts", lambda: ("// plotly", "// ours"))
    page = Page(RENDER[kind][0](hostile(kind, payload)))
    honest = Page(RENDER[kind][0](RENDER[kind][1]()))
    assert not [tag for tag, _ in page.tags if tag in EXECUTABLE]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert page.scripts == honest.scripts
    assert len(page.blocks) == len(honest.blocks)
    hrefs = [attrs["href"] for _, attrs in page.tags if "href" in attrs]
    assert all(href and href.startswith("#") for href in hrefs)
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in honest.tags}
    shown = " ".join(page.texts)
    assert payload.replace("\0", "") in shown.replace("\0", "").replace("\ufffd", "")


@pytest.mark.parametrize("kind", RENDER)
def test_the_policy_allows_only_the_scripts_that_are_there_by_hash(kind: str) -> None:
    page = Page(RENDER[kind][0](RENDER[kind][1]()))
    (policy,) = [
        a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in page.scripts]
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == hashes
    assert len(hashes) == 2
    assert rules["style-src"] == "'unsafe-inline'"
    assert rules["img-src"] == "data:"
    first = [tag for tag, _ in page.tags].index("meta") + 1
    assert page.tags[first][1].get("http-equiv") == "Content-Security-Policy", (
        "nothing comes before the policy but the charset"
    )


@pytest.mark.parametrize("kind", RENDER)
def test_the_page_names_no_address_to_fetch(kind: str) -> None:
    page = Page(RENDER[kind][0](RENDER[kind][1]()))
    assert not [attrs for _, attrs in page.tags if {"src", "srcset", "action", "data", "poster"} & set(attrs)]
    ours = "".join(page.texts) + "".join(text for tag, _, text in page.blocks if tag == "style") + page.scripts[1]
    assert not re.search(r"https?:|//[a-z]|url\(|@import", ours)


def test_json_blocks_cannot_be_ended_from_inside() -> None:
    content = {"a": "</script><!--&\u2028\u2029", "b": [1.5, None]}
    block = json_block(content)
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == content


def test_plotly_reads_no_markup_in_names() -> None:
    result = backtest_result()
    result["choice"]["title"] = "<b>B</b> & <a href='https://evil.example'>x</a>"
    names = [trace["name"] for spec in Page(render_backtest(result)).data for trace in spec["data"] if "name" in trace]
    assert "&lt;b&gt;B&lt;/b&gt; &amp; &lt;a href='https://evil.example'&gt;x&lt;/a&gt;" in names
    assert not [name for name in names if "<" in name]


@pytest.mark.parametrize("kind", RENDER)
def test_sections_without_figures_are_left_out(kind: str) -> None:
    render, sample = RENDER[kind]
    anchors = {
        "backtest": {
            "bands": "bands", "curves": "found", "lead_time": "early", "components": "moves", "origins": "dates",
            "worst": "accounts", "segments": "segments",
        },
        "validation": {"lead_time": "early", "segments": "segments", "deciles": "tenths", "origins": "dates"},
        "weights": {"verdict_sentences": "weights"},
    }[kind]  # fmt: skip
    for key, anchor in anchors.items():
        whole = sample()
        assert f'id="{anchor}"' in render(whole)
        for without in ({k: v for k, v in whole.items() if k != key}, {**whole, key: None}):
            html = render(without)
            assert f'id="{anchor}"' not in html, key
            assert f'href="#{anchor}"' not in html, key


def test_every_anchor_of_the_navigation_exists() -> None:
    for render, sample in RENDER.values():
        page = Page(render(sample()))
        targets = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
        assert targets <= {f"#{attrs['id']}" for _, attrs in page.tags if attrs.get("id")}


@pytest.mark.parametrize(
    ("better", "words"), [(True, "beats the best"), (False, "does worse"), (None, "is not shown to beat")]
)
def test_the_headline_claims_no_more_than_the_interval(better: bool | None, words: str) -> None:
    result = backtest_result()
    result["headline"]["better"] = better
    assert words in render_backtest(result)


@pytest.mark.parametrize(
    ("decision", "why", "mark"),
    [
        ("change", "later dates agree", "Change proposed"),
        ("keep", "not shown to be worse", "No change proposed"),
        ("no evidence", "no skill", "Not decided by history"),
    ],
)
def test_the_answer_about_weights_heads_the_page(decision: str, why: str, mark: str) -> None:
    result = validation_result() | weighed_result(decision, why)
    page = Page(render_validation(result))
    shown = [text.strip() for text in page.texts if text.strip()]
    answer = result["verdict_sentences"][0]
    assert shown.index(mark) + 1 == shown.index(answer)
    assert shown.index(answer) < shown.index("Weights against history") < shown.index("The score as it is")
    assert any(text.startswith(result["headline"]["title"]) for text in shown)
    assert any(map(_is_of_weights, page.data)) == (decision != "no evidence")
    assert ("open" in shown) == (decision != "no evidence")


def test_the_figure_of_weights_holds_every_kind_of_interval() -> None:
    (spec,) = [one for one in Page(render_validation(validation_with_weights())).data if _is_of_weights(one)]
    traces = {trace.get("name"): trace for trace in spec["data"]}
    assert spec["layout"]["yaxis"]["ticktext"] == ["Sponsor", "Survey", "Tickets", "Usage"]
    assert traces["weight now"]["x"] == [10.0, 20.0, 30.0, 40.0]
    assert (traces["recommended"]["x"], traces["recommended"]["y"]) == ([20.0, 50.0], [2, 3])
    assert traces["confirmed by history, 95 % range"]["x"] == [-20, -4, None, -2, 17.4, None, 19.2, 33.1, None]
    low, high = spec["layout"]["xaxis"]["range"]
    assert traces["open: any weight fits"]["x"] == [low, high, None]
    assert low < -20
    assert high > 50


def _is_of_weights(spec: dict[str, Any]) -> bool:
    return "ticktext" in spec["layout"]["yaxis"]


def test_long_lists_of_accounts_unfold() -> None:
    result = backtest_result()
    result["worst"] = [worst(number) for number in range(25)]
    html = render_backtest(result)
    assert "Show 15 more" in html
    assert html.count('<li class="account">') == 25
    assert "more</summary>" not in render_backtest(backtest_result())


def test_a_minimal_backtest_renders() -> None:
    html = render_backtest({"run": "tiny", "chosen": "blend", "headline": {"sentences": [], "better": None}})
    page = Page(html)
    assert "tiny" in " ".join(page.texts)
    assert page.scripts == []


def test_a_report_is_written_byte_for_byte(tmp_path: Path) -> None:
    html = render_validation(validation_result())
    write_report(html, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == html.encode()
    assert html == render_validation(validation_result()), "the same result gives the same page"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
@pytest.mark.parametrize("kind", RENDER)
def test_a_browser_draws_every_figure_in_silence(
    browser: Any, tmp_path: Path, kind: str, width: int, scheme: str
) -> None:
    render, sample = RENDER[kind]
    for name, result in (("honest", sample()), ("hostile", hostile(kind, PAYLOADS[1] + PAYLOADS[22] + PAYLOADS[13]))):
        path = tmp_path / f"{name}.html"
        write_report(render(result), path)
        page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.on("dialog", lambda dialog, said=said: (said.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelectorAll('[data-figure]:not([data-drawn])').length === 0")
        assert said == [], name
        assert asked == [path.as_uri()], name
        drawn = page.locator("[data-figure]").count()
        assert drawn == page.locator("[data-figure] .main-svg .trace, [data-figure] .main-svg .points").evaluate_all(
            "nodes => new Set(nodes.map(node => node.closest('[data-figure]'))).size"
        )
        assert drawn >= 4
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "no sideways scrolling"
        assert page.locator("a:not([href^='#'])").count() == 0
        assert page.locator("[data-figure] a").count() == 0
        page.close()
