"""The leak check: whether anything in a run's tables tells the past what happened later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from healthscore.config import Run
from healthscore.pipelines.build import build_book
from healthscore.pipelines.leaks import EVIDENCE, OF_PANELS
from healthscore.pipelines.leaks.findings import Finding
from healthscore.pipelines.leaks.material import Material
from healthscore.pipelines.progress import Progress, silent
from healthscore.tables import Tables


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
    material = Material(run, tables, build_book(run, tables, progress=progress))
    found: list[Finding] = []
    checked: list[str] = []
    figures: dict[str, Any] = {"replay": None}
    for kind in (kind for kind in EVIDENCE if kind in kinds):
        if run.panel is not None and kind not in OF_PANELS:
            checked.append(f"{kind}: not asked, because the features were computed elsewhere")
            continue
        with progress(f"looking for leaks: {kind}"):
            evidence = EVIDENCE[kind](material)
        found += evidence.findings
        checked += evidence.checked
        figures |= evidence.figures
    return {
        "leaks": [finding.to_dict() for finding in found if finding.severity == "leak"],
        "questions": [finding.to_dict() for finding in found if finding.severity == "question"],
        **figures,
        "checked": checked,
    }
