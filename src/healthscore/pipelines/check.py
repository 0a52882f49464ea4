"""What is there: sources inspected, coverage, base rates, and every fault with the line that would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from healthscore.config import Run, load_run
from healthscore.display import Display, Displayed
from healthscore.errors import HealthScoreError
from healthscore.features.attributerows import current_state
from healthscore.features.cells import source_accounts
from healthscore.features.planning import families_of, measures_of, plan_signals, silent_families
from healthscore.outcomes.snapshots import Label, Snapshots
from healthscore.pipelines import durable
from healthscore.pipelines.build import as_ofs_of, data_end_of, iso, snapshots_of
from healthscore.pipelines.coverage import Coverage, coverage_of, outage_line
from healthscore.pipelines.dropped import dropped_snapshots
from healthscore.pipelines.leakcheck import leak_section
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, plain, run_directory, run_identity, write_json
from healthscore.pipelines.rates import base_rates, rate_warnings
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.working import working
from healthscore.tables import Problem, Tables, inspect_tables

Answer = TypeVar("Answer")
QUARANTINE = "quarantine"


@dataclass(frozen=True, repr=False)
class CheckResult(Displayed):
    """What a check found.

    Attributes
    ----------
    directory
        Where `result.json` and `quarantine/<source>.parquet` lie.
    result
        The JSON object of the command: run, title, ok (nothing stands in the way of a run), data_end, accounts; sources
        (per source the account of its rows, what it covers, its findings); base_rates (per as-of date: at_risk, exits,
        stayed, exit_in_gap, censored, immature, rate, and how many accounts have each other status); dropped_snapshots
        (over all dates, per rule: words, kept, snapshots, accounts, share); exiting_accounts; faults
        (severity error, quarantine, rule or warning; rule and remedy in words); warnings; quarantine; directory.
        Where leaks were asked for, also what `find_leaks` gives: leaks, questions, replay, checked.
    """

    directory: Path
    result: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of a run."""
        return bool(self.result["ok"])

    @property
    def leaks(self) -> list[dict[str, str]]:
        """Leaks found, each with code, where, evidence and remedy; empty also where nobody asked."""
        return list(self.result.get("leaks", ()))

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.checks import check_display

        return check_display(self.result)


def check(
    run: Run | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    leaks: bool = False,
    progress: Progress = silent,
) -> CheckResult:
    """Open and inspect a run's sources; with `leaks`, also ask whether they tell the past what happened later.

    Faults of the data are reported, never raised, and so are leaks.

    Raises
    ------
    ConfigurationError
        The run cannot be read, or the results cannot be written.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    with working(run.out, "checking sources"):
        return _checked(run, leaks, progress)


def _checked(run: Run, leaks: bool, progress: Progress) -> CheckResult:
    with durable.partial_folder(durable.folder(run.out / "check"), "quarantine") as staged:
        with progress("checking sources"):
            tables = inspect_tables(run, quarantine_dir=staged)
        with tables:
            prints = {name: report.fingerprint for name, report in tables.reports.items()}
            identity = run_identity(run, "check", prints, **({"leaks": True} if leaks else {}))
            with progress("measuring coverage and base rates"):
                result = _result(run, tables)
            if leaks:
                result |= leak_section(run, tables, result, progress)
        made_of = run_record(run, "check", identity, prints, arguments={"leaks": leaks})
        with run_directory(run.out, "check", identity, record=made_of) as directory:
            kept = {path.stem: f"{QUARANTINE}/{path.name}" for path in sorted(staged.glob("*.parquet"))}
            if kept:
                durable.copy_tree(staged, directory / QUARANTINE)
            result = plain(result | {"quarantine": kept, "identity": identity})
            write_json(directory / "result.json", result)
    target = attempt_of(run.out, "check", identity)
    found = {"quarantine": {name: str(target / file) for name, file in kept.items()}, "directory": str(target)}
    return CheckResult(target, result | found)


def _result(run: Run, tables: Tables) -> dict[str, Any]:
    problems = [*tables.problems]
    problems += [f for report in tables.reports.values() for f in report.findings if f not in problems]
    covered = {
        name: coverage_of(tables, name, run.sources[name].contract, _declared(run, name)) for name in tables.reports
    }
    problems += [problem for name, coverage in covered.items() if coverage for problem in _silent(run, name, coverage)]
    problems += list(_signals(run, tables))
    problems += list(_silent_signals(run, tables, problems))
    end = _attempt(problems, "data_end", lambda: data_end_of(run, tables))
    snapshots = None if end is None else _attempt(problems, "outcome", lambda: _snapshots(run, tables, end))
    rates = [] if snapshots is None else base_rates(snapshots)
    dropped = [] if snapshots is None or run.outcome is None else dropped_snapshots(run.outcome, snapshots)
    exiting = (
        0 if snapshots is None else int((snapshots.labelled & (snapshots.label == Label.EXITED)).any(axis=0).sum())
    )
    return {
        "run": run.name,
        "title": run.title or run.name,
        "path": str(run.path),
        "ok": not any(problem.severity == "error" for problem in problems),
        "data_end": None if end is None else iso(end),
        "accounts": None if snapshots is None else len(snapshots.accounts),
        "sources": {
            name: report.to_dict() | {"coverage": _covered(covered[name])} for name, report in tables.reports.items()
        },
        "outcome": None if run.outcome is None else run.outcome.model_dump(mode="json"),
        "base_rates": rates,
        "dropped_snapshots": dropped,
        "exiting_accounts": exiting,
        "faults": [{**vars(problem), "lines": list(problem.lines)} for problem in problems],
        "warnings": list(_warnings(run, tables, rates, exiting, end)),
    }


def _declared(run: Run, name: str) -> tuple[tuple[date, date], ...]:
    """Days on which the run says that a source has no rows, recorded or not."""
    return (*run.sources[name].outages, *run.sources[name].closures)


def _attempt(problems: list[Problem], source: str, ask: Callable[[], Answer]) -> Answer | None:
    """The answer, or None with the reason among the problems."""
    try:
        return ask()
    except HealthScoreError as error:
        problems.append(Problem("not_possible", "error", source, rule=error.what, remedy=error.remedy))
        return None


def _snapshots(run: Run, tables: Tables, end: int) -> Snapshots | None:
    """Every account at every as-of date; None where the run has no outcome or no dates, or its source is not open."""
    if run.outcome is None or not run.dated or run.outcome.source not in tables.reports:
        return None
    book = run.source_of("accounts")
    accounts = source_accounts(tables, [book] if book in tables.reports and book is not None else list(tables.reports))
    return snapshots_of(run, tables, accounts, as_ofs_of(run, tables), end)


def _covered(coverage: Coverage | None) -> dict[str, Any] | None:
    if coverage is None:
        return None
    return {
        "months": coverage.months,
        "months_with_rows": coverage.full_months,
        "days_with_rows": coverage.days,
        "silences": [
            {"first": iso(s.first), "last": iso(s.last), "days": s.last - s.first + 1, "expected_rows": s.expected}
            for s in coverage.silences
        ],
    }


def _silent(run: Run, name: str, coverage: Coverage) -> Iterator[Problem]:
    """One warning per source for all its improbable silences, with the line that declares them."""
    silences = coverage.silences
    if not silences:
        return
    longest = sorted(silences, key=lambda s: -s.expected)[:3]
    shown = "; ".join(
        f"{iso(s.first)}"
        + (f" to {iso(s.last)}" if s.last > s.first else "")
        + f" (about {s.expected:,.0f} rows expected)"
        for s in sorted(longest, key=lambda s: s.first)
    )
    more = f" and {len(silences) - 3} more" if len(silences) > 3 else ""
    yield Problem(
        "silent_days",
        "warning",
        name,
        rule=(
            f"no rows on {sum(s.last - s.first + 1 for s in silences)} days that the past makes improbable: "
            f"{shown}{more}. Closure or outage?"
        ),
        remedy=(
            f"if nothing was recorded, declare it under [sources.{name}]: "
            f"{outage_line(silences, run.sources[name].outages)}; "
            "if nothing happened, as on a holiday, declare the days as `closures`"
        ),
    )


def _signals(run: Run, tables: Tables) -> Iterator[Problem]:
    """Signals whose conditions, families or measures cannot be meant; each names its signal."""
    for name, signal in run.signals.items():
        place = f"signals.{name}"
        try:
            families_of(run, name)
        except HealthScoreError as error:
            yield Problem("unknown_family", "error", place, "families", rule=error.what, remedy=error.remedy)
        else:
            try:
                measures_of(run, name)
            except HealthScoreError as error:
                yield Problem("unknown_measure", "error", place, "measures", rule=error.what, remedy=error.remedy)
        if signal.source in tables.reports and (leak := current_state(run, tables, name)) is not None:
            yield leak
        if signal.where is not None and signal.source in tables.reports:
            try:
                tables.predicate(signal.source, signal.where)
            except HealthScoreError as error:
                yield Problem("bad_condition", "error", place, "where", rule=error.what, remedy=error.remedy)
    outcome = run.outcome
    if outcome is not None and outcome.where is not None and outcome.source in tables.reports:
        try:
            tables.predicate(outcome.source, outcome.where)
        except HealthScoreError as error:
            yield Problem("bad_condition", "error", "outcome", "where", rule=error.what, remedy=error.remedy)


def _silent_signals(run: Run, tables: Tables, problems: list[Problem]) -> Iterator[Problem]:
    """Signals of which nothing becomes a feature, and families that a signal names and that give none."""
    if any(problem.severity == "error" for problem in problems):
        return
    for plan in plan_signals(run, tables):
        silent = silent_families(plan)
        whole = len(silent) == len(plan.families)
        if silent and (whole or run.signals[plan.name].families is not None):
            gives = "the signal gives no feature" if whole else f"{', '.join(silent)} gives no feature"
            remedy = f"bind in [sources.{plan.source}] what is missing: " + "; ".join(
                f"{family} needs {needed}" for family, needed in silent.items()
            )
            yield Problem("no_feature", "warning", f"signals.{plan.name}", "families", rule=gives, remedy=remedy)


def _warnings(run: Run, tables: Tables, rates: list[dict[str, Any]], exiting: int, end: int | None) -> Iterator[str]:
    """What to know before a model is believed."""
    if not run.dated:
        yield (
            "the run has no dates, [as_of]: a scorecard can score at any date, but nothing can be trained on the past "
            "or held against it"
        )
    if run.outcome is None:
        yield "the run has no [outcome]: features can be computed, nothing can be trained"
        return
    yield from rate_warnings(run, rates, exiting, end)
    yield from _coverage_gaps(run, tables, end)


def _coverage_gaps(run: Run, tables: Tables, end: int | None) -> Iterator[str]:
    """Sources that begin after the first window does, or that stop before the data end."""
    used = {signal.source for signal in run.signals.values()} & set(tables.reports)
    days = as_ofs_of(run, tables) if used and run.dated else ()
    for name in sorted(used):
        report = tables.reports[name]
        windows = [w for s in run.signals.values() if s.source == name for w in run.windows_of(s) if isinstance(w, int)]
        if report.first_day is not None and days and windows and 2 * (days[0] - report.first_day) < max(windows):
            yield (
                f"{name} begins on {iso(report.first_day)}: its window of {max(windows)} days is missing at "
                f"{iso(days[0])}, because less "
                "than half of it is covered; begin later, or shorten it"
            )
        if report.last_day is not None and end is not None and end - 1 - report.last_day > 31:
            yield (
                f"{name} stops on {iso(report.last_day)}, and the data end on {iso(end)}: silence since then "
                "reads as inactivity"
            )
