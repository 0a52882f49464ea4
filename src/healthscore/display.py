"""Results as small pieces of HTML, for notebooks: a verdict, sentences, a few figures, tables. Computes nothing.

Texts are escaped by the template (autoescape, nothing is exempt). Ink is the notebook's own, so that a display reads
in light and dark; colour only marks what a word says, too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Template

ROWS = 20
"""Rows of a table that are shown; under it stands how many there are beside them."""


@dataclass(frozen=True)
class Mark:
    """A word with a dot in the colour of its tone; without one where it has none."""

    text: str
    tone: str = "plain"


@dataclass(frozen=True)
class Bar:
    """A bar from `left` on, both in per cent of the cell's width: a picture of a figure that another cell has."""

    left: float
    width: float
    tone: str = "plain"


@dataclass(frozen=True)
class Table:
    """A table: the first cell of a row names it; the first `left` columns stand flush left, the others flush right."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    left: int = 1
    total: bool = False
    """Whether the last row is the sum of the others."""

    @property
    def shown(self) -> Sequence[Sequence[object]]:
        """Its first rows."""
        return self.rows[:ROWS]


@dataclass(frozen=True)
class Display:
    """What a notebook shows of a result.

    Attributes
    ----------
    kind, title
        What it is, and whose: the small line above.
    headline
        The answer, with its tone; None where there is none.
    tiles
        Figures, each with its range (or nothing) and what it says.
    notes
        Warnings: what a reader should know.
    """

    kind: str
    title: str
    headline: Mark | None = None
    sentences: Sequence[str] = ()
    tiles: Sequence[tuple[str, str, str]] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()

    def html(self) -> str:
        """The display as HTML, with its style."""
        from markupsafe import Markup

        tables = [table for table in self.tables if table.rows]
        style = Markup(STYLE)  # noqa: S704 - our own, and no text of a user in it
        return _template().render(display=self, tables=tables, style=style)


class Displayed(ABC):
    """A result that notebooks show as a display, and everything else by the name of its run, where it has one."""

    @abstractmethod
    def display(self) -> Display:
        """What a notebook shows."""

    def _repr_html_(self) -> str:
        return self.display().html()

    def __repr__(self) -> str:
        directory: Path | None = getattr(self, "directory", None)
        return f"<{type(self).__name__}{'' if directory is None else f' {directory.name}'}>"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.tests |= {"mark": lambda cell: isinstance(cell, Mark), "bar": lambda cell: isinstance(cell, Bar)}
    return environment.from_string(TEMPLATE)


TEMPLATE = """\
{% macro cell(value) -%}
{% if value is mark -%}
<span class="mark {{ value.tone }}">{{ value.text }}</span>
{%- elif value is bar -%}
<span class="bar {{ value.tone }}" aria-hidden="true"
style="margin-left:{{ value.left }}%;width:{{ value.width }}%"></span>
{%- else -%}
{{ "" if value is none else value }}
{%- endif %}
{% endmacro %}
<section class="healthscore" aria-label="{{ display.kind }}: {{ display.title }}">
<style>{{ style }}</style>
<p class="kind">{{ display.kind }} · {{ display.title }}</p>
{% if display.headline %}
<p class="headline"><span class="mark {{ display.headline.tone }}">{{ display.headline.text }}</span></p>
{% endif %}
{% for sentence in display.sentences %}
<p>{{ sentence }}</p>
{% endfor %}
{% if display.tiles %}
<ul class="tiles">
{% for value, range, what in display.tiles %}
<li><b>{{ value }}</b> {% if range %}<span class="small">{{ range }}</span><br>{% endif %}{{ what }}</li>
{% endfor %}
</ul>
{% endif %}
{% for table in tables %}
<table>
<caption>{{ table.caption }}</caption>
<thead><tr>
{% for column in table.columns %}
<th scope="col"{% if loop.index > table.left %} class="num"{% endif %}>{{ column }}</th>
{% endfor %}
</tr></thead>
<tbody>
{% for row in table.shown %}
<tr{% if table.total and loop.last %} class="total"{% endif %}>
{% for value in row %}
{% if loop.first %}
<th scope="row">{{ cell(value) }}</th>
{% else %}
<td{% if loop.index > table.left and value is not bar %} class="num"{% endif %}>{{ cell(value) }}</td>
{% endif %}
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
{% if table.rows | length > table.shown | length %}
<p class="small">and {{ "{:,}".format(table.rows | length - table.shown | length) }} more rows</p>
{% endif %}
{% endfor %}
{% for note in display.notes %}
<p class="note">Note: {{ note }}</p>
{% endfor %}
</section>
"""

STYLE = """
.healthscore{font:13px/1.45 system-ui,sans-serif;color:inherit;max-width:52rem;overflow-x:auto;margin:4px 0 12px}
.healthscore p{margin:4px 0;max-width:44rem}
.healthscore .kind,.healthscore .small,.healthscore caption{opacity:.8;font-size:12px}
.healthscore .headline{font-size:17px;font-weight:650;margin:2px 0 6px}
.healthscore ul.tiles{display:flex;flex-wrap:wrap;gap:6px 22px;list-style:none;margin:8px 0;padding:0}
.healthscore li{max-width:15rem;margin:0}
.healthscore li b{font-size:17px}
.healthscore li b:not(:has(+.small)){display:block}
.healthscore table{border-collapse:collapse;table-layout:auto;width:auto;margin:10px 0 4px;font-size:13px;color:inherit}
.healthscore caption{text-align:left;caption-side:top;white-space:nowrap;padding:0 0 4px}
.healthscore.healthscore th,.healthscore.healthscore td{text-align:left;vertical-align:top;padding:3px 16px 3px 0;
border:0;background:none;color:inherit;max-width:30rem;white-space:pre-line;overflow-wrap:break-word}
.healthscore.healthscore tbody tr>*{border-top:1px solid rgba(128,128,128,.35)}
.healthscore.healthscore thead th{font-weight:600;vertical-align:bottom;overflow-wrap:normal}
.healthscore.healthscore tbody th{font-weight:500}
.healthscore.healthscore tbody .total>*{font-weight:700;border-top:2px solid rgba(128,128,128,.7)}
.healthscore.healthscore .num{text-align:right;font-variant-numeric:tabular-nums}
.healthscore.healthscore td.num{white-space:nowrap}
.healthscore .mark::before{content:"";display:inline-block;width:.65em;height:.65em;border-radius:50%;
margin-right:.45em}
.healthscore .mark.plain::before{display:none}
.healthscore .bar{display:block;min-width:2px;height:.8em;margin-top:.3em;border-radius:2px;background:#3f87c6}
.healthscore td:has(.bar){min-width:11rem}
.healthscore .mark.good::before,.healthscore .bar.good{background:#16918b}
.healthscore .mark.caution::before,.healthscore .bar.caution{background:#b07d00}
.healthscore .mark.risk::before,.healthscore .bar.risk{background:#d4561c}
.healthscore .note{border-left:3px solid #b07d00;padding-left:8px}
"""
"""Colours stand at 3 to 1 or more against both white and the black of dark notebooks. The class stands twice where
notebooks have rules of their own for tables, which would win otherwise."""
