"""A scorecard's TOML: what is accepted, where a run finds it, and how faults are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from healthscore.config import Scorecard, library, load_run, load_scorecard, shipped_runs, shipped_scorecards
from healthscore.errors import ConfigurationError
from healthscore.pipelines.publish import run_identity

CARD = """
[components.activity]
weight = 60
measures = [{ feature = "logins", linear = [[0, 0], [20, 100]] }]
[components.support]
weight = 40
measures = [{ feature = "tickets", steps = [[0, 100], [3, 0]], tolerance = 1 }]
[[cap]]
name = "silent"
when = [{ feature = "logins", at_most = 0 }]
band = "at risk"
[[variant]]
name = "young"
when = [{ feature = "tenure_days", at_most = 90 }]
weights = { activity = 80, support = 20 }
"""
RUN = """
[as_of]
dates = [2024-03-01]
[sources.log]
contract = "events"
path = "log.csv"
"""
RUNS = {
    "actions": "saas",
    "delivery_contact_assessment": "b2b_services",
    "frequency_breadth_depth": "saas",
    "oulad": "oulad",
    "recency_frequency_money": "online_retail_ii",
    "seven_components": "saas",
    "tickets_usage_assessment": "saas",
    "usage_sentiment_breadth_sponsor": "saas",
}
"""Shipped scorecard -> the shipped run whose features it is made of."""


def written(directory: Path, text: str, name: str = "ours.toml") -> Path:
    path = directory / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scorecard_is_named_after_its_file_and_lists_what_it_reads(tmp_path: Path) -> None:
    card = load_scorecard(written(tmp_path, CARD))
    assert (card.name, card.path) == ("ours", tmp_path / "ours.toml")
    assert card.features == ("logins", "tickets", "tenure_days")
    assert card.weights_of() == {"activity": 60, "support": 40}
    assert card.weights_of(card.variant[0]) == {"activity": 80, "support": 20}
    assert card.purpose is None
    assert card.missing == "reweight"


def test_people_read_the_title_or_else_the_name_in_words(tmp_path: Path) -> None:
    card = load_scorecard(written(tmp_path, CARD, "our_own_card.toml"))
    assert card.called == "our own card"
    assert load_scorecard(written(tmp_path, f'title = "The card"{CARD}')).called == "The card"


def test_a_variant_that_leaves_a_component_out_gives_it_no_weight(tmp_path: Path) -> None:
    text = CARD.replace("weights = { activity = 80, support = 20 }", "weights = { activity = 100 }")
    card = load_scorecard(written(tmp_path, text))
    assert card.weights_of(card.variant[0]) == {"activity": 100, "support": 0}


def test_thirds_may_be_written_with_two_decimals(tmp_path: Path) -> None:
    parts = "".join(f"[components.{name}]\nweight = 33.33\n" for name in ("a", "b", "c"))
    assert len(load_scorecard(written(tmp_path, parts)).components) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("weight = 40", "weight = 35"), r"the scorecard: weights sum to 95 \(60 \+ 35\), not to 100"),
        (("support = 20 }", "support = 15 }"), r"variant young: weights sum to 95 \(80 \+ 15\), not to 100"),
        (("support = 20 }", "suport = 20 }"), r"variant young: weights: there is no 'suport'; did you mean 'support'"),
        (('band = "at risk"', 'band = "at rsk"'), r"cap 'silent': band: there is no 'at rsk'; did you mean 'at risk'"),
        (('band = "at risk"', 'band = "healthy"'), r"'healthy' is the top band, and limits nothing"),
        (('band = "at risk"', ""), r"cap\.0: a cap has either `band` or `score`"),
        (("weight = 60", "wieght = 60"), r"components\.activity\.wieght: unknown key; did you mean `weight`"),
        (("linear = [", "liner = ["), r"components\.activity\.measures\.0\.liner: unknown key; did you mean `linear`"),
        (("at_most = 0 }", "atmost = 0 }"), r"cap\.0\.when\.0\.atmost: unknown key; did you mean `at_most`"),
        (("[20, 100]]", "[0, 100]]"), r"components\.activity\.measures\.0: .*the values rising"),
        (("[20, 100]]", "[20, 120]]"), r"points lie between 0 and 100"),
        (("[20, 100]]", "[inf, 100]]"), r"components\.activity\.measures\.0\.linear\.1\.0: .*finite"),
        (("[[0, 0], [20, 100]]", "[[0, 0]]"), r"two or more pairs"),
        (("linear = [[0, 0], [20, 100]]", "share = 2"), r"give either `linear` or `steps`"),
        (("tolerance = 1", "tolerance = -1"), r"components\.support\.measures\.0\.tolerance"),
        (("weight = 40", "weight = 40\nstart = 30"), r"components\.support: `start` is what `actions` are added to"),
        (("weight = 40", "weight = 40\nmissing = 120"), r"`missing` is `reweight`, `neutral`, or points between"),
        (("weights = { activity = 80, support = 20 }", ""), r"variant\.0: a variant changes something"),
        (("when = [{ feature = \"tenure_days\", at_most = 90 }]", ""), r"variant\.0: a variant says whom it is for"),
        (("weights = {", "edges = [50]\nweights = {"), r"variant 'young': as many `edges` as the bands have"),
        (("weights = {", "edges = [60, 50]\nweights = {"), r"variant\.0: `edges` rise strictly between 0 and 100"),
        (("[[cap]]", '[bands]\nedges = [50]\n[[cap]]'), r"bands: there is one more name"),
        (("[[cap]]", "[bands]\nquartiles_of = 2024-01-01\n[[cap]]"), r"cap 'silent': give `score` instead of `band`"),
        (("[[cap]]", "[bands]\nquartiles_of = 2024-01-01\nedges = [30, 60]\n[[cap]]"), r"either `edges` or `quartil"),
        (("[[cap]]", '[letters]\nedges = [50]\nnames = ["A"]\n[[cap]]'), r"letters: there is one more letter"),
        (("[components.activity]", "["), r"is not TOML"),
    ],
)  # fmt: skip
def test_faults_name_the_key_and_the_nearest_known_one(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_scorecard(written(tmp_path, CARD.replace(*change)))


def test_two_caps_or_variants_of_one_name_are_refused(tmp_path: Path) -> None:
    cap = CARD[CARD.index("[[cap]]") : CARD.index("[[variant]]")]
    with pytest.raises(ConfigurationError, match="two caps are called 'silent'"):
        load_scorecard(written(tmp_path, CARD + cap))


def test_all_faults_are_told_at_once_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_scorecard(written(tmp_path, CARD.replace("linear", "liner").replace("at_most = 90", "at_mots = 90")))
    assert str(error.value).startswith(str(tmp_path / "ours.toml"))
    assert "measures.0.liner" in str(error.value)
    assert "variant.0.when.0.at_mots" in str(error.value)


def test_a_component_named_like_a_key_does_not_confuse_the_hints(tmp_path: Path) -> None:
    text = '[components.cap]\nweight = 100\nmeasures = [{ feature = "x", stepss = [[0, 0], [1, 100]] }]\n'
    with pytest.raises(ConfigurationError, match=r"components\.cap\.measures\.0\.stepss: .*did you mean `steps`"):
        load_scorecard(written(tmp_path, text))


# --- a run names its scorecard ---------------------------------------------------------------------------------------


def test_a_run_names_a_shipped_scorecard_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = load_run(written(tmp_path, 'scorecard = "seven_components"\n' + RUN, "run.toml"))
    assert run.scorecard is not None
    assert run.scorecard.weights_of()["relationship"] == 5
    assert load_run(written(tmp_path, RUN, "run.toml")).scorecard is None


def test_a_path_is_relative_to_the_file_that_says_it(tmp_path: Path) -> None:
    written(tmp_path, CARD, "parts/ours.toml")
    written(tmp_path, 'scorecard = "ours.toml"\n', "parts/base.toml")
    run = load_run(written(tmp_path, 'include = ["parts/base.toml"]\n' + RUN, "run.toml"))
    assert run.scorecard is not None
    assert run.scorecard.path == tmp_path / "parts" / "ours.toml"


def test_the_including_files_scorecard_wins(tmp_path: Path) -> None:
    written(tmp_path, CARD, "parts/ours.toml")
    written(tmp_path, 'scorecard = "actions"\n', "parts/base.toml")
    text = 'include = ["parts/base.toml"]\nscorecard = "parts/ours.toml"\n' + RUN
    run = load_run(written(tmp_path, text, "run.toml"))
    assert run.scorecard is not None
    assert run.scorecard.name == "ours"


def test_a_scorecard_may_include_another_and_change_its_weights(tmp_path: Path) -> None:
    written(tmp_path, CARD)
    text = 'include = ["ours.toml"]\ncomponents.activity.weight = 50\ncomponents.support.weight = 50\n'
    card = load_scorecard(written(tmp_path, text, "even.toml"))
    assert card.name == "even"
    assert card.weights_of() == {"activity": 50, "support": 50}
    assert card.components["activity"].measures[0].feature == "logins"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('"seven_component"', r"no scorecard at seven_component(.|\n)*did you mean .*'seven_components'"),
        ('"ours.toml"', r"no scorecard at .*ours\.toml"),
        ("{ components = {} }", r"scorecard: dict instead of a name(.|\n)*file of its own"),
    ],
)
def test_a_scorecard_that_is_not_there_is_told(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_run(written(tmp_path, f"scorecard = {said}\n" + RUN, "run.toml"))


def test_a_runs_identity_follows_the_content_of_its_scorecard_and_not_its_place(tmp_path: Path) -> None:
    def identity(text: str, name: str) -> str:
        written(tmp_path, text, name)
        run = load_run(written(tmp_path, f'scorecard = "{name}"\n' + RUN, "run.toml"))
        return run_identity(run, "backtest", {})

    named = 'name = "ours"\n' + CARD
    assert identity(named, "a.toml") == identity(named, "b/c.toml")
    assert identity(named, "a.toml") != identity(named.replace("[20, 100]", "[25, 100]"), "a.toml")


# --- shipped scorecards ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(shipped_scorecards()))
def test_every_shipped_scorecard_is_whole(name: str) -> None:
    card = load_scorecard(name)
    assert card.name == name
    assert card.title
    assert card.purpose is not None
    assert card.purpose.review is not None
    assert all(part.label and (part.measures or part.actions) for part in card.components.values())
    for variant in (None, *card.variant):
        assert sum(card.weights_of(variant).values()) == 100


def test_every_shipped_scorecard_is_made_of_the_features_of_the_run_that_its_page_names() -> None:
    assert RUNS.keys() == shipped_scorecards().keys()
    page = (library() / "models" / "README.md").read_text(encoding="utf-8")
    for name, run in RUNS.items():
        assert re.search(rf"^\| `{name}` \|.*\| `{run}`[^|]* \|$", page, flags=re.MULTILINE), name
        text = shipped_scorecards()[name].read_text(encoding="utf-8")
        comment = text[: re.search("^[^#]", text, flags=re.MULTILINE).start()]  # type: ignore[union-attr]
        assert f"run `{run}`" in comment
        dictionary = (library() / "features" / "dictionary" / f"{run}.md").read_text(encoding="utf-8")
        there = set(re.findall(r"^\| `(\w+)` \|", dictionary, flags=re.MULTILINE))
        own = {"ratings_last"} if name == "tickets_usage_assessment" else set()  # its comment says how to add them
        assert set(load_scorecard(name).features) - there == own


def test_shipped_runs_use_the_scorecards_that_are_made_for_them() -> None:
    used = {name: load_run(name).scorecard for name in shipped_runs()}
    for name, card in used.items():
        assert card is None or RUNS[card.name] == name
    assert isinstance(used["saas"], Scorecard)
    assert list(used["saas"].weights_of().values()) == [20, 20, 20, 15, 10, 10, 5]


def test_the_classic_weights_are_shipped() -> None:
    weights = {name: list(load_scorecard(name).weights_of().values()) for name in shipped_scorecards()}
    assert weights["usage_sentiment_breadth_sponsor"] == [40, 20, 20, 20]
    assert weights["tickets_usage_assessment"] == [30, 40, 30]
    assert load_scorecard("tickets_usage_assessment").bands.edges == (41, 71)
