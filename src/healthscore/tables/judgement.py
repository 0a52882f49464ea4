"""The judgement of a source: every row with the first rule that takes it out, and how many each rule concerns."""

from __future__ import annotations

from dataclasses import dataclass, field

from healthscore.tables.binding import Binding
from healthscore.tables.engine import Engine
from healthscore.tables.problems import Problem
from healthscore.tables.rules import Rule, raw
from healthscore.tables.sources import FILE, LINE


@dataclass
class Judgement:
    """A source's rows, each with the number of the first rule that takes it out (`_fault`), and what was counted.

    Attributes
    ----------
    relation
        Quoted view over the binding's, with `_fault`.
    rules
        Those that take rows out, in order of precedence; `_fault` is the position.
    shaped
        Columns of the relation to come -> SQL over `relation`.
    counts
        Rule -> rows that it takes out, or concerns.
    groups, strangers, marks
        Tables of ids as they are spelled, of those that are no account's, and of the places of marked rows (copies,
        contradictions); the latter two are empty where there are none.
    versions
        Table of rows that are versions of one another: their places, marks, and until when they stand; empty where
        there are none.
    """

    binding: Binding
    relation: str
    rules: list[Rule]
    rows_in: int = 0
    used: int = 0
    accounts: int = 0
    first_day: int | None = None
    last_day: int | None = None
    shaped: dict[str, str] = field(default_factory=dict)
    counts: dict[Rule, int] = field(default_factory=dict)
    places: dict[Rule, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    groups: str = ""
    strangers: str = ""
    marks: str = ""
    versions: str = ""

    def taken(self, action: str) -> dict[str, int]:
        """Code -> rows, for rules of one action."""
        totals: dict[str, int] = {}
        for rule, count in self.counts.items():
            if rule.action == action and count:
                totals[rule.code] = totals.get(rule.code, 0) + count
        return totals

    @property
    def kept(self) -> str:
        """SQL of the spellings of ids that have rows to use; of no matter which rows are copies or versions."""
        strange = f" AND raw NOT IN (SELECT raw FROM {self.strangers})" if self.strangers else ""
        return f"{self.groups} WHERE id IS NOT NULL AND rows > faulty{strange}"

    @property
    def sound(self) -> str:
        """SQL of the rows that are used; where none is taken out, no rule is asked of any row again."""
        every = self.used == self.rows_in and not self.versions
        return self.binding.relation if every else f"{self.relation} WHERE _fault IS NULL"

    @property
    def considered(self) -> int:
        """Rows that no rule drops: what shares are shares of."""
        return self.rows_in - sum(self.taken("drop").values())


def number_faults(engine: Engine, judgement: Judgement) -> None:
    """(Re)create the view that numbers each row's first fault."""
    cases = " ".join(f"WHEN {rule.predicate} THEN {number}" for number, rule in enumerate(judgement.rules))
    source = judgement.binding.relation
    if judgement.strangers:
        join = f"LEFT JOIN {judgement.strangers} s ON t.{raw('account_id')} = s.raw"
        source = f'(SELECT t.*, s.why AS "_stranger" FROM {source} t {join})'
    if judgement.marks:
        join = f"LEFT JOIN {judgement.marks} m ON t.{FILE} = m.file AND t.{LINE} = m.line"
        source = f'(SELECT t.*, m.mark AS "_mark" FROM {source} t {join})'
    if judgement.versions:
        join = f"LEFT JOIN {judgement.versions} v ON t.{FILE} = v.file AND t.{LINE} = v.line"
        told = 'v.mark AS "_mark", v.until_day AS "_until", v.later AS "_later", v.tied AS "_tied"'
        source = f"(SELECT t.*, {told} FROM {source} t {join})"
    engine.execute(f"CREATE OR REPLACE VIEW {judgement.relation} AS SELECT *, CASE {cases} END AS _fault FROM {source}")
