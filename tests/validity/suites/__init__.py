"""All suites by name, in the order of the table."""

from __future__ import annotations

from validity.suite import Suite
from validity.suites import again, audits, changes, endtoend, intervals, learned, planted

_FROM_SUBSCORES = (
    *learned.SUITES,
    *intervals.SUITES,
    *planted.SUITES,
    *again.SUITES,
    *changes.SUITES,
    *audits.SUITES,
)
SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        *sorted(_FROM_SUBSCORES, key=lambda suite: int(suite.name.split()[0].removeprefix("T"))),
        *endtoend.SUITES,
    )
}
