"""Which snapshots are learned from, and by which rule the others drop out: a line per rule, and each counted once."""

from __future__ import annotations

from typing import Any

import numpy as np

from healthscore.config import Outcome
from healthscore.outcomes.snapshots import Label, Snapshots, Status
from healthscore.pipelines.happenings import HAPPENINGS


def dropped_snapshots(outcome: Outcome, snapshots: Snapshots) -> list[dict[str, Any]]:
    """Every snapshot (an account at an as-of date) under the one rule that decides of it.

    Returns
    -------
    Rows {rule, words, kept, snapshots, accounts, share}, in the order in which the rules are asked; `kept` says whether
    the snapshots are learned from, `accounts` counts the different ones (an account may be under several rules), and
    `share` is that of all snapshots. The snapshots add up to accounts times dates.
    """
    words = HAPPENINGS[outcome.kind]
    gap = f"{words.early or words.did} in the gap of {outcome.gap_days} days"
    statuses = {
        Status.NOT_STARTED: "not a customer yet",
        Status.ENDED: "no longer a customer",
        Status.TRIAL: "on trial",
        Status.PAUSED: "paused",
        Status.LEAVING: "already leaving: notice was known",
        Status.INELIGIBLE: words.ineligible,
        Status.NO_FEATURES: "no features",
    }
    labels = {
        Label.IMMATURE: "outcome not over at the data end",
        Label.EXIT_IN_GAP: gap,
        Label.CENSORED: words.unknown,
        Label.NOT_RECORDED: "outcome not recorded",
        Label.STAYED: words.kept,
        Label.EXITED: words.did,
    }
    rules = [(status.name, text, snapshots.status == status) for status, text in statuses.items()]
    rules += [(label.name, text, snapshots.at_risk & (snapshots.label == label)) for label, text in labels.items()]
    total = max(snapshots.status.size, 1)
    return [
        {
            "rule": name.lower(),
            "words": text,
            "kept": name in (Label.STAYED.name, Label.EXITED.name),
            "snapshots": int(under.sum()),
            "accounts": int(np.count_nonzero(under.any(axis=0))),
            "share": float(under.sum()) / total,
        }
        for name, text, under in rules
    ]
