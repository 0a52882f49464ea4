"""Declining purchases: fewer in the window than before it, by more than the whole book's change explains.

Purchases are the rows of a source of events that meet `where`. The account's own ratio is the number in
[t + gap, t + gap + horizon) over the number in the window of the same length before t, [t - horizon, t); the book's
ratio is the same over all accounts at risk together, so that a season, a price rise or a window that the data only
partly cover is nobody's decline. At risk are accounts with at least `minimum_purchases` before t that were known at t.
The account declined when its ratio is below `decline_percent` of the book's.

Worked example with gap 0, horizon 90 and the defaults (3 purchases, 50 %), as of 1 March 2024. Three accounts are at
risk: A bought 10 times in the 90 days before and 3 times in the 90 days after, B 6 and 6, C 4 and 1; the book went from
20 to 10, a ratio of 0.5. A's ratio is 0.3, 60 % of the book's: stayed. B's is 1.0: stayed. C's is 0.25, 50 % of the
book's, and 50 % is not below 50 %: stayed; with no purchase it would have declined, whatever the book did. D, with 2
purchases before, is not eligible. A decline has no day of its own: it is dated to the first day of the window. That of
an account which was merged into another before the window's end is censored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import Run
from healthscore.outcomes.ceased import Ceased
from healthscore.outcomes.contracts import need_contract
from healthscore.outcomes.occurrences import occurrences
from healthscore.outcomes.snapshots import Label, Snapshot, Snapshots, Status, final_day, window_of
from healthscore.tables import Tables


def declining_purchases(
    run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int
) -> Snapshots:
    """Purchases fall below a share of what the book's change would let expect; see the module for the exact rule.

    Raises
    ------
    ConfigurationError
        The source holds no events.
    """
    need_contract(
        run, "events", 'name a source with contract = "events" whose rows are purchases (narrowed by `where`)'
    )
    outcome = run.need_outcome()
    length = outcome.horizon_days
    ceased = Ceased.of(tables, accounts)
    bought = occurrences(tables, outcome.source, outcome.where, accounts, as_ofs, (-length, 0, *window_of(outcome, 0)))

    def look(_: int, t: int) -> Snapshot:
        enough = bought.counted(t - length, t, known_at=t) >= outcome.minimum_purchases
        status = ceased.status(np.where(enough, np.int8(Status.AT_RISK), np.int8(Status.INELIGIBLE)), t)
        risk = status == Status.AT_RISK
        before, after = bought.counted(t - length, t), bought.counted(*window_of(outcome, t))
        # after / before < share * (book after / book before), without a division by 0.
        expected = outcome.decline_percent * before * after[risk].sum()
        declined = 100 * after * before[risk].sum() < expected
        return Snapshot(
            status=status,
            label=ceased.label(
                np.where(declined, np.int8(Label.EXITED), np.int8(Label.STAYED)), window_of(outcome, t)[1]
            ),
            exit_day=np.full(len(accounts), t + outcome.gap_days),
            known_from=final_day(outcome, t),
            value=np.full(len(accounts), np.nan),
        )

    return Snapshots.collect(accounts, as_ofs, data_end, look)
