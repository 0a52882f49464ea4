"""Refits are the model on accounts drawn with replacement, and survive being stored bit by bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthscore.errors import BundleError
from healthscore.models.booster import BoosterPart, BoosterRecipe, BoosterSettings
from healthscore.models.bundle import Bundle, load, save
from healthscore.models.calibration import fit_slopes, level, loss_with_intercepts
from healthscore.models.candidates import Candidates
from healthscore.models.churn import ChurnSettings, fit_candidates
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design
from healthscore.models.health import ScoreScale, displayed
from healthscore.models.innerfit import offsets_of
from healthscore.models.logistic import LogisticPart, LogisticRecipe, LogisticSettings
from healthscore.models.parts import Part
from healthscore.models.refits import LinearRefits, Refits, TreeRefits, interval
from healthscore.models.refitting import _draws, refit

COUNT = 5
SETTINGS = ChurnSettings(booster=BoosterSettings(trees_tried=(15, 30), trees_default=((0, 30),)), threads=1)
CONTEXT = ("noise",)


@pytest.fixture(scope="module")
def small(books: Callable[..., Any]) -> Any:
    """200 accounts, whose last column is context, a component of its own."""
    book = books(200, 8, seed=3)
    design = book.design
    return replace(book, design=Design(design.names, design.components, design.monotone, context=CONTEXT))


def learned(book: Any, name: str = "blend") -> Candidates:
    return fit_candidates(
        book.design, book.X, book.y, book.day, book.known, seed=1, settings=SETTINGS, candidates=[name]
    )


def frozen(model: ChurnModel, book: Any) -> ChurnModel:
    last = book.day == book.day.max()
    return model.frozen(book.X[last], book.y[last], book.design.names)


@pytest.fixture(scope="module")
def candidates(small: Any) -> Candidates:
    return learned(small)


@pytest.fixture(scope="module")
def fitted(candidates: Candidates, small: Any) -> ChurnModel:
    return frozen(candidates.models["blend"], small)


def refitted(model: ChurnModel, candidates: Candidates, book: Any, count: int = COUNT) -> Refits:
    accounts = np.repeat(np.arange(len(book.y) // 8), 8)
    reference = book.X[book.day == book.day.max()]
    return refit(model, candidates, book.X, book.y, book.day, accounts, reference, count=count, settings=SETTINGS)


def without_past(candidates: Candidates) -> Candidates:
    """The same candidates, as if the history had been too short for inner origins."""
    tried = {name: replace(each, logits=each.logits[:0]) for name, each in candidates.tried.items()}
    return replace(candidates, inner_rows=candidates.inner_rows[:0], tried=tried)


@pytest.fixture(scope="module")
def refits(fitted: ChurnModel, candidates: Candidates, small: Any) -> Refits:
    return refitted(fitted, candidates, small)


@pytest.fixture
def saved(fitted: ChurnModel, refits: Refits, tmp_path: Path) -> Path:
    save(Bundle(fitted, ScoreScale.relative(0.1), refits=refits), tmp_path / "bundle")
    return tmp_path / "bundle"


def test_accounts_are_drawn_with_all_their_rows(small: Any) -> None:
    owner = np.repeat(np.arange(200), 8)
    draws = list(_draws(owner, small.y, 50, seed=1))
    for weight in draws:
        assert (weight.reshape(200, 8) == weight[::8, None]).all()
        assert weight[::8].sum() == 200
    assert np.mean([(weight[::8] == 0).mean() for weight in draws]) == pytest.approx(np.exp(-1), abs=0.02)
    assert not np.array_equal(draws[0], draws[1])
    again = list(_draws(owner, small.y, 50, seed=1))
    assert all(np.array_equal(one, other) for one, other in zip(draws, again, strict=True))


def test_a_draw_without_exits_is_drawn_again() -> None:
    y = np.zeros(40, np.int8)
    y[0] = 1
    assert all(weight[0] > 0 for weight in _draws(np.arange(40), y, 30, seed=1))


def test_drawn_once_each_everything_comes_out_as_it_was(small: Any) -> None:
    once = np.ones(len(small.y))
    trees = BoosterRecipe(SETTINGS.booster, threads=1)
    part: Any = trees.path(small.design, small.X, small.y, (30.0,), seed=1)(30.0)
    grown = next(trees.again(part, small.X, small.y, [(once, 30.0)], seed=1))
    assert [tree.columns for tree in grown.trees] == [tree.columns for tree in part.trees]
    assert grown.logit(small.X) == pytest.approx(part.logit(small.X), abs=1e-6)
    line = LogisticRecipe(LogisticSettings())
    straight: Any = line.path(small.design, small.X, small.y, (20.0,), seed=1)(20.0)
    same = next(line.again(straight, small.X, small.y, [(once, 20.0)], seed=1))
    assert same.logit(small.X) == pytest.approx(straight.logit(small.X), abs=1e-7)


def test_a_weight_is_a_number_of_copies(small: Any) -> None:
    """The logistic on drawn rows is that on rows repeated: an oracle that knows of no weights."""
    weight = np.random.default_rng(0).poisson(1.0, len(small.y)).astype(float)
    line = LogisticRecipe(LogisticSettings())
    part: Any = line.path(small.design, small.X, small.y, (20.0,), seed=1)(20.0)
    copies = np.repeat(np.arange(len(small.y)), weight.astype(int))
    drawn = next(line.again(part, small.X, small.y, [(weight, 40.0)], seed=1))
    once = np.ones(len(copies))
    repeated = next(line.again(part, small.X[copies], small.y[copies], [(once, 40.0)], seed=1))
    assert drawn.intercept == pytest.approx(repeated.intercept, abs=1e-7)
    assert drawn.weights == pytest.approx(repeated.weights, abs=1e-7)
    assert drawn.absent == pytest.approx(repeated.absent, abs=1e-7)


def test_a_refit_is_the_model_of_those_drawn(
    fitted: ChurnModel, candidates: Candidates, refits: Refits, small: Any
) -> None:
    """Each refit put together by hand from parts fitted on the draw: level of those drawn, context at its mean.

    Complexity and kappas are those that the drawn rows of the past choose, each row repeated as often as it was drawn.
    """
    owner = np.repeat(np.arange(200), 8)
    weights = list(_draws(owner, small.y, COUNT, fitted.seed))
    offset = offsets_of(small.y, small.day, SETTINGS)
    trees = BoosterRecipe(SETTINGS.booster, threads=1)
    line = LogisticRecipe(SETTINGS.logistic)
    held = refits.held_logit(small.X, small.design.names)
    reference = small.X[small.day == small.day.max()]
    whole: Any = fitted.parts
    for number, weight in enumerate(weights):
        levels, kappas = chosen_by_copies(candidates, small, weight)
        parts: list[Part] = [
            next(trees.again(whole["additive"], small.X, small.y, [(weight, levels[0])], seed=1, offset=offset)),
            next(line.again(whole["logistic"], small.X, small.y, [(weight, levels[1])], seed=1, offset=offset)),
        ]
        assert [values[number] for values in refits.kappas.values()] == pytest.approx(kappas, abs=1e-9)
        z = np.sum([kappa * part.logit(small.X) for kappa, part in zip(kappas, parts, strict=True)], axis=0)
        rate = float(np.average(small.y, weights=weight))
        z = z + level(np.repeat(z, weight.astype(int)), rate) + fitted.calibration.shift
        for kappa, part in zip(kappas, parts, strict=True):
            context = part.component_logit(small.X)[:, -1]
            z += kappa * (part.component_logit(reference)[:, -1].mean() - context)
        assert held[:, number] == pytest.approx(z, abs=1e-7)


def chosen_by_copies(candidates: Candidates, book: Any, weight: Any) -> tuple[list[float], Any]:
    rows = np.repeat(np.arange(len(candidates.inner_rows)), weight[candidates.inner_rows].astype(int))
    y = book.y[candidates.inner_rows][rows]
    origin = np.unique(book.day[candidates.inner_rows], return_inverse=True)[1][rows]
    levels = [
        min(each.levels, key=lambda level: loss_with_intercepts(each.at(level)[rows], y, origin))
        for each in candidates.tried.values()
    ]
    F = np.column_stack([each.at(level)[rows] for each, level in zip(candidates.tried.values(), levels, strict=True)])
    return levels, fit_slopes(F, y, origin, SETTINGS.calibration).kappas


def test_context_moves_no_refit(refits: Refits, small: Any) -> None:
    other = small.X.copy()
    other[:, small.design.names.index("noise")] = 1e6
    names = small.design.names
    assert np.array_equal(refits.held_logit(small.X, names), refits.held_logit(other, names))
    assert all((shares[:, -1] == 0).all() for shares in refits.component_logit(small.X[:50], names))


def test_components_add_up_to_the_refits(refits: Refits, small: Any) -> None:
    X, names = small.X[:80], small.design.names
    held = refits.held_logit(X, names)
    for number, shares in enumerate(refits.component_logit(X, names)):
        assert shares.sum(axis=1) + refits.constants[number] == pytest.approx(held[:, number], abs=1e-9)


def test_columns_in_another_order_are_refused(refits: Refits, small: Any) -> None:
    names = (*small.design.names[1:], small.design.names[0])
    for call in (refits.held_logit, refits.spread, refits.half_widths):
        with pytest.raises(BundleError, match="another order"):
            call(small.X, names)


def test_stored_refits_come_back_bit_by_bit(saved: Path, refits: Refits, small: Any, tmp_path: Path) -> None:
    back = load(saved, threads=1)
    assert back.refits is not None
    names = small.design.names
    assert np.array_equal(back.refits.held_logit(small.X, names), refits.held_logit(small.X, names))
    assert np.array_equal(back.refits.spread(small.X, names), refits.spread(small.X, names))
    save(back, tmp_path / "again")
    for file in saved.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
    assert sorted(file.name for file in saved.iterdir()) == [
        "manifest.json",
        "model.json",
        "refits-additive.txt",
        "trees-additive.txt",
    ]


def test_the_same_rows_make_the_same_refits(
    fitted: ChurnModel, candidates: Candidates, refits: Refits, small: Any
) -> None:
    again = refitted(fitted, candidates, small)
    assert again.to_json() == refits.to_json()
    assert again.to_files() == refits.to_files()


def test_a_part_that_counts_for_nothing_is_not_fitted_again(
    fitted: ChurnModel, candidates: Candidates, small: Any
) -> None:
    short = without_past(candidates)
    trees_only = replace(fitted, calibration=replace(fitted.calibration, kappas=(1.0, 0.0)))
    assert list(refitted(trees_only, short, small, 2).parts) == ["additive"]
    line_only = refitted(replace(fitted, calibration=replace(fitted.calibration, kappas=(0.0, 1.0))), short, small, 2)
    assert line_only.to_files() == {}


def test_a_short_history_keeps_what_the_book_has(fitted: ChurnModel, candidates: Candidates, small: Any) -> None:
    made = refitted(fitted, without_past(candidates), small)
    assert [values.tolist() for values in made.kappas.values()] == [[k] * COUNT for k in fitted.calibration.kappas]
    trees = made.parts["additive"]
    assert isinstance(trees, TreeRefits)
    levels = {name: each.level for name, each in candidates.tried.items()}
    merit = sum(not fitted.design.is_context[tree.columns[0]] for tree in fitted.parts["additive"].trees)  # type: ignore[attr-defined]
    assert trees.sizes.max() <= levels["additive"]
    assert trees.sizes.tolist() == pytest.approx([merit] * COUNT, abs=8)


def test_the_twin_that_mixes_components_is_fitted_again(small: Any, tmp_path: Path) -> None:
    candidates = learned(small, "unconstrained")
    twin = frozen(candidates.models["unconstrained"], small)
    made = refitted(twin, candidates, small, 2)
    names = small.design.names
    X = small.X[:40]
    for number, shares in enumerate(made.component_logit(X, names)):
        apart = made.held_logit(X, names)[:, number] - shares.sum(axis=1)
        assert np.ptp(apart) < 1e-6
    save(Bundle(twin, ScoreScale.relative(0.1), refits=made), tmp_path / "twin")
    back = load(tmp_path / "twin").refits
    assert back is not None
    assert np.array_equal(back.held_logit(X, names), made.held_logit(X, names))


FORGERIES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda r: r["constants"].pop(), "kappas"),
    (lambda r: r.update(constants=[0.0]), "1 refits, where 2 to 500"),
    (lambda r: r["parts"].update(tenure=r["parts"].pop("logistic")), "where the model has"),
    (lambda r: r["parts"].update(additive=r["parts"].pop("additive")), "where the model has"),
    (lambda r: r["parts"]["additive"].pop("kappas"), "kappas"),
    (lambda r: r["parts"]["additive"]["kappas"].pop(), "kappas"),
    (lambda r: r["parts"]["additive"]["kappas"].__setitem__(0, -0.1), "no model learns"),
    (lambda r: r["parts"]["additive"]["kappas"].__setitem__(0, 1e4), "no model learns"),
    (lambda r: r["parts"]["additive"].update(kappas=[0.0] * COUNT), "no model learns"),
    (lambda r: r["parts"]["additive"]["sizes"].__setitem__(0, 1), "add up"),
    (lambda r: r["parts"]["additive"]["sizes"].__setitem__(0, -1), "add up"),
    (lambda r: r["parts"]["additive"]["sizes"].__setitem__(0, 1.5), "add up"),
    (lambda r: r["parts"]["logistic"]["weights"].__setitem__(6, 1.0), "context"),
    (lambda r: r["parts"]["logistic"]["weights"].pop(), "weights"),
    (lambda r: r["parts"]["logistic"].update(absent=[None]), "absent"),
    (lambda r: r.update(parts=[]), "parts"),
]


@pytest.mark.parametrize(("edit", "message"), FORGERIES)
def test_forged_refits_are_refused(saved: Path, edit: Callable[[Any], Any], message: str) -> None:
    document = json.loads((saved / "model.json").read_text())
    edit(document["refits"])
    data = json.dumps(document).encode()
    (saved / "model.json").write_bytes(data)
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["files"]["model.json"] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=message):
        load(saved)


def test_trees_that_no_refit_can_have_are_refused(small: Any, fitted: ChurnModel) -> None:
    part = fitted.parts["additive"]
    assert isinstance(part, BoosterPart)
    merits = TreeRefits.of([part, part])
    text = merits.to_files()["refits"]
    TreeRefits.from_json(merits.to_json(), part, 2, text, "x")
    turned = replace(merits.forest, trees=merits.forest.trees[::-1])
    with pytest.raises(ValueError, match="not sorted by group"):
        TreeRefits.from_json(merits.to_json(), part, 2, TreeRefits(turned, merits.sizes).to_files()["refits"], "x")
    told = replace(part, design=replace(small.design, context=("tickets open",)))
    with pytest.raises(ValueError, match="splits context"):
        TreeRefits.from_json(merits.to_json(), told, 2, text, "x")


def test_no_rows_have_no_spread(refits: Refits, small: Any) -> None:
    names = small.design.names
    empty = np.empty((0, len(names)))
    assert refits.held_logit(empty, names).shape == (0, COUNT)
    for call in (refits.spread, refits.half_widths):
        assert call(empty, names).shape == (0,)
        with pytest.raises(BundleError, match=names[0]):
            call(empty, ["other", *names[1:]])
    part = next(LogisticRecipe(LogisticSettings()).again(*_line(small), seed=1))
    assert LinearRefits.of([part, part]).merits(empty).shape == (0, 2)


def _line(small: Any) -> tuple[LogisticPart, Any, Any, list[Any]]:
    part = LogisticRecipe(LogisticSettings()).path(small.design, small.X, small.y, (20.0,), seed=1)(20.0)
    assert isinstance(part, LogisticPart)
    return part, small.X, small.y, [(np.ones(len(small.y)), 20.0)]


@given(
    st.lists(st.tuples(st.floats(-12, 12), st.floats(0, 5)), min_size=1, max_size=20),
    st.sampled_from([ScoreScale.relative(0.04), ScoreScale.growth(0.04)]),
)
def test_an_interval_holds_the_score_that_is_shown(rows: list[tuple[float, float]], scale: ScoreScale) -> None:
    z, widths = (np.array(column) for column in zip(*rows, strict=True))
    low, high = interval(scale, z, widths)
    health = displayed(scale.score(z))
    assert ((low >= 0) & (low <= health) & (health <= high) & (high <= 100)).all()
    assert np.array_equal(low, displayed(low))


def test_an_interval_worked_by_hand() -> None:
    """15 points halve the odds, so log-odds of ln 2 either way are 15 points either way; the ends stay on the scale."""
    z = np.log([1 / 24, 1 / 24, 1 / 384])
    low, high = interval(ScoreScale.relative(0.04), z, np.log(2) * np.array([1.0, 0.0, 1.0]))
    assert low.tolist() == [40.0, 55.0, 100.0]
    assert high.tolist() == [70.0, 55.0, 100.0]


def test_the_spread_is_that_among_companies(books: Callable[..., Any]) -> None:
    """What one company's refits say of its scores is how much scores differ among ten companies of the same kind."""
    told, scores = [], []
    asked = books(40, 8, seed=99)
    for seed in range(10):
        book = books(300, 8, seed=seed)
        candidates = learned(book, "logistic")
        model = candidates.models["logistic"]
        told.append(refitted(model, candidates, book, 10).spread(asked.X, book.design.names))
        scores.append(model.logit(asked.X, book.design.names))
    ratio = np.sqrt(np.mean(np.square(told))) / np.sqrt(np.mean(np.var(scores, axis=0, ddof=1)))
    assert 0.75 < ratio < 1.3
