"""What `check --leaks` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.cli.terminal import paragraph, say


def show_leaks(result: Mapping[str, Any]) -> None:
    """Print every leak with its evidence and remedy, the questions, and what was looked at."""
    for title, findings in (("LEAK", result["leaks"]), ("Question", result["questions"])):
        for finding in findings:
            paragraph("", f"{title}  {finding['where']}  [{finding['code']}]")
            paragraph(finding["evidence"], indent="  ")
            paragraph(f"remedy: {finding['remedy']}", indent="    ")
    say("", "Looked for leaks")
    for sentence in result["checked"]:
        paragraph(sentence, indent="  ")
    count = len(result["leaks"])
    asked = len(result["questions"])
    said = "no leak was found" if not count else "1 leak was found" if count == 1 else f"{count} leaks were found"
    if asked:
        said += f", and {asked} question{'s' if asked > 1 else ''} only you can answer"
    say(said)
