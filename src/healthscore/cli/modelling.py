"""Commands about models: train, backtest, and the demonstration that runs the whole job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from healthscore.cli.growth import growth_learned, show_growth, show_growth_backtest
from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile, Shareable, write_shareable
from healthscore.cli.publishing import show_rest, show_scores
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table
from healthscore.cli.weights import show_weights

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
    weighed = healthscore.recalibrate(run, progress=listen)
    book = healthscore.report(run, progress=listen)
    if as_json:
        results = {"backtest": tested.result, "train": trained.result, "score": scored.result}
        emit(results | {"recalibrate": weighed.result, "report": book.result})
        return
    show_backtest(tested.result)
    paragraph(*(f"warning: {text}" for text in trained.result["warnings"]))
    show_scores(scored)
    show_growth(scored.result, scored.scores)
    show_rest(scored.result)
    say("The weights of the scorecard that the company had picked by hand", "")
    show_weights(weighed.result)
    say(
        f"report  {near(tested.directory / 'report.html')}",
        f"weights {near(weighed.directory / 'report.html')}",
        f"scores  {near(scored.directory / 'scores.csv')}",
        f"model   {near(trained.bundle)}",
        f"run     {near(run.path)}",
        f"book    {near(book.path)}",
        "",
        f"The book is a page for everybody; healthscore dashboard {near(run.path)} shows more.",
    )


def train(
    run: RunFile = None,
    workers: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Grow the trees on all snapshots by the workers of this Dask scheduler; local:2 for two here.",
            show_default=False,
        ),
    ] = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Fit, choose and calibrate the model on everything known, and save it as a bundle."""
    import healthscore

    made = healthscore.train(run, data=data, out=out, workers=workers, progress=progress(as_json))
    if as_json:
        emit(made.result)
        return
    result = made.result
    training = result["training"]
    paragraph(
        f"{result['choice']['title']}: {result['choice']['why']}",
        f"learned from {training['n']:,} snapshots of {training['first']} to {training['last']}, "
        f"{training['events']:,} {result['outcome']['words']['events']} of {training['exiting_accounts']:,} accounts",
        *_grown_by(training["workers"]),
        *_sure(result["uncertainty"]),
        *growth_learned(result["growth"]),
        *(f"warning: {text}" for text in result["warnings"]),
    )
    say(
        f"bundle  {near(made.bundle)}",
        f"version {result['version']} (`healthscore models list` tells which one scores)",
    )


def _grown_by(workers: Mapping[str, Any] | None) -> list[str]:
    """What trees learned that workers grew, in a line; none without workers."""
    if workers is None:
        return []
    return [f"its trees grew on {workers['n']:,} snapshots, shared by {len(workers['rows'])} workers"]


def _sure(told: Mapping[str, Any] | None) -> list[str]:
    """How sure the scores are, in a line; none where nothing was fitted again."""
    if told is None:
        return []
    stable = f"{told['band_stability']:.0%} of the accounts keep their band, {told['driver_stability']:.0%} their first"
    return [
        f"fitted again on resampled accounts, {told['refits']} times: half of the scores are known to within "
        f"{told['median_half_width']:.1f} points; in nine of ten refits {stable} driver"
    ]


def backtest(
    run: RunFile = None,
    shareable: Shareable = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Hold the score against what happened, at every past date, with only what was known then."""
    import healthscore

    made = healthscore.backtest(run, data=data, out=out, progress=progress(as_json))
    write_shareable(made.directory, shareable)
    if as_json:
        emit(made.result)
        return
    show_backtest(made.result)
    say(f"report  {near(made.directory / 'report.html')}")


def show_backtest(result: Mapping[str, Any]) -> None:
    """Print the headline, the models and the bands."""
    from healthscore.pipelines.wording import figure

    paragraph("", *result["headline"]["sentences"])
    models = result["pooled"]["models"]
    rows = [
        (
            name + (" *" if name == result["chosen"] else ""),
            figure(models[name]["auc"], digits=3),
            figure(models[name]["log_loss"], digits=3),
            figure(models[name]["lift_10"], digits=1),
        )
        for name in SHOWN
        if name in models
    ]
    pooled = result["pooled"]
    words = result["outcome"]["words"]
    one = f"{'an' if words['event'][0] in 'aeiou' else 'a'} {words['event']}"
    title = f"{pooled['n']:,} snapshots, {pooled['events']:,} with {one}, {len(result['origins'])} dates"
    table(title, ("model", "AUC", "log-loss", "lift at 10 %"), rows)
    paragraph(result["price_of_additivity"]["sentence"], result["calibration"]["sentence"])
    bands = [
        (b["name"], f"{b['low']:g}-{b['high']:g}", f"{b['n']:,.0f}", figure(b["rate"], "percent"))
        for b in result["bands"]
    ]
    if bands:
        meant = f"What the bands meant ({result['outcome']['sentence']})"
        table(meant, ("band", "score", "snapshots", words["did"]), bands)
    show_growth_backtest(result["growth"])
    paragraph(*(f"warning: {text}" for text in result["warnings"]))
