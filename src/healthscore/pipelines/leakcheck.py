"""The leak check: whether anything in a run's tables tells the past what happened later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.config import Run
from healthscore.errors import HealthScoreError
from healthscore.pipelines.build import build_book
from healthscore.pipelines.leaks import EVIDENCE, OF_PANELS
from healthscore.pipelines.leaks.findings import Finding, of_tables
from healthscore.pipelines.leaks.kept import with_rows_kept
from healthscore.pipelines.leaks.material import Material
from healthscore.pipelines.progress import Progress, silent
from healthscore.tables import Problem, Tables


def find_leaks(
    run: Run, tables: Tables, *, kinds: Sequence[str] = tuple(EVIDENCE), progress: Progress = silent
) -> dict[str, Any]:
    """Take every kind of evidence (or the named ones) from a run's tables.

    Returns
    -------
    dict
        `leaks` and `questions`: code, where, evidence, remedy; `replay`: dates, cells, differing (None where it was not
        made); `checked`: what was looked at, in words, also where nothing was found or could be asked.

    Raises
    ------
    HealthScoreError
        The book cannot be built.
    """
    found: list[Finding] = []
    checked: list[str] = []
    figures: dict[str, Any] = {"replay": None}
    asked = [kind for kind in EVIDENCE if kind in kinds and (run.panel is None or kind in OF_PANELS)]
    left_out = [kind for kind in EVIDENCE if kind in kinds and kind not in asked]
    if left_out:
        checked.append(f"{', '.join(left_out)}: not asked, because the features were computed elsewhere")
    with with_rows_kept(tables) as kept:
        material = Material(run, kept, build_book(run, kept, progress=progress))
        for kind in asked:
            with progress(f"looking for leaks: {kind}"):
                evidence = EVIDENCE[kind](material)
            found += evidence.findings
            checked += evidence.checked
            figures |= evidence.figures
    found = of_tables(found, run)
    return {
        "leaks": [finding.to_dict() for finding in found if finding.severity == "leak"],
        "questions": [finding.to_dict() for finding in found if finding.severity == "question"],
        **figures,
        "checked": checked,
    }


def leak_section(run: Run, tables: Tables, checked: Mapping[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """What a check's result says of leaks: what `find_leaks` finds, or why it cannot be asked.

    What then turns out to be impossible joins the faults that the check has found already.
    """
    nothing: dict[str, Any] = {"leaks": [], "questions": [], "replay": None}
    reasons = {
        "the run has no [outcome]": run.outcome is None,
        "the run has no dates, [as_of]": not run.dated,
        "of the errors above": not checked["ok"],
    }
    if reason := next((reason for reason, holds in reasons.items() if holds), ""):
        return {**nothing, "checked": [f"nothing: leaks cannot be looked for, because {reason}"]}
    try:
        return find_leaks(run, tables, progress=progress)
    except HealthScoreError as error:
        fault = Problem("not_possible", "error", "leaks", rule=error.what, remedy=error.remedy)
        faults = [*checked["faults"], {**vars(fault), "lines": []}]
        return {**nothing, "checked": [f"nothing: {error.what}"], "faults": faults, "ok": False}
