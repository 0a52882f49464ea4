"""Challenger against champion on a small simulated company: what is compared, on which dates, and what is decided."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import BundleError, ConfigurationError, InsufficientDataError
from healthscore.models.bundle import load
from healthscore.pipelines.bundles import find_bundle
from healthscore.pipelines.progress import silent
from healthscore.pipelines.registry import store
from healthscore.pipelines.registry.comparison import Books, Method, _frozen, untouched_folds
from healthscore.pipelines.registry.promotion import promote, rollback
from healthscore.pipelines.registry.recipes import Recipe, recipe_of
from healthscore.pipelines.registry.versions import versions
from healthscore.pipelines.score import score
from healthscore.pipelines.walk import training_rows
from registered import Registered

AS_OF = date(2025, 5, 1)


def recipe(registered: Registered, version: int) -> Recipe:
    known = store.read(registered.run).numbered(version)
    assert known is not None
    return recipe_of(registered.run, known, registered.folder / str(version) / "bundle")


@pytest.fixture(scope="session")
def retrained(registered_once: Callable[[], Registered]) -> tuple[Registered, dict[str, Any], Path]:
    """A champion, and the same recipe of more history promoted after it; the last is the champion's bundle before."""
    registered = registered_once().enthroned(1)
    before = find_bundle(registered.run, None)
    return registered, promote(registered.run, 2, margin=0.05).result, before


@pytest.fixture(scope="session")
def blind(registered_once: Callable[[], Registered]) -> tuple[Registered, dict[str, Any]]:
    """A challenger that sees nearly nothing."""
    registered = registered_once().enthroned(1)
    return registered, promote(registered.run).result


# --- what is decided -------------------------------------------------------------------------------------------------


def test_one_that_is_as_good_within_the_margin_is_promoted(
    retrained: tuple[Registered, dict[str, Any], Path],
) -> None:
    registered, result, _ = retrained
    compared = result["comparison"]
    assert (result["decision"], result["version"], result["before"]) == ("promoted", 2, 1)
    assert compared["method"] == "frozen champion"
    loss = compared["models"]["champion"]["log_loss"]["estimate"]
    assert compared["margin"] == {"share": 0.05, "log_loss": pytest.approx(0.05 * loss)}
    assert compared["difference"]["log_loss"]["estimate"] <= compared["upper_bound"] <= compared["margin"]["log_loss"]
    assert find_bundle(registered.run, None) == find_bundle(registered.run, "2")


def test_a_worse_one_is_kept_out_and_that_is_no_error(blind: tuple[Registered, dict[str, Any]]) -> None:
    registered, result = blind
    compared = result["comparison"]
    assert (result["decision"], result["version"], result["champion"]) == ("kept", 3, 1)
    assert compared["method"] == "frozen champion"
    assert compared["upper_bound"] > compared["margin"]["log_loss"]
    assert compared["models"]["champion"]["auc"]["estimate"] > compared["models"]["challenger"]["auc"]["estimate"] + 0.1
    assert find_bundle(registered.run, None) == find_bundle(registered.run, "1")
    assert "--force --why" in " ".join(result["sentences"])
    kept = registered.events()[-1]
    assert (kept.event, kept.version) == ("kept", 3)
    assert kept.comparison == {key: compared[key] for key in kept.comparison or {}}


def test_a_better_one_is_promoted(registered: Registered) -> None:
    result = promote(registered.enthroned(3).run, 2).result
    compared = result["comparison"]
    assert result["decision"] == "promoted"
    # The champion had seen the outcomes of all dates: both recipes are held against each other.
    assert compared["method"] == "both recipes"
    assert compared["exiting_since_champion"] == 0
    assert compared["upper_bound"] < 0
    assert compared["models"]["challenger"]["auc"]["estimate"] > compared["models"]["champion"]["auc"]["estimate"]


def test_a_worse_one_is_promoted_by_force_with_its_comparison_kept(registered: Registered) -> None:
    result = promote(registered.enthroned(1).run, 3, force=True, why="the tables of usage end").result
    assert (result["decision"], result["forced"]) == ("promoted", True)
    assert not result["comparison"]["passed"]
    event = registered.events()[-1]
    assert (event.why, event.forced, event.author is not None) == ("the tables of usage end", True, True)
    assert event.comparison is not None


def test_the_first_one_must_beat_the_base_rate(registered: Registered) -> None:
    result = promote(registered.run, 2).result
    compared = result["comparison"]
    assert (compared["method"], compared["rival"]) == ("base rate", "base_rate")
    assert compared["margin"]["log_loss"] == 0
    assert result["decision"] == ("promoted" if compared["upper_bound"] < 0 else "kept")


def test_one_recipe_is_not_compared_with_itself(registered: Registered) -> None:
    early = store.read(registered.run).numbered(1)
    assert early is not None
    # As if the champion had been trained so lately that nobody left since.
    text = (registered.folder / store.FILE).read_text()
    (registered.folder / store.FILE).write_text(text.replace(str(early.known_until), "2025-06-30"))
    compared = promote(registered.enthroned(1).run, 2, margin=0).result["comparison"]
    assert compared["method"] == "one recipe"
    assert compared["upper_bound"] == 0
    assert compared["passed"]


# --- on what ---------------------------------------------------------------------------------------------------------


def test_no_date_is_compared_that_the_champion_had_seen(
    retrained: tuple[Registered, dict[str, Any], Path], blind: tuple[Registered, dict[str, Any]]
) -> None:
    for registered, result in (retrained[:2], blind):
        champion = store.read(registered.run).numbered(1)
        assert champion is not None
        assert min(map(date.fromisoformat, result["comparison"]["origins"])) >= champion.known_until


def test_whenever_the_champion_was_trained_only_later_dates_are_untouched(registered: Registered) -> None:
    mine = recipe(registered, 2)
    book = Books(silent).of(mine)
    for known in range(day_of(date(2024, 1, 1)), day_of(date(2025, 8, 1)), 13):
        version = mine.version.model_copy(update={"known_until": date.fromordinal(known + 719163)})
        champion = replace(mine, version=version)
        assert champion.known_until == known
        for fold in untouched_folds(book, champion):
            assert fold.test >= known
            assert (book.known_from[training_rows(book, fold)] <= fold.test).all()


def test_the_challenger_knows_nothing_that_was_known_later(registered: Registered) -> None:
    mine, champion = recipe(registered, 2), recipe(registered, 1)
    book = Books(silent).of(mine)
    folds = untouched_folds(book, champion)
    later = (book.known_from > folds[-1].test) & (book.label >= 0)
    assert later[book.panel.day < folds[-1].test].any()
    other = replace(book, label=np.where(later, 1 - book.label, book.label).astype(np.int8))
    said, changed = (_frozen(each, folds, champion, each, silent) for each in (book, other))
    np.testing.assert_array_equal(said.challenger, changed.challenger)
    np.testing.assert_array_equal(said.rival, changed.rival)


def test_a_champion_of_other_features_is_judged_on_its_own(blind: tuple[Registered, dict[str, Any]]) -> None:
    registered, result = blind
    champion = recipe(registered, 1)
    book = Books(silent).of(champion)
    model = load(champion.bundle).model
    origins = [day_of(date.fromisoformat(day)) for day in result["comparison"]["origins"]]
    rows = np.flatnonzero(np.isin(book.panel.day, origins) & (book.label >= 0))
    p = model.probability(book.panel.X[rows], [feature.name for feature in book.panel.features])
    y = book.label[rows]
    loss = -np.mean(np.where(y == 1, np.log(p), np.log1p(-p)))
    assert result["comparison"]["left_out"] == 0
    assert result["comparison"]["n"] == len(rows)
    assert result["comparison"]["models"]["champion"]["log_loss"]["estimate"] == pytest.approx(loss, rel=1e-9)


def test_what_foretells_something_else_is_not_compared(registered: Registered) -> None:
    text = (registered.folder / store.FILE).read_text()
    (registered.folder / store.FILE).write_text(text.replace('"horizon_days": 60', '"horizon_days": 90', 1))
    with pytest.raises(ConfigurationError, match="cannot be compared") as refused:
        promote(registered.enthroned(1).run, 2)
    assert "--force --why" in refused.value.remedy


def test_too_few_exits_to_compare_by_are_said_with_the_way_out(registered: Registered) -> None:
    dates = registered.run.as_of
    assert dates is not None
    short = {"as_of": dates.model_copy(update={"dates": dates.dates[:2]})}
    run: Run = registered.enthroned(1).run.model_copy(update=short)
    with pytest.raises(InsufficientDataError) as refused:
        promote(run, 2)
    assert "--force --why TEXT" in refused.value.remedy
    result = promote(run, 2, force=True, why="it is the better one").result
    assert result["decision"] == "promoted"
    assert result["uncompared"]


def test_a_version_that_does_not_say_how_it_was_made_can_only_be_forced(registered: Registered) -> None:
    (registered.folder / "1" / "run.json").unlink()
    registered.enthroned(1)
    with pytest.raises(BundleError, match="how version 1 was made") as refused:
        promote(registered.run, 2)
    assert "--force --why" in refused.value.remedy


# --- what it does to scores ------------------------------------------------------------------------------------------


def test_a_probability_has_the_score_that_it_had(retrained: tuple[Registered, dict[str, Any], Path]) -> None:
    registered, result, before = retrained
    probabilities = np.linspace(0.001, 0.9, 50)
    old, new = load(before).scale, load(find_bundle(registered.run, None)).scale
    np.testing.assert_allclose(new.score_of(probabilities), old.score_of(probabilities), atol=1e-9, rtol=0)
    assert result["scale"] == {"scale": 1, "before": 1, "crosswalk": None}
    own = load(registered.run.out / "train" / store.read(registered.run).versions[1].identity / "bundle").scale
    assert own != new


def test_what_a_promotion_does_to_todays_bands_is_told(retrained: tuple[Registered, dict[str, Any], Path]) -> None:
    moved = retrained[1]["movement"]
    assert sum(moved["bands"]["before"].values()) == sum(moved["bands"]["after"].values()) == moved["accounts"]
    assert 0 <= moved["changed"] <= moved["accounts"]


def test_after_a_rollback_the_scores_are_those_from_before(registered: Registered) -> None:
    run = registered.enthroned(1).run
    before = score(run, as_of=AS_OF)
    registered.enthroned(2)
    between = score(run, as_of=AS_OF)
    rollback(run, why="a test")
    after = score(run, as_of=AS_OF)
    assert [each.result["version"] for each in (before, between, after)] == [1, 2, 1]
    assert [each.result["alias"] for each in (before, between, after)] == ["champion"] * 3
    assert (before.directory, between.directory != before.directory) == (after.directory, True)
    assert before.scores.equals(after.scores)
    assert not before.scores["health"].equals(between.scores["health"])


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_tells_every_key(retrained: tuple[Registered, dict[str, Any], Path], registered: Registered) -> None:
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    keys = dict(re.findall(r"^\| `models (\w+)` \| (.*) \|$", page, flags=re.MULTILINE))
    listed = versions(retrained[0].run)
    back = rollback(registered.enthroned(1).enthroned(2).run, why="a test").result
    for command, found in {"list": listed, "promote": retrained[1], "rollback": back}.items():
        assert re.findall(r"`(\w+)[`:]", keys[command]) == list(found), command
    for part in ("versions", "scales", "events"):
        (told,) = re.findall(rf"`{part}: \[\{{(.*?)\}}\]`", keys["list"])
        assert set(told.split(", ")) == set(listed[part][0]), part
    section = page[page.index("`comparison` holds") :]
    assert set(re.findall(r"`(\w+)[`:]", section)) >= set(retrained[1]["comparison"])
    assert set(get_args(Method)) <= set(re.findall(r"^\| `([a-z ]+)` \|", page, flags=re.MULTILINE))
