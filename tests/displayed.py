"""What a reader sees of a result in a notebook: texts in their order, and the tags around them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Protocol


class Shown(Protocol):
    """Anything that notebooks show in a rich way."""

    def _repr_html_(self) -> str: ...


class Parsed(HTMLParser):
    """Tags with their attributes, and texts outside the style."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:
            self.texts.append(data)

    @property
    def said(self) -> list[str]:
        return [text.strip() for text in self.texts if text.strip()]


def said(result: Shown) -> str:
    """Everything that a display says, a line for each text."""
    return "\n".join(Parsed(result._repr_html_()).said)
