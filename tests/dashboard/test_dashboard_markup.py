"""What came with data is text on a page, whatever it looks like."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from healthscore.dashboard import markup
from healthscore.display import Bar, Mark
from report_samples import PAYLOADS


class Seen(HTMLParser):
    """Tags and texts of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= dict(attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


OURS = {"h1", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "a", "span", "ul", "li", "b", "p"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_are_text(payload: str) -> None:
    row = {"account_id": payload, "name": payload, "band": payload, "reason": Mark(payload), "owner": payload}
    pieces = [
        markup.table(payload, [row], tuple(row), tones={payload: "risk"}, plain=True),
        markup.heading(payload),
        markup.tiles([(payload, payload, payload)]),
        markup.chips([Mark(payload, "good")]),
        markup.sentences([payload]),
        markup.points([payload]),
        markup.note(payload),
    ]
    for piece in pieces:
        seen = Seen(piece)
        assert set(seen.tags) <= OURS
        assert (
            payload.split()
            == [word for word in " ".join(seen.texts).split() if word in payload.split()][: len(payload.split())]
        )
        assert not any(name.startswith("on") for name in seen.attributes)


def test_an_account_leads_to_its_page_whatever_its_id() -> None:
    seen = Seen(markup.table("Accounts", [{"account_id": "a&b/ü?#"}], ("account_id",)))
    assert seen.attributes["href"] == "account?account=a%26b%2F%C3%BC%3F%23"


def test_cells_are_written_by_the_kind_of_their_column() -> None:
    row = {
        "band": "low",
        "health": 12.34,
        "change": 2.0,
        "value": 1234.5,
        "owner": None,
        ".share": Bar(0.0, 9.5, "risk"),
    }
    seen = Seen(markup.table("Accounts", [row], tuple(row), tones={"low": "risk"}))
    told = [text.strip() for text in seen.texts if text.strip()]
    assert told == ["Accounts", "Band", "Score", "Change", "Revenue", "Owner", "▼", "low", "12.3", "+2.0", "1,234", "–"]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain words", "plain words"),
        ("**b** $x$ :red[x]", r"\*\*b\*\* \$x\$ \:red\[x\]"),
        ("[x](javascript:1)\n<b>", r"\[x\]\(javascript\:1\) \<b\>"),
    ],
)
def test_markdown_of_labels_is_escaped(text: str, escaped: str) -> None:
    assert markup.markdown(text) == escaped


def test_the_style_has_both_colours_of_every_name() -> None:
    style = markup.style()
    assert "--risk:light-dark(#b3400d,#ff9166);" in style
    assert style.count("<style>") == style.count("</style>") == 1
