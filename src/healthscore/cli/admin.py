"""`healthscore admin`: what the keeper of the results does, seldom and on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from healthscore.cli.groups import WholeSentences
from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, paragraph, progress, table

admin = typer.Typer(
    name="admin",
    help="For the keeper of the results: forget an account.",
    cls=WholeSentences,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@admin.callback()
def group() -> None:
    """For the keeper of the results: forget an account."""


@admin.command()
def forget(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, as in account_id.")],
    run: RunFile = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Remove an account from all results, keep it from coming back, and prove it by a search.

    Exit code 0: it is nowhere. 2: a file still names it.
    """
    import healthscore

    made = healthscore.forget(account, run, data=data, out=out, progress=progress(as_json))
    if as_json:
        emit(made.result)
    else:
        _show(made.result)
    if not made.proven:
        raise typer.Exit(2)


def _show(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.wording import count, plural

    again = "" if result["new"] else " (as it was before)"
    paragraph(
        f"The account is forgotten{again}: {plural(len(result['removed']), 'run')} about it removed, "
        f"{plural(len(result['changed']), 'file')} rewritten without it. It is left out of every table that is opened "
        "from now on."
    )
    paragraph(f"Proof: {plural(result['searched'], 'file')} searched, {count(len(result['left']))} hits.")
    if not result["telling"]:
        paragraph(
            "warning: its id is short, and stands for other things, too: it was looked for where ids stand, not in "
            "longer texts."
        )
    if result["left"]:
        table("It is still in", ("file", "why"), [(one["file"], one["why"]) for one in result["left"]], left=2)
    paragraph("", "Out of reach, and yours to do:", *(f"- {told}" for told in result["beyond"]))
