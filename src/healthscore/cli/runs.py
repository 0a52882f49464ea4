"""`healthscore runs`: finished runs, made again and told apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from healthscore.cli.groups import WholeSentences
from healthscore.cli.options import AsJson, DataRoot, RunFile
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table

runs = typer.Typer(
    name="runs",
    help="Finished runs: list, check and clean them up, make one again, tell two apart.",
    cls=WholeSentences,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="Name of a finished run, or its directory.")]
Results = Annotated[
    Path | None, typer.Option("--out", help="Where the results lie, if not where the run says.", show_default=False)
]


@runs.callback()
def group() -> None:
    """Finished runs: list, check and clean them up, make one again, tell two apart."""


@runs.command()
def reproduce(
    run_id: RunId, run: RunFile = None, data: DataRoot = None, out: Results = None, as_json: AsJson = False
) -> None:
    """Do a finished run again from its run.json and compare every file, byte by byte.

    Exit code 0: identical. 2: not, with what differs.
    """
    import healthscore

    found = healthscore.reproduce(run_id, run, data=data, out=out, progress=progress(as_json))
    if as_json:
        emit(found.result)
    else:
        _show_reproduction(found.result)
    if not found.identical:
        raise typer.Exit(2)


@runs.command()
def compare(
    a: RunId,
    b: RunId,
    run: RunFile = None,
    out: Results = None,
    everything: Annotated[bool, typer.Option("--all", help="Every figure that differs, not only the first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what two finished runs have different: inputs, configuration, versions, and the figures side by side."""
    import healthscore

    found = healthscore.compare_runs(a, b, run, out=out)
    if as_json:
        emit(found.result)
        return
    result = found.result
    shown = found.shown()
    if everything:
        shown |= {key: (pair["a"], pair["b"]) for key, pair in result["figures"].items() if key in result["moved"]}
    _show_comparison(result, shown)


def _show_reproduction(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.wording import plural

    name = f"{result['verb']} {result['identity']}"
    _show_then_and_now(result)
    if result["forgotten"]:
        gone = plural(result["forgotten"], "account was", "accounts were")
        paragraph(f"{gone} forgotten since, and removed from it: it cannot be made again.")
    if not result["done_again"]:
        paragraph(f"{name} was not done again: what it read is no longer there as it was.")
        return
    other = {file: said for file, said in result["files"].items() if said != "identical"}
    if other:
        table("Files that differ", ("file", "what"), list(other.items()), left=2)
    same, of = len(result["files"]) - len(other), len(result["files"])
    if result["identical"]:
        paragraph(f"{name}: done again from its record, all {of} files are identical.")
    else:
        paragraph(f"{name}: done again from its record, {same} of {of} files are identical.")


def _show_then_and_now(result: Mapping[str, Any]) -> None:
    """What is no longer as the record says."""
    from healthscore.pipelines.displays.kept import then_and_now

    if result["edited"]:
        paragraph(f"Not as it was published: {', '.join(result['edited'])}.")
    rows = then_and_now(result)
    if rows:
        table("Not as it was then", ("what", "then", "now"), rows, left=3)


def _show_comparison(result: Mapping[str, Any], shown: Mapping[str, tuple[Any, Any]]) -> None:
    from healthscore.pipelines.displays.kept import brief, measured
    from healthscore.pipelines.runs.compare import SECTIONS

    names = [f"{one['verb']} {one['identity']}" for one in result["runs"]]
    say(*(f"{letter}  {near(one['directory'])}" for letter, one in zip("AB", result["runs"], strict=True)))
    for section in SECTIONS:
        if result[section]:
            rows = [(key, brief(pair["a"]), brief(pair["b"])) for key, pair in result[section].items()]
            table(section.capitalize(), ("", "A", "B"), rows, left=3)
    equal = [section for section in SECTIONS if not result[section]]
    if equal:
        paragraph("", f"The same in both: {', '.join(equal)}.")
    if not result["same_code"]:
        paragraph("They were made by different code of this package.")
    if shown:
        sides = [(key, measured(a), measured(b), "" if a == b else "*") for key, (a, b) in shown.items()]
        table("Figures (* differ)", ("", "A", "B", ""), sides)
    rest = len([key for key in result["moved"] if key not in shown])
    if rest:
        paragraph(f"{rest:,} more figures differ: --all shows them.")
    if result["same"]:
        paragraph(f"{names[0]} and {names[1]} do not differ.")
