"""Missing pasts: accounts that left, and whose rows are gone."""

from __future__ import annotations

from typing import Literal

import numpy as np

from healthscore.evaluation.multiple import holm
from healthscore.pipelines.leaks.contrast import Shares
from healthscore.pipelines.leaks.findings import Evidence, Finding, percent
from healthscore.pipelines.leaks.material import Material
from healthscore.pipelines.leaks.timing import DAY

SETTLED_DAYS = 28
"""Days as a customer after which an account is expected to have rows."""
LEVEL = 0.001
LEAK, QUESTION = 0.5, 0.25
"""Share of leavers without any row, minus that of stayers."""


def missing_pasts(material: Material) -> Evidence:
    """Compare, source by source, how many of the accounts that left or stayed have no row before the date at all."""
    cases = material.cases
    settled = np.isnan(cases.since) | (cases.since >= SETTLED_DAYS)
    if not cases.enough or not settled.any():
        return Evidence(checked=(f"missing pasts: {material.few}",))
    shares = {}
    for source in material.measured:
        empty = ~_with_rows(material, source)
        shares[source] = Shares.of(empty[settled], cases.left[settled])
    believed = holm({source: counted.chance for source, counted in shares.items()}, LEVEL)
    words, findings = material.words, []
    for source, counted in shares.items():
        if not believed[source] or counted.difference < QUESTION:
            continue
        severity: Literal["leak", "question"] = "leak" if counted.difference >= LEAK else "question"
        evidence = (
            f"{percent(counted.share_left)} of {counted.of_left:,} accounts that {words.did} have no row at all before "
            f"the date, and {percent(counted.share_stayed)} of {counted.of_stayed:,} that {words.kept}: were their "
            "rows deleted?"
        )
        remedy = f"restore the rows, keep them without what is personal, or leave [sources.{source}] out"
        findings.append(Finding("missing_past", severity, source, evidence, remedy))
    said = (
        f"missing pasts: {', '.join(material.measured)}: accounts without any row, of those that {words.did} and "
        f"{words.kept}"
    )
    return Evidence(tuple(findings), (said,))


def _with_rows(material: Material, source: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which cases have a row of the source that was known at their date."""
    tables, cases = material.tables, material.register_cases()
    day = DAY[material.run.sources[source].contract]
    found = tables.engine.query(
        f"SELECT DISTINCT c.number FROM {tables.relation(source)} e JOIN {cases} c ON e.account_id = c.account_id "
        f"WHERE e.{day} < c.t AND e.known_day < c.t"
    )
    with_rows = np.zeros(len(material.cases.account), bool)
    with_rows[found["number"].to_numpy()] = True
    return with_rows
