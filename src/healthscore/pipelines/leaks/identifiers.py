"""Identifiers: a name that an account got because it left."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from healthscore.pipelines.happenings import Happening
from healthscore.pipelines.leaks.contrast import Separation, categories, separation
from healthscore.pipelines.leaks.findings import Evidence, Finding
from healthscore.pipelines.leaks.material import Material

LEAK = 0.65
"""Lower bound of the AUC above which an id knows too much: ids of honest tables tell at most when an account began."""

SHAPES: dict[str, Callable[[str], str]] = {
    "the beginning": lambda name: re.split(r"\d", name, maxsplit=1)[0],
    "the end": lambda name: re.split(r"\d", name)[-1],
    "the length": lambda name: str(len(name)),
    "the pattern": lambda name: re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d+", "9", name))),
}
"""Parts of an id that a tool may change when an account leaves."""


def identifiers(material: Material) -> Evidence:
    """Hold parts of the ids, and their order, against who left, among accounts of the same age and segment."""
    cases = material.cases
    if not cases.enough:
        return Evidence(checked=(f"identifiers: {material.few}",))
    words = material.words
    names = [material.accounts[int(code)].as_py() for code in cases.account]
    strata = _strata(material)
    found: dict[str, Separation] = {}
    for what, part in SHAPES.items():
        parts = np.array([part(name) for name in names])
        if 1 < len(np.unique(parts)) < len(parts) / 2:
            found[what] = categories(parts, cases.left, strata)
    found["the order"] = separation(_order(names), cases.left, strata)
    best = max(found, key=lambda what: found[what].low)
    said = (
        f"identifiers: {', '.join(found)} of {len(names):,} account ids against who {words.did}, among accounts of one "
        f"age and segment; {best} tells most, AUC {found[best].auc:.2f}"
    )
    if found[best].low < LEAK:
        return Evidence(checked=(said,))
    evidence = (
        f"{best} of the account id tells who {words.did}: AUC {found[best].auc:.2f} (at least {found[best].low:.2f}) "
        f"among accounts of one age and segment; {_example(names, cases.left, best, words)}"
    )
    remedy = "export the ids that the accounts had before anything became of them, in every table alike"
    return Evidence((Finding("identifier", "leak", "account_id", evidence, remedy),), (said,))


def _strata(material: Material) -> NDArray[np.int64]:
    """Age and segment: what an id may honestly stand for."""
    cases = material.cases
    segment = material.book.accounts["segment"].to_numpy()[cases.account]
    codes = np.unique([str(name) for name in segment], return_inverse=True)[1]
    strata: NDArray[np.int64] = (cases.strata * (codes.max(initial=0) + 1) + codes).astype(np.int64)
    return strata


def _order(names: list[str]) -> NDArray[np.float64]:
    """The number in an id; its place in the alphabet where ids have none."""
    digits = [re.sub(r"\D", "", name) for name in names]
    if all(digits):
        return np.array([float(number) for number in digits])
    return np.argsort(np.argsort(names)).astype(np.float64)


def _example(names: list[str], left: NDArray[np.bool_], what: str, words: Happening) -> str:
    """The commonest form among those who left, and how common it is among the others."""
    if what not in SHAPES:
        middle = sorted(_order(names)[left].tolist())[int(left.sum()) // 2]
        return f"half of those that {words.did} stand beyond {middle:,.0f}"
    parts = np.array([SHAPES[what](name) for name in names])
    forms, counts = np.unique(parts[left], return_counts=True)
    lift = [counts[i] / left.sum() - (parts[~left] == form).mean() for i, form in enumerate(forms)]
    form = forms[int(np.argmax(lift))]
    own, others = (parts[left] == form).mean(), (parts[~left] == form).mean()
    return f"it is {str(form)!r} for {own:.0%} of those that {words.did} and {others:.0%} of those that {words.kept}"
