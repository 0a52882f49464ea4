"""The page `docs/speed.md`, and the tables on a terminal, from the figures that `benchmarks/speed.py` kept."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from contestants import CHECKS, FEW, POLARS, WAYS
from processes import Cost, median

Section = Mapping[str, Any]
GOALS = (
    ("sql", "polars", "cpu_s", 1.8),
    ("sql", "duckdb", "cpu_s", 2.0),
    ("sql", "pandas", "cpu_s", 3.3),
    ("sql", "polars", "wall_s", 1.5),
    ("compiled", "polars", "cpu_s", 3.0),
    ("compiled", "polars", "wall_s", 2.5),
)
"""Our way, whose best plan, what of it, and how many times less of it we want to take."""
MEMORY_GOALS = {"sql": 1.8, "compiled": 1.0}
"""Our way -> GB that it may hold."""
DATES_GOAL = 2.0
"""How many times the cost of one date all dates may have."""
FIGURES = {"cpu_s": "CPU", "wall_s": "wall"}
CALLED = {"polars": "Polars", "duckdb": "DuckDB", "pandas": "pandas", "sql": "SQL", "compiled": "compiled"}


@dataclass(frozen=True)
class Table:
    """Rows of texts under headings; the first `left` columns are words."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1

    def markdown(self) -> str:
        """As the page shows it."""
        rule = ["---" if column < self.left else "---:" for column in range(len(self.headings))]
        return "\n".join(f"| {' | '.join(row)} |" for row in (self.headings, rule, *self.rows)) + "\n"

    def text(self) -> str:
        """As a terminal shows it."""
        widths = [max(map(len, column)) for column in zip(self.headings, *self.rows, strict=True)]
        padded = (
            (cell.ljust(width) if column < self.left else cell.rjust(width))
            for row in (self.headings, *self.rows)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "\n".join("  ".join(cells).rstrip() for cells in zip(*[padded] * len(widths), strict=True)) + "\n"


def page(figures: Mapping[str, Section]) -> str:
    """The whole page."""
    parts = [HEAD]
    for what, tell in TELLS.items():
        if what in figures:
            parts += [part.markdown() if isinstance(part, Table) else paragraphs(part) for part in tell(figures[what])]
    return "\n".join([*parts, HOW])


def shown(what: str, section: Section) -> Iterator[str]:
    """The tables of a section, and nothing of what explains them, for a terminal."""
    yield from (part.text() for part in TELLS[what](section) if isinstance(part, Table))


# --- beside others ---------------------------------------------------------------------------------------------------


def beside(section: Section) -> Iterator[str | Table]:
    """Our package and the peers' plans."""
    medians = {key: median(Cost(**turn) for turn in row["turns"]) for key, row in section["contestants"].items()}
    rounds = len(section["contestants"]["sql"]["turns"])
    yield (
        f"## Beside other plans\n\n{section['events']:,} events of {section['events'] // 200:,} accounts, "
        f"{section['dates']} dates; {on(section)}, medians of {rounds} alternating turns. "
        + (EQUAL if section["equal"] else ALONE)
    )
    rows = {section["contestants"][key]["title"]: cost for key, cost in medians.items()}
    for key, cost in checks_of(section).items():
        rows[f"{section['contestants'][key]['title']}, with checks"] = medians[key].with_part(cost)
    against = medians.get(POLARS)
    yield Table(
        ("plan", "wall s", "CPU s", "memory GB", "less CPU"),
        [
            (title, *cells(cost), f"{against.cpu_s / cost.cpu_s:.2f}" if against else "-")
            for title, cost in rows.items()
        ],
    )
    reached = list(goals(medians))
    if reached:
        yield Table(("goal", "asked", "measured", "reached"), reached)
    yield limit(section, medians)


def goals(medians: Mapping[str, Cost]) -> Iterator[tuple[str, str, str, str]]:
    """Each goal that could be measured."""
    for way, whose, what, least in GOALS:
        plans = [cost for key, cost in medians.items() if key.startswith(whose)]
        if way in medians and plans:
            times = min(getattr(cost, what) for cost in plans) / getattr(medians[way], what)
            goal = f"{CALLED[way]}: less {FIGURES[what]} than the best of {CALLED[whose]}"
            yield goal, f"{least:.1f} times", f"{times:.2f} times", answer(times >= least)
    for way, most in MEMORY_GOALS.items():
        if way in medians:
            held = medians[way].memory_gb
            yield f"{CALLED[way]}: memory at most", f"{most:.1f} GB", f"{held:.2f} GB", answer(held <= most)


def checks_of(section: Section) -> dict[str, Cost]:
    """What the checks of the input cost, by our ways."""
    rows = section["contestants"].items()
    return {key: median(Cost(**turn) for turn in row["checks"]) for key, row in rows if "checks" in row}


def limit(section: Section, medians: Mapping[str, Cost]) -> str:
    """The price of the checks, and what is left above the scan and the write."""
    checks = checks_of(section)
    costs = " and ".join(f"{cost.cpu_s:.1f} CPU s" for cost in checks.values())
    ways = " and ".join(checks)
    said = (
        f"The checks of every row, which no other plan makes, cost {costs} more ({ways}). What that step takes for a "
        f"table of {FEW:,} events is not counted among them: it opens tables and loads libraries."
    )
    scans = [cost.cpu_s for key, cost in medians.items() if key.startswith("scan")]
    if not scans:
        return said
    write = median(Cost(**turn) for turn in section["write"]).cpu_s
    least = min(scans) + write
    above = " and ".join(f"{medians[key].cpu_s - least:.1f} ({key})" for key in checks)
    return (
        f"{said} The limit of every plan is to read the five columns and to write the features: "
        f"{min(scans):.1f} + {write:.1f} = {least:.1f} CPU s. CPU seconds above it: {above}."
    )


# --- with size -------------------------------------------------------------------------------------------------------


def growth(section: Section) -> Iterator[str | Table]:
    """What more events and more dates cost."""
    order = [*WAYS, "polars"]
    cases = sorted(section["cases"].values(), key=lambda c: (order.index(c["way"]), -c["dates"], c["events"]))
    medians = [median(Cost(**turn) for turn in case["turns"]) for case in cases]
    yield f"## With size\n\n200 events for each account; {on(section)}, medians of {len(cases[0]['turns'])} turns."
    yield Table(
        ("plan", "events", "dates", "wall s", "CPU s", "memory GB", "CPU s / million"),
        [
            (
                CALLED[case["way"]],
                f"{case['events']:,}",
                str(case["dates"]),
                *cells(cost),
                f"{cost.cpu_s / case['events'] * 1e6:.2f}",
            )
            for case, cost in zip(cases, medians, strict=True)
        ],
    )
    by_case = {(c["way"], c["events"], c["dates"]): cost.cpu_s for c, cost in zip(cases, medians, strict=True)}
    yield further(by_case)
    most = max(dates for _, _, dates in by_case)
    times = {key: by_case[key[0], key[1], most] / cpu for key, cpu in by_case.items() if key[2] == 1 and key[0] in WAYS}
    yield Table(
        (f"{most} dates against one", "asked", "measured", "reached"),
        [
            (
                f"{CALLED[way]}, {events:,} events",
                f"at most {DATES_GOAL:.1f}",
                f"{ratio:.2f}",
                answer(ratio <= DATES_GOAL),
            )
            for (way, events, _), ratio in times.items()
        ],
    )


def further(cpu: Mapping[tuple[str, int, int], float]) -> str:
    """What a further million events costs between the numbers that were measured, at all dates."""
    most = max(dates for _, _, dates in cpu)
    told = []
    for way in dict.fromkeys(way for way, _, _ in cpu):
        sizes = sorted(events for other, events, dates in cpu if (other, dates) == (way, most))
        for less, more in pairwise(sizes):
            cost = (cpu[way, more, most] - cpu[way, less, most]) / (more - less) * 1e6
            told.append(f"{cost:.2f} CPU s from {less / 1e6:g} to {more / 1e6:g} million ({CALLED[way]})")
    return f"A further million events costs {', '.join(told)}: without the start of the process."


# --- a whole job -----------------------------------------------------------------------------------------------------


def whole(section: Section) -> Iterator[str | Table]:
    """Every command of a job and its steps."""
    yield (
        f"## A whole job\n\nA company of {section['accounts']:,} accounts of which a third leaves: "
        f"{section['events']:,} events, a twentieth as many tickets and answers, subscriptions; 12 dates; "
        f"{on(section)}, each command once. GB: the most held by the end of the step; share: of all CPU seconds."
    )
    rows: list[tuple[str, ...]] = []
    total = sum(command["whole"]["cpu_s"] for command in section["commands"])
    for command in section["commands"]:
        for name, cost in [("**the whole command**", command["whole"]), *command["steps"].items()]:
            share = f"{cost['cpu_s'] / total:.1%}".replace("%", " %")
            rows.append((f"`{command['verb']}`", name, *cells(Cost(**cost)), share))
    yield Table(("command", "step", "wall s", "CPU s", "GB", "share"), rows, left=2)
    yield above_limit(section)


def above_limit(section: Section) -> str:
    """What nobody can do without, and what the panel costs beyond it."""
    limits = section["limit"]
    told = " and ".join(f"{name} ({cost['cpu_s']:.1f} CPU s)" for name, cost in limits.items())
    features = next(command for command in section["commands"] if command["verb"] == "features")
    taken = features["whole"]["cpu_s"] - features["steps"][CHECKS]["cpu_s"]
    above = taken - sum(cost["cpu_s"] for cost in limits.values())
    return (
        f"The limit of the panel is {told}. `features` takes {taken:.1f} CPU s without the checks: {above:.1f} above "
        "it. The other commands make the same panel first; what they take beyond it is fitting and judging models."
    )


# --- words -----------------------------------------------------------------------------------------------------------


def on(section: Section) -> str:
    """When, and the machine in general terms."""
    machine = section["machine"]
    size = f"{machine['cores']} cores, {machine['memory_gb']} GB"
    return f"{section['measured']}, {size}, Python {machine['python']}, load average {section['load']:g}"


def paragraphs(text: str) -> str:
    """Lines of the pages' length."""
    return "\n\n".join(textwrap.fill(part, 120, break_on_hyphens=False) for part in text.split("\n\n")) + "\n"


def cells(cost: Cost) -> tuple[str, str, str]:
    """Seconds, CPU seconds and memory."""
    return f"{cost.wall_s:.1f}", f"{cost.cpu_s:.1f}", f"{cost.memory_gb:.2f}"


def answer(reached: bool) -> str:
    """Whether a goal is reached; a missed one is seen."""
    return "yes" if reached else "**missed**"


TELLS = {"features": beside, "scale": growth, "job": whole}
EQUAL = (
    "All of them gave the same features first: integers exactly, sums to 1e-9. The last column says how many times "
    "less CPU than Polars a plan takes."
)
ALONE = "The peers' programs were not there: nothing was compared."
HEAD = """\
<!-- Written by `benchmarks/speed.py page` from docs/speed.json; do not edit. -->
# Speed

What the features of many accounts cost beside good plans in the usual tools, how that grows, and where the time of a
whole job goes. *CPU s* are the seconds that all cores together were busy, wall seconds are what you wait, both of
whole processes with their start and their imports; *memory* is the most that was held at once.

The task: at monthly dates, for every account with an event before the date, in windows of 7, 28 and 91 days, the
events, active days, users, kinds of events, sum of values, events in the window before, ten counts of key events; and
the days since the last event. The other plans are hand-written for it, by people who know their tool: one pass over
the events into cells of account, user and day, bit sets for kinds, the last day instead of distinct counts. This
package runs it as `healthscore features` over a run like every other.
"""
HOW = """\
## How it is measured

```console
python benchmarks/speed.py features --peers PATH --peers-python PYTHON --record docs/speed.json
python benchmarks/speed.py scale --events 2000000 20000000 100000000 --peers PATH --record docs/speed.json
python benchmarks/speed.py job --record docs/speed.json
python benchmarks/speed.py page
```

`PATH` holds the peers' programs (`gen_events.py` writes the events, `features.py` computes the task), `PYTHON` is of
an environment with their packages. Without them our own rows are measured alone, on events of `benchmarks/book.py`.
Every turn is a process of its own. Contestants take turns, every second round backwards. The first turn of each is not
counted: it warms the file cache, and its features are compared with ours. The checks are the step `checking sources`
of `healthscore --log-json features`, which says the CPU seconds of every step to everybody. CPU seconds bear other
work on the machine better than wall seconds do; ratios are of medians.
"""
