"""Commands about scores: score, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from healthscore.cli.actions import show_path
from healthscore.cli.growth import show_growth_explanation
from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile, as_date
from healthscore.cli.publishing import show_published
from healthscore.cli.terminal import emit, paragraph, progress, say, table
from healthscore.cli.trend import show_change
from healthscore.errors import ConfigurationError

AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="Midnight at the start of this date: YYYY-MM-DD.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A bundle, a version's number, champion or challenger; the champion if none, else the newest.",
        show_default=False,
    ),
]
Card = Annotated[
    str | None,
    typer.Option("--scorecard", help="Score by a scorecard alone: a TOML file, or a shipped one.", show_default=False),
]


def score(
    as_of: Annotated[
        list[str],
        typer.Option(
            "--as-of", metavar="DATE", help="Midnight at the start of this date: YYYY-MM-DD. Several with --backfill."
        ),
    ],
    run: RunFile = None,
    model: Model = None,
    scorecard: Card = None,
    backfill: Annotated[bool, typer.Option("--backfill", help="Score dates before the newest one.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Score again even what was scored already.")] = False,
    accounts: Annotated[
        str | None,
        typer.Option(
            "--accounts",
            metavar="ID[,ID]|@FILE",
            help="Score only these again, after a key event; all others keep their scores.",
            show_default=False,
        ),
    ] = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Score every account at a date, with the drivers of each score, and publish what readers follow.

    Scored already from the same tables: nothing to do, exit code 0. 75: another job is scoring the date.
    """
    import healthscore

    named = named_in(accounts)
    made = healthscore.score_dates(
        run,
        as_of=[as_date(text) for text in as_of],
        model=model,
        scorecard=scorecard,
        backfill=backfill,
        force=force,
        accounts=named,
        data=data,
        out=out,
        progress=progress(as_json),
    )
    if as_json:
        emit(made[0].result if len(made) == 1 else {"dates": [one.result for one in made]})
    else:
        show_published(made, named)


def named_in(accounts: str | None) -> list[str]:
    """Ids that are given after commas, or one per line of a file; none where nothing is given."""
    if accounts is None:
        return []
    given = accounts.split(",") if not accounts.startswith("@") else _lines(Path(accounts[1:]).expanduser())
    found = [one.strip() for one in given if one.strip()]
    if not found:
        raise ConfigurationError(f"--accounts {accounts!r} names nobody", "ID[,ID], or @FILE with one id per line")
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--accounts @{path} cannot be read: {error}", "one id per line, in UTF-8") from None


def explain(
    as_of: AsOf,
    words: Annotated[
        list[str], typer.Argument(metavar="[RUN] ACCOUNT", help="The account's id, after the run if one is named.")
    ],
    model: Model = None,
    scorecard: Card = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Take one account's score apart: points per component and feature, and the rows behind them."""
    import healthscore

    if len(words) > 2:
        raise ConfigurationError(f"{len(words)} names were given", "healthscore explain [RUN] ACCOUNT --as-of DATE")
    run = words[0] if len(words) == 2 else None
    made = healthscore.explain(
        words[-1],
        run,
        as_of=as_date(as_of),
        model=model,
        scorecard=scorecard,
        data=data,
        out=out,
        progress=progress(as_json),
    )
    if as_json:
        emit(made.result)
        return
    show_explanation(made.result)
    paragraph(*(f"warning: {text}" for text in made.result["warnings"]))


def show_explanation(result: dict[str, Any]) -> None:
    """Print one account: the sum that makes its score, the features behind it, the latest rows."""
    if result["health"] is None:
        say(f"{result['account_id']} is {result['status']}: it has a status, not a score")
        return
    card = result.get("scorecard")
    standing = f"health {result['health']:.1f} ({result['band']}, grade {result['grade']}), rank {result['rank']}"
    if card is None:
        standing += f", {100 * result['probability']:.1f} % risk in {result['period']}"
    else:
        standing += f", by {result['model']}" + (f" for {result['variant']}" if result["variant"] else "")
    paragraph(f"{result['account_id']}  {result['name'] or ''}".rstrip(), standing)
    if card is None:
        _show_sum(result)
    else:
        _show_card(result, card)
    if result["health_low"] is not None:
        between = f"{result['health_low']:.1f} to {result['health_high']:.1f}"
        paragraph(f"with other accounts to learn from, the score could be {between} (95 % interval)")
    if result["low_confidence"]:
        paragraph(f"low confidence: {result['low_confidence']}")
    told = [(f"{f['points']:+.1f}", f["sentence"]) for f in result["features"] if f["points"]][:12]
    table("Strongest features", ("points", "what was seen"), told, left=2)
    show_change(result.get("change"))
    show_path(result.get("path"))
    show_growth_explanation(result.get("growth"))
    for source, latest in result["latest"].items():
        paragraph(f"latest {source}: {'; '.join(map(row_in_words, latest[:3])) if latest else 'none'}")


def _show_sum(result: dict[str, Any]) -> None:
    """The sum that makes the score of a model."""
    rows = [("typical account", f"{result['base']:.1f}")]
    rows += [(name, f"{points:+.1f}") for name, points in _lowest_first(result)]
    if result["capped"]:
        rows.append(("end of the scale", f"{result['capped']:+.1f}"))
    table("", ("component", "points"), [*rows, ("health", f"{result['health']:.1f}")])


def _show_card(result: dict[str, Any], card: dict[str, Any]) -> None:
    """The sum that makes the score of a scorecard: what each component has, and takes from 100."""
    rows = [("all points", "", "", f"{result['base']:.1f}")]
    for name, points in _lowest_first(result):
        known = card[name]["subscore"]
        subscore = "not known" if known is None else f"{known:.1f}"
        lost = f"{points:+.1f}" if points else "0.0"
        rows.append((name.replace("_", " "), subscore, f"{card[name]['weight']:g}", lost))
    if result["cap"]:
        rows.append((f"rule: {result['cap']}", "", "", f"{result['capped']:+.1f}"))
    rows.append(("health", "", "", f"{result['health']:.1f}"))
    table("", ("component", "sub-score", "weight", "points"), rows)
    if result["cap"]:
        paragraph(f"{result['cap']}: {result['because']}")


def _lowest_first(result: dict[str, Any]) -> list[tuple[str, float]]:
    points: dict[str, float] = result["components"]
    return sorted(points.items(), key=lambda component: component[1])


def row_in_words(row: dict[str, Any]) -> str:
    """A raw row: its day and name, then what else it says, each after what it is."""
    told = [f"{row['day']} {row.get('name') or row.get('kind') or ''}".rstrip()]
    for column, value in row.items():
        if value is not None and column not in ("day", "name", "kind"):
            said = f"{value:g}" if isinstance(value, float) else value
            told.append(f"{'by' if column == 'actor_id' else column} {said}")
    return ", ".join(told)
