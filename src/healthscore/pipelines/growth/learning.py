"""Training of growth: the model of who will expand, saved beside that of health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from healthscore.models import MODELS
from healthscore.models.bundle import Bundle, save
from healthscore.models.choice import choose
from healthscore.pipelines.fitting import fit, freeze, provenance
from healthscore.pipelines.growth.asked import Growing
from healthscore.pipelines.growth.skill import inner_skill, skill_warning
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.uncertainty import refits_of
from healthscore.pipelines.walk import exiting_accounts

GROWTH = "growth"
"""Directory of the model of growth, beside the bundle of the same training."""


@dataclass(frozen=True)
class Learned:
    """What training found of growth: no bundle where too few accounts expanded, with the reason among the warnings.

    `result` is None where the run asks for no growth.
    """

    result: dict[str, Any] | None
    bundle: Bundle | None
    warnings: list[str]

    def beside(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result of the training of health with what was found of growth."""
        return {**result, "growth": self.result, "warnings": [*result["warnings"], *self.warnings]}

    def save(self, directory: Path) -> None:
        """Write the bundle into the directory of the training run."""
        if self.bundle is not None:
            save(self.bundle, directory / GROWTH)


def learn_growth(growing: Growing | None, inputs: Mapping[str, str], identity: str, progress: Progress) -> Learned:
    """Fit the candidates on every snapshot of which it is known whether the account expanded, and keep the chosen one.

    Too little to learn from stops nothing: health has its model without it.
    """
    if growing is None:
        return Learned(None, None, [])
    book = growing.book
    rows = np.flatnonzero(book.label >= 0)
    too_few = _too_few(growing)
    if too_few is not None:
        return Learned({"why": too_few}, None, [f"no growth score: {too_few}"])
    with progress("fitting growth") as advance:
        candidates = fit(book, rows, lambda done, of: advance(done / of))
    choice = choose(candidates, book.cluster[rows], book.run.model.choose)
    skill = inner_skill(book, rows, candidates, choice.name)
    bundle = freeze(book, candidates.models[choice.name], rows)
    bundle = replace(bundle, refits=refits_of(book, bundle, rows, candidates, progress))
    metadata = provenance(book, rows, choice, inputs, identity) | {"skill": skill}
    reference = bundle.model.reference
    events = {"n": len(rows), "events": int(book.label[rows].sum()), "exiting_accounts": exiting_accounts(book, rows)}
    result = {
        "why": None,
        "outcome": metadata["outcome"],
        "chosen": choice.name,
        "choice": {"why": choice.why, "title": MODELS[choice.name].title},
        "training": metadata["trained"] | events,
        "reference": {"rate": reference.rate, "accounts": reference.rows} if reference else None,
        "scale": bundle.scale.to_json(),
        "skill": skill,
    }
    warning = skill_warning(skill)
    return Learned(result, replace(bundle, metadata=metadata), [] if warning is None else [warning])


def _too_few(growing: Growing) -> str | None:
    """Why there is too little to learn growth from; None where there is enough."""
    book, words = growing.book, HAPPENINGS[growing.book.run.need_outcome().kind]
    rows = np.flatnonzero(book.label >= 0)
    happened, needed = exiting_accounts(book, rows), book.run.model.minimum_exits
    if happened < needed:
        return f"{happened} different accounts {words.did} in the labelled history, and a model needs {needed}"
    if not (book.label[rows] == 0).any():
        return f"each of the {len(rows):,} labelled snapshots is of an account that {words.did}"
    return None
