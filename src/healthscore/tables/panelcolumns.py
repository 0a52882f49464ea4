"""Columns of a ready-made panel: dates without a time of day, features that are numbers, outcomes that are 0 or 1.

A panel is bound like every table. What is special about it is said here, as expressions with guards: a value that is
none of these becomes empty, and the guard takes its row out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from healthscore.asof import DAY_MICROSECONDS
from healthscore.config import PANEL
from healthscore.tables.expression_casts import DECIMAL, ISO_DATE
from healthscore.tables.expressions import Compiled, Guard, listed, nearest_name
from healthscore.tables.moments import ISO_MIDNIGHT
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_literal
from healthscore.tables.sorts import Sort
from healthscore.tables.texts import tidy_text

_PLACES = {
    f"[sources.{PANEL}.columns]": "[panel]",
    f"[sources.{PANEL}]": "[panel]",
    "columns.": "",
}


def absent_features(features: Mapping[str, str], available: Mapping[str, object]) -> Iterator[Problem]:
    """Features that the run names and the file does not have, each with the nearest column."""
    for feature in features:
        if feature not in available:
            near = nearest_name(feature, available)
            hint = f"; did you mean {near!r}?" if near else ""
            rule = (
                f"[panel.components] names the column {feature!r}, which is not there{hint}; found {listed(available)}"
            )
            remedy = f"name {near!r} instead, or leave it out" if near else "mend the name, or leave it out"
            yield Problem("missing_column", "error", PANEL, feature, rule=rule, remedy=remedy)


def panel_column(column: str, compiled: Compiled, time_format: str | None) -> Compiled | Problem:
    """A column of the contract: `as_of` as whole days, `outcome` as 0 and 1, the others as they are."""
    if column == "as_of":
        return _whole_days(compiled, time_format)
    return _zero_or_one(compiled) if column == "outcome" else compiled


def feature_column(feature: str, compiled: Compiled) -> Compiled | Problem:
    """A feature as a number; NaN, which is how numbers say that there is none, is empty.

    Texts are numbers with a decimal point, truths are 0 and 1; a column of anything else is a problem.
    """
    value = _number(compiled)
    if value is None:
        rule = f"a feature is a number; {feature} is {compiled.sort.value}"
        remedy = "turn it into a number, such as one 0/1 column per name, or leave it out of [panel.components]"
        return Problem("feature_not_number", "error", PANEL, feature, rule=rule, remedy=remedy)
    empty = "leave the cell empty where a value is not known"
    guards = [Guard(f"isinf({value})", compiled.text, "number_not_finite", "a feature is a finite number", empty)]
    if compiled.sort is Sort.TEXT:
        text = tidy_text(f"({compiled.sql})")
        rule = "a feature is a number: digits with '.' as decimal mark; no words, blanks or thousands marks"
        remedy = f"{empty}; a column of names becomes one 0/1 column per name, or is left out of [panel.components]"
        unread = f"({text}) IS NOT NULL AND ({value}) IS NULL"
        guards.insert(0, Guard(unread, compiled.text, "feature_not_number", rule, remedy))
    finite = f"CASE WHEN isfinite({value}) THEN {value} END"
    return replace(compiled, sql=finite, sort=Sort.NUMBER, guards=(*compiled.guards, *guards))


def in_words_of_panel(problem: Problem) -> Problem:
    """The problem with the keys of `[panel]`, where a person wrote them, for those of the source that it becomes."""
    rule, remedy = problem.rule, problem.remedy
    for place, said in _PLACES.items():
        rule, remedy = rule.replace(place, said), remedy.replace(place, said)
    return replace(problem, rule=rule, remedy=remedy)


def _number(compiled: Compiled) -> str | None:
    """SQL of a value as a double, NULL where it is no number; None if values of this sort are none."""
    if compiled.sort is Sort.TEXT:
        text = tidy_text(f"({compiled.sql})")
        return f"CASE WHEN regexp_full_match({text}, '{DECIMAL}') THEN TRY_CAST({text} AS DOUBLE) END"
    if compiled.sort in {Sort.INTEGER, Sort.NUMBER, Sort.BOOLEAN, Sort.NULL}:
        return f"CAST(({compiled.sql}) AS DOUBLE)"
    return None


def _zero_or_one(compiled: Compiled) -> Compiled | Problem:
    rule = "an outcome is 1 where it happened, 0 where it did not, and empty where that is not known"
    value = _number(compiled)
    if value is None:
        remedy = 'write it so, such as `outcome = "CASE WHEN left_on IS NULL THEN 0 ELSE 1 END"` in [panel]'
        return Problem("outcome_value", "error", PANEL, "outcome", rule=rule, remedy=remedy)
    given = tidy_text(f"({compiled.sql})") if compiled.sort is Sort.TEXT else value
    other = f"({given}) IS NOT NULL AND COALESCE(({value}) NOT IN (0, 1), TRUE)"
    if compiled.sort is not Sort.TEXT:
        other += f" AND NOT isnan({value})"
    remedy = "mend the values, or name another column as `outcome` in [panel]"
    guard = Guard(other, compiled.text, "outcome_value", rule, remedy, limit=0.0)
    known = f"CASE WHEN ({value}) IN (0, 1) THEN CAST({value} AS BIGINT) END"
    return replace(compiled, sql=known, sort=Sort.INTEGER, guards=(*compiled.guards, guard))


def _whole_days(compiled: Compiled, time_format: str | None) -> Compiled | Problem:
    """Dates, and timestamps at midnight, as dates: it is not for us to say what half past nine was meant to be."""
    value, sort = f"({compiled.sql})", compiled.sort
    rule = "an as-of date is a date without a time of day: the snapshot is taken when that day begins"
    remedy = 'write dates such as 2024-01-31; texts of another form are read by `time_format = "%d/%m/%Y"` in [panel]'
    if sort is Sort.DATE:
        return compiled
    if time_format is not None and sort in {Sort.TEXT, Sort.INTEGER}:
        moment = f"try_strptime(CAST({value} AS VARCHAR), {quote_literal(time_format)})"
        day = _midnight(moment)
    elif sort is Sort.TEXT:
        text = tidy_text(value)
        shaped = f"regexp_full_match({text}, '{ISO_DATE}|{ISO_MIDNIGHT}')"
        value, day = f"({text})", f"CASE WHEN {shaped} THEN TRY_CAST(left({text}, 10) AS DATE) END"
    elif sort in {Sort.TIMESTAMP, Sort.INSTANT}:
        day = _midnight(value)
    else:
        return Problem("as_of_not_date", "error", PANEL, "as_of", rule=f"{rule}; it is {sort.value}", remedy=remedy)
    guard = Guard(f"{value} IS NOT NULL AND ({day}) IS NULL", compiled.text, "as_of_not_date", rule, remedy, limit=0.0)
    return replace(compiled, sql=day, sort=Sort.DATE, guards=(*compiled.guards, guard))


def _midnight(moment: str) -> str:
    """SQL: the date of a moment at midnight, by its own clock or in UTC; NULL of any other."""
    return f"CASE WHEN epoch_us({moment}) % {DAY_MICROSECONDS} = 0 THEN CAST({moment} AS DATE) END"
