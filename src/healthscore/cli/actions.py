"""What the terminal shows of what to do: what comes first, how much there is, and what nobody looks after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from healthscore.cli.terminal import paragraph, table

FIRST = 5
"""Things to do that are shown; the lists have all."""


def show_actions(actions: Mapping[str, Any], directory: Path) -> None:
    """Print the first things to do, and how much is on the lists.

    Parameters
    ----------
    actions
        The section `actions` of a publication's result.
    directory
        The publication, which holds the lists.
    """
    import pandas as pd

    if not actions["playbooks"]:
        paragraph(
            "",
            "No playbooks, so nothing is on a worklist: "
            'include = ["healthscore:pipelines/playbooks/general.toml"] in the run has some',
        )
        return
    listed = pd.read_csv(directory / "worklist.csv", dtype={"account_id": str, "owner": str}, keep_default_na=False)
    fits = listed[listed["within_capacity"]]
    first = fits.sort_values(["priority", "revenue_at_risk"], ascending=[True, False], kind="stable").head(FIRST)
    rows = [(one["account_id"], one["action"], one["owner"], one["due"]) for one in first.to_dict("records")]
    table("What to do first", ("account", "action", "owner", "by"), rows, left=3)
    paragraph(*_said(actions))


def show_path(path: Mapping[str, Any] | None) -> None:
    """Print what would bring an account to the next band; nothing for one in the top band."""
    if path is not None:
        paragraph("", f"Path to the next band, as accounts like it are: {path['said']}")


def _said(actions: Mapping[str, Any]) -> list[str]:
    """The worklists in sentences."""
    from healthscore.pipelines.wording import count, plural

    waiting = f", {count(actions['waiting'])} more wait for room" if actions["waiting"] else ""
    said = [
        f"{plural(actions['listed'], 'thing')} to do for {plural(actions['owners'], 'owner')}{waiting}: "
        "worklist.csv, worklists/index.csv"
    ]
    if actions["without_owner"]:
        nobodys = plural(actions["without_owner"], "account")
        said.insert(0, f"{nobodys} with something to do, and nobody who owns it: worklists/001.csv")
    risk = actions["revenue_at_risk"]
    if risk["value"] and risk["by_probability"]:
        share = risk["at_risk"] / risk["value"]
        said.append(f"at risk: {count(risk['at_risk'])} of {count(risk['value'])} a month ({share:.1%})")
    if actions["renewals"]:
        said.append(f"{plural(actions['renewals'], 'renewal')} within {actions['renewal_days']} days: renewals.csv")
    if actions["overrides"]["shown"]:
        said.append(f"{plural(actions['overrides']['shown'], 'score')} that a person sees otherwise (override_health)")
    if actions["paths"]["accounts"]:
        found = f"{count(actions['paths']['found'])} of {count(actions['paths']['accounts'])}"
        said.append(f"a path to the next band for {found} accounts: paths.csv (what healthier ones are like)")
    return said
