"""Results as one HTML file that opens offline: backtests, validations, and what else has a template. Computes nothing.

The page can run no code but ours. Texts are escaped by the templates (autoescape, nothing is exempt); data travel as
JSON in blocks that no browser executes; and a content security policy allows two scripts only, by the hash of their
text: plotly, embedded once, and ours, which draws the figures.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.pipelines import charts, tiles, views, weightcharts, wording
from healthscore.pipelines.auditing.acttables import interventions
from healthscore.pipelines.cardviews import card_view
from healthscore.pipelines.diagnosticviews import diagnostic_view
from healthscore.pipelines.growth.page import growth_view
from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.publish import plain
from healthscore.pipelines.validation.page import validation_view

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
ACCOUNTS_OPEN = 10
"""Accounts shown at once; the rest unfold, so that the page stays readable."""
Result = Mapping[str, Any]


def render_backtest(result: Result) -> str:
    """Give the report of a backtest's result as HTML.

    Sections whose part of the result is absent or null are left out.
    """
    result = plain(result)
    chosen, titles = views.named_models(result)
    rivals = [model for model in views.BASELINES if model in ((result.get("pooled") or {}).get("models") or {})]
    figures = {
        "capture": charts.capture(result, chosen, titles),
        "origins": charts.origins(result, chosen, titles, rivals),
        "calibration": charts.calibration(result),
        "roc": charts.roc(result, chosen, titles),
    }
    return render_page("backtest.html.j2", result, backtest_view(result), figures)


def render_validation(result: Result) -> str:
    """Give the report of a validated score history as HTML."""
    result = plain(result)
    titles = {"score": views.TITLES["score"]}
    figures = {
        "weight_ranges": weightcharts.weights(result),
        "capture": charts.capture(result, "score", titles),
        "deciles": charts.deciles(result),
        "origins": charts.origins(result, "score", titles, []),
        "roc": charts.roc(result, "score", titles),
    }
    view = validation_view(result)
    return render_page("validation.html.j2", result, view | {"sections": sections(view["present"], result)}, figures)


def write_report(html: str, path: Path) -> None:
    """Write a page byte for byte: its scripts are allowed by their hashes, which other line ends would change."""
    path.write_text(html, encoding="utf-8", newline="")


def backtest_view(result: Result) -> dict[str, Any]:
    """What `backtest.html.j2` shows; `result` is of JSON's types only."""
    chosen, titles = views.named_models(result)
    said = result.get("headline") or {}
    tone, mark, headline = {
        True: ("good", "Confirmed by what happened", "The score beats the best simple rule."),
        False: ("risk", "Contradicted by what happened", "The score does worse than a simple rule."),
        None: ("caution", "Not confirmed", "The score is not shown to beat a simple rule."),
    }[said.get("better")]
    models = (result.get("pooled") or {}).get("models") or {}
    worst = [_worst(one, result) for one in result.get("worst") or []]
    sentences = list(said.get("sentences") or [])
    compared = [name for name in views.COMPARED if any(figures.get(name) for figures in models.values())]
    curves = (result.get("curves") or {}).get("capture") or {}
    gain = words_in(result)["gain"]
    view = views.shared(result, chosen) | {
        "kind": "Backtest of a forecast" if gain else "Backtest of a health score",
        "asked": views.lead_words(result),
        "tone": tone,
        "mark": mark,
        "headline": headline.replace("The score", "The forecast") if gain else headline,
        "sentences": sentences,
        "tiles": tiles.tiles(result, chosen),
        "components": _components(result),
        "card": card_view(result, chosen),
        "worst": worst,
        "worst_open": ACCOUNTS_OPEN,
        "why": _why(result, titles.get(chosen, chosen)),
        "compared": compared,
        "comparison": [
            {"title": titles.get(model, model), "chosen": model == chosen, "figures": figures}
            for model, figures in models.items()
            if compared
        ],
        "contrasted": views.CONTRASTED,
        "differences": views.difference_rows(result),
        "chosen_title": titles.get(chosen, chosen),
        "stability": _stability_words(result),
        "diagnostics": diagnostic_view(result),
        "growth": growth_view(result),
        "treated": interventions(result) if result.get("interventions") else None,
    }
    present = {
        "bands": ("Bands", view["bands"]),
        "scorecard": ("Scorecard", view["card"]),
        "found": (f"{str(view['words']['those']).capitalize()} found", curves.get(chosen)),
        "early": ("Warning", view["lead"]),
        "moves": ("Drivers", view["components"]),
        "dates": ("Dates", view["origins"]),
        "accounts": ("Accounts", worst),
        "segments": ("Segments", result.get("segments")),
        "treated": ("Interventions", view["treated"]),
    }
    return view | {"sections": sections(present, result)}


def sections(present: Mapping[str, tuple[str, object]], result: Result) -> list[tuple[str, str]]:
    """Anchors and words of the navigation: the sections that there are."""
    shown = [("verdict", "Verdict"), *((anchor, word) for anchor, (word, there) in present.items() if there)]
    data = [("data", "Data")] if result.get("data") or result.get("snapshots") else []
    return [*shown, ("details", "Details"), *data, ("reading", "How to read")]


def _why(result: Result, title: str) -> str:
    why = (result.get("choice") or {}).get("why")
    return "" if not why else f"Chosen: {title}. {wording.capital(str(why))}".rstrip(".") + "."


def _stability_words(result: Result) -> str:
    """How far scores moved from date to date."""
    stability = result.get("stability") or {}
    said = []
    flips = stability.get("band_flips")
    if isinstance(flips, Mapping) and flips.get("rate"):
        flips = flips["rate"]
    if isinstance(flips, Mapping) and flips.get("estimate") is not None:
        said.append(
            f"From one date to the next, {wording.figure(flips, 'percent')} of the accounts changed their band."
        )
    elif isinstance(flips, int | float):
        said.append(f"From one date to the next, {wording.percent(flips)} of the accounts changed their band.")
    if stability.get("psi") is not None:
        psi = stability["psi"]
        word = "steady" if psi < 0.1 else "some shift" if psi < 0.25 else "a clear shift"
        said.append(f"Population stability index between neighbouring dates at most {wording.number(psi, 2)}: {word}.")
    return " ".join(said)


def _components(result: Result) -> list[dict[str, Any]]:
    rows = result.get("components") or []
    top = max((row["share"] for row in rows), default=0.0) or 1.0
    return [{**row, "mean_points": row.get("mean_points"), "width": round(100 * row["share"] / top, 2)} for row in rows]


def _worst(one: Mapping[str, Any], result: Result) -> dict[str, Any]:
    tones = {band["name"]: band["tone"] for band in views.shared(result, "")["bands"]}
    about = [str(one[key]) for key in ("segment", "owner") if one.get(key)]
    drivers = [{"sentence": None, "component": None, **driver} for driver in one.get("drivers") or []]
    optional = {key: one.get(key) for key in ("name", "probability", "outcome")}
    return {
        **one,
        **optional,
        "about": " · ".join(about),
        "tone": tones.get(one.get("band"), "risk"),
        "drivers": drivers,
    }


def render_page(
    template: str,
    result: Result,
    view: Mapping[str, Any],
    figures: Mapping[str, charts.Spec | None],
    beside: tuple[str, ...] = (),
) -> str:
    """Give a page as HTML: a template that extends `page.html.j2`, what it shows, and its figures by name.

    `result` is of JSON's types only (`plain`); figures that are None are left out. `beside` names style sheets and
    scripts among the templates that only this page has; scripts need a figure to stand beside.
    """
    from importlib.metadata import version

    from markupsafe import Markup

    drawn = {name: Markup(json_block(spec)) for name, spec in figures.items() if spec is not None}  # noqa: S704 - escaped
    scripts = _scripts(*(name for name in beside if name.endswith(".js"))) if drawn else ()
    styles = ("report.css", *(name for name in beside if name.endswith(".css")))
    return (
        _environment()
        .get_template(template)
        .render(
            result=result,
            view=view,
            figures=drawn,
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
            style=Markup("".join(map(_own, styles))),  # noqa: S704 - our own files
            policy=policy(scripts),
            version=version("healthscore"),
        )
    )


def json_block(content: Any) -> str:
    """JSON that is inert inside an HTML script block: nothing in it can end the block or begin another."""
    return json.dumps(content, allow_nan=False, ensure_ascii=False).translate(ESCAPES)


def policy(scripts: tuple[str, ...]) -> str:
    """The page's content security policy: nothing is fetched, and only these scripts run."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _scripts(*names: str) -> tuple[str, ...]:
    """Plotly, scripts of one page, and what draws the figures, which then knows what is hidden."""
    from plotly.offline import get_plotlyjs

    # A browser reads every line end as one line feed, and hashes what it read.
    texts = (get_plotlyjs(), *map(_own, names), _own("report.js"))
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n") for text in texts)


def _own(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "written": lambda value, kind="number", digits=1: wording.figure({"estimate": value}, kind, digits),
        "spread": wording.spread,
        "day": wording.day_text,
        "reason": views.reason,
        "metric": views.metric_title,
        "meaning": views.metric_meaning,
        "as_metric": lambda value, name: wording.figure({"estimate": value}, *views.metric_kind(name)),
        "metric_spread": lambda figure, name: wording.spread(figure, *views.metric_kind(name)),
        "signed_metric": _signed_metric,
        "signed": lambda value: _signed(wording.number(value, 1), value),
    }
    return environment


def _signed_metric(value: float | None, name: str) -> str:
    """A difference of a metric; shares differ by percentage points."""
    text = wording.figure({"estimate": value}, *views.metric_kind(name))
    return _signed(text.replace(f"{wording.NARROW}%", " points"), value)


def _signed(text: str, value: float | None) -> str:
    return f"+{text}" if value is not None and value > 0 else text
