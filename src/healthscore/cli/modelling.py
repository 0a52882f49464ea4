"""Commands about models: train, backtest, and the demonstration that runs the whole job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.scoring import show_scores
from healthscore.cli.terminal import emit, progress, say, table

SHOWN = ("blend", "additive", "unconstrained", "logistic", "scorecard", "recency", "tenure", "base_rate")


def demo(
    out: Annotated[Path, typer.Option(help="Directory of the simulated company and its results.")] = Path("demo"),
    accounts: Annotated[int, typer.Option(min=200, help="How many accounts.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same company.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Simulate a company and run the whole job on it: backtest, training, scores, report."""
    from datetime import date

    import healthscore

    listen = progress(as_json)
    with listen("simulating a company"):
        made = healthscore.simulate("saas", accounts, seed, out)
    run = healthscore.load_run(made.directory / "healthscore.toml")
    tested = healthscore.backtest(run, progress=listen)
    trained = healthscore.train(run, progress=listen)
    last = date.fromisoformat(str(tested.result["data"]["data_end"]))
    scored = healthscore.score(run, as_of=last, progress=listen)
    if as_json:
        emit({"backtest": tested.result, "train": trained.result, "score": scored.result})
        return
    show_backtest(tested.result)
    show_scores(scored)
    say(
        f"report  {tested.directory / 'report.html'}",
        f"scores  {scored.directory / 'scores.csv'}",
        f"model   {trained.bundle}",
        f"run     {run.path}",
    )


def train(run: RunFile = None, data: DataRoot = None, out: OutRoot = None, as_json: AsJson = False) -> None:
    """Fit, choose and calibrate the model on everything known, and save it as a bundle."""
    import healthscore

    made = healthscore.train(run, data=data, out=out, progress=progress(as_json))
    if as_json:
        emit(made.result)
        return
    result = made.result
    training = result["training"]
    say(
        f"{result['choice']['title']}: {result['choice']['why']}",
        f"learned from {training['n']:,} snapshots of {training['first']} to {training['last']}, "
        f"{training['events']:,} exits of {training['exiting_accounts']:,} accounts",
        *(f"warning: {text}" for text in result["warnings"]),
        f"bundle  {made.bundle}",
    )


def backtest(run: RunFile = None, data: DataRoot = None, out: OutRoot = None, as_json: AsJson = False) -> None:
    """Hold the score against what happened, at every past date, with only what was known then."""
    import healthscore

    made = healthscore.backtest(run, data=data, out=out, progress=progress(as_json))
    if as_json:
        emit(made.result)
        return
    show_backtest(made.result)
    say(f"report  {made.directory / 'report.html'}")


def show_backtest(result: Mapping[str, Any]) -> None:
    """Print the headline, the models and the bands."""
    say("", *(text for text in result["headline"]["sentences"]), "")
    models = result["pooled"]["models"]
    rows = [
        (
            name + (" *" if name == result["chosen"] else ""),
            interval(models[name]["auc"], 3),
            interval(models[name]["log_loss"], 4),
            interval(models[name]["lift_10"], 2),
        )
        for name in SHOWN
        if name in models
    ]
    pooled = result["pooled"]
    title = f"{pooled['n']:,} snapshots, {pooled['events']:,} with an exit, {len(result['origins'])} dates"
    table(title, ("model", "AUC", "log-loss", "lift at 10 %"), rows)
    bands = [(b["name"], f"{b['low']:g}-{b['high']:g}", f"{b['n']:,.0f}", percent(b["rate"])) for b in result["bands"]]
    table(f"What the bands meant ({result['outcome']['sentence']})", ("band", "score", "snapshots", "left"), bands)
    for text in result["warnings"]:
        say(f"warning: {text}")


def interval(figure: Mapping[str, float | None], digits: int) -> str:
    """A figure with its interval."""
    if figure["estimate"] is None:
        return "not computable"
    shown = f"{figure['estimate']:.{digits}f}"
    if figure["low"] is None or figure["high"] is None:
        return shown
    return f"{shown} ({figure['low']:.{digits}f} to {figure['high']:.{digits}f})"


def percent(figure: Mapping[str, float | None]) -> str:
    """A rate with its interval, in per cent."""
    return interval({key: None if value is None else 100 * value for key, value in figure.items()}, 1) + " %"
