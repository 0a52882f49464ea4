"""The page `docs/validity.md` and its machine-readable twin, written from the outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from validity.lines import Line
from validity.runner import Key, outcomes
from validity.suite import Suite

HEAD = """<!-- Written by `make validity`; do not edit. -->
# Do the statistics hold?

The method promises how often an interval holds the truth, how often a needless change is recommended, and how often a
real one is found. `make validity` measures it on simulated companies whose truth is known, with two processes for about
{minutes}; it can be stopped and goes on where it was. A missed threshold is shown as missed.

*Exits* are different accounts that left (one that is about to leave is counted on two or three monthly dates). *Limits*
are exact binomial (Clopper-Pearson) 95 % limits of a share, and 95 % intervals of a mean. The seeds are fixed, and so
is everything that follows from them.

"""
QUESTIONS = {
    "T8": "where nothing predicts, nothing is found",
    "T10": "intervals clustered by account hold the truth",
    "T11": "equally good scores are left equal",
    "T28": "intervals of validated weights hold the planted ones",
    "T29": "weights of learned sub-scores come near the planted ones",
    "T30": "components that move together have wider intervals and are told jointly",
    "T31": "right weights are left alone, wrong ones changed",
    "T32": "a sub-score that is upside down is flagged",
    "T33": "a change is never more than asked, in steps of 5 points",
    "T34": "among untreated accounts a true score has the slope 1",
    "T90": "the audit leaves a good score alone and finds a broken one",
    "T91": "what comes lies in the range that calibrated probabilities promise",
    "T92": "what moved is found, and what did not is left alone",
}
SUMMARY = """## Summary

The least and the greatest of all figures that a threshold is held against; one by one, they are below.

"""
SUBSCORES = """## From known sub-scores

Monthly snapshots of simulated companies with the sub-scores that somebody would see who sees through all noise, {seeds}
seeds each. The truth of a weight is the fit to 400,000 accounts of the same world, dates and horizon; its own standard
error is a tenth of a point.

"""
END_TO_END = """## End to end

Raw tables of a simulated company, and `healthscore recalibrate` on them: features, scorecard, model, decision. {seeds}
seeds per world. The scorecard is the shipped `seven_components`, weighed 20/20/20/15/10/10/5 by hand; *learned* is
without one, and there the component that was planted as the first has to come out first. Sub-scores are made of noisy
signals, some of which show several of the planted states at once (whoever does more also uses more features): the
planted weights are not their truth. What is, is estimated by the mean over all seeds.

"""


def measured_lines(
    suites: Sequence[Suite], recorded: Mapping[Key, dict[str, Any]], seeds: int | None
) -> list[tuple[Suite, list[Line]]]:
    """Lines of every suite that has outcomes."""
    answer = []
    for suite in suites:
        said = outcomes(suite, recorded, suite.seeds if seeds is None else min(seeds, suite.seeds))
        if said:
            answer.append((suite, suite.lines(said)))
    return answer


def verdict(suite: Suite, line: Line, said: int) -> str:
    """Say what a line says of its threshold; nothing passes before all seeds are there."""
    if said < suite.seeds:
        return f"unfinished ({said} of {suite.seeds} seeds)"
    if line.passed is None:
        return ""
    return "yes" if line.passed else "**missed**"


def rows_of(suites: Sequence[Suite], recorded: Mapping[Key, dict[str, Any]], seeds: int | None) -> list[dict[str, Any]]:
    """Every line as plain values: the machine-readable table."""
    rows = []
    for suite, lines in measured_lines(suites, recorded, seeds):
        said = len(outcomes(suite, recorded, suite.seeds if seeds is None else min(seeds, suite.seeds)))
        rows += [
            {"suite": suite.name, "end_to_end": suite.end_to_end, "verdict": verdict(suite, line, said)}
            | line.as_dict()
            for line in lines
        ]
    return rows


def page(suites: Sequence[Suite], rows: Sequence[Mapping[str, Any]], minutes: str) -> str:
    """Write the page."""
    text = HEAD.format(minutes=minutes) + SUMMARY + _summary(rows) + "\n"
    for title, end_to_end in ((SUBSCORES, False), (END_TO_END, True)):
        chosen = [row for row in rows if row["end_to_end"] is end_to_end]
        seeds = Counter(suite.seeds for suite in suites if suite.end_to_end is end_to_end)
        if chosen:
            text += title.format(seeds=seeds.most_common(1)[0][0]) + _table(chosen) + "\n"
    return text


def _summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line per test and threshold."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if not row["end_to_end"] and row["passed"] is not None:
            key = (row["test"], row["threshold"].removeprefix("each "), row["unit"])
            groups.setdefault(key, []).append(row)
    lines = ["| test | what it shows | threshold | measured | holds |", "|---|---|---|---|---|"]
    for (test, threshold, unit), chosen in groups.items():
        figures = sorted(figure for row in chosen for figure in row["figures"])
        ends = f"{figures[0]:g}" if figures[0] == figures[-1] else f"{figures[0]:g} to {figures[-1]:g}"
        unfinished = any(row["verdict"].startswith("unfinished") for row in chosen)
        missed = sum(row["verdict"] == "**missed**" for row in chosen)
        told = f"**missed** in {missed} of {len(chosen)}" if missed else "yes"
        told = "unfinished" if unfinished else told
        lines.append(f"| {test} | {QUESTIONS.get(test, '')} | {threshold} | {ends}{unit} | {told} |")
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| test | what it shows | threshold | measured | limits | holds |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row['test']} | {row['shows']} | {row['threshold']} | {row['measured']} | {row['limits']} "
        f"| {row['verdict']} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
