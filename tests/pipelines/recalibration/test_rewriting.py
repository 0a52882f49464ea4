"""A scorecard's text with other weights: what changes, and that nothing else does."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from healthscore.config import load_scorecard, shipped_scorecards
from healthscore.config.scorecards import Provenance, Variant
from healthscore.pipelines.recalibration.rewriting import difference, rewritten, with_weights
from healthscore.pipelines.recalibration.varianttexts import with_variants

CARD = """\
# our score   \t
title = 'Ours'   # single quotes, and blanks at the end  \n\
missing = "neutral"

[components]                         # inline, dotted, and in tables of their own
use = { label = "use, not clicks", weight = 40, measures = [ { feature = "u", linear = [[0, 0], [9, 100]] } ] } # inline
tickets.weight   =  33.34            # a third
tickets.label = "weight = 33.34"
tickets.measures = [{ feature = "t", steps = [[0, 100], [3, 0]] }]

[components.rating]
\tlabel = "the manager's word"
\tweight=26.66# tight
\tmeasures = [
  { feature = "r", linear = [[1, 0], [5, 100]] },   # 1 to 5

\t]

[[cap]]   # weight = 40
name = "fall"
when = [{ feature = "u", at_most = -0.36 }]
band = "needs attention"

[[variant]]
name = "new"
segments = ["new"]
weights = { use = 40, tickets = 33.34, rating = 26.66 }
"""
WEIGHTS = {"use": 50.0, "tickets": 25.0, "rating": 25.0}
PROVENANCE = Provenance(
    run="saas",
    identity="0123456789ab",
    replaces="use 40, tickets 33.34, rating 26.66",
    first=date(2024, 5, 1),
    last=date(2025, 4, 1),
    data_end=date(2025, 7, 1),
    origins=12,
    events=479,
    intervals={"use": (12.5, 61.25), "tickets": (None, None)},
    gain=(0.0012, 0.0003),
)
ADDED = """
[provenance]                   # of the weights; by healthscore recalibrate
run = "saas"
identity = "0123456789ab"
replaces = "use 40, tickets 33.34, rating 26.66"
first = 2024-05-01
last = 2025-04-01
data_end = 2025-07-01
origins = 12
events = 479
gain = [0.0012, 0.0003]

[provenance.intervals]         # confirmed by history, per cent, 95 %
use = [12.5, 61.25]
"""


def by_hand(text: str = CARD) -> str:
    """The three weights replaced as a person would, and the provenance at the end."""
    text = text.replace('clicks", weight = 40,', 'clicks", weight = 50,')
    text = text.replace("tickets.weight   =  33.34 ", "tickets.weight   =  25 ")
    return text.replace("weight=26.66#", "weight=25#") + ADDED


def test_only_the_weights_change_and_a_provenance_is_added() -> None:
    assert rewritten(CARD, WEIGHTS, PROVENANCE) == by_hand()


def test_line_ends_of_another_system_stay() -> None:
    windows = CARD.replace("\n", "\r\n")
    assert rewritten(windows, WEIGHTS, PROVENANCE) == by_hand().replace("\n", "\r\n")


def test_a_text_without_a_last_line_end_gets_one() -> None:
    assert rewritten(CARD.rstrip("\n"), WEIGHTS, PROVENANCE) == by_hand()


def test_a_weight_that_stays_keeps_its_spelling() -> None:
    text = CARD.replace("weight = 40,", "weight = 40.00,")
    assert "weight = 40.00," in rewritten(text, {"use": 40.0, "tickets": 35.0, "rating": 25.0}, PROVENANCE)


def test_an_older_provenance_is_replaced_where_it_stands() -> None:
    once = rewritten(CARD, WEIGHTS, PROVENANCE).replace("[[cap]]", "# a cap\n[[cap]]")
    newer = PROVENANCE.model_copy(
        update={"identity": "ba9876543210", "gain": None, "intervals": {"rating": (1.0, 2.5)}, "events": 700}
    )
    again = rewritten(once, WEIGHTS, newer)
    changed = difference(once, again, "card").splitlines()[2:]
    assert [line for line in changed if line[0] in "+-"] == [
        '-identity = "0123456789ab"',
        '+identity = "ba9876543210"',
        "-events = 479",
        "-gain = [0.0012, 0.0003]",
        "+events = 700",
        "-use = [12.5, 61.25]",
        "+rating = [1, 2.5]",
    ]
    assert tomllib.loads(again)["provenance"]["intervals"] == {"rating": [1, 2.5]}
    assert rewritten(again, WEIGHTS, PROVENANCE).count("[provenance]") == 1


def test_weights_of_an_included_file_are_stated_in_the_including_one(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(CARD, encoding="utf-8")
    text = 'include = ["base.toml"]\ntitle = "Ours, amended"\n'
    (tmp_path / "card.toml").write_text(rewritten(text, WEIGHTS, PROVENANCE), encoding="utf-8")
    card = load_scorecard(tmp_path / "card.toml")
    assert card.weights_of() == WEIGHTS
    assert card.components["tickets"].label == "weight = 33.34"


@pytest.mark.parametrize("name", sorted(shipped_scorecards()))
def test_what_is_written_is_what_was_meant(name: str, tmp_path: Path) -> None:
    path = shipped_scorecards()[name]
    card, text = load_scorecard(path), path.read_bytes().decode()
    first, *others = card.components
    moved = {first: card.components[first].weight - 5, others[0]: card.components[others[0]].weight + 5}
    bounded = PROVENANCE.model_copy(update={"intervals": {first: (3.5, 40.0)}})
    (tmp_path / path.name).write_bytes(rewritten(text, card.weights_of() | moved, bounded).encode())
    assert load_scorecard(tmp_path / path.name) == with_weights(card, moved, bounded).model_copy(
        update={"path": (tmp_path / path.name).resolve()}
    )
    lines = (tmp_path / path.name).read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines[: lines.index(ADDED.splitlines()[1]) - 1] if not line.startswith("weight")]
    assert kept == [line for line in text.splitlines() if not line.startswith("weight")]


def test_variants_keep_their_weights(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    card = with_weights(load_scorecard(tmp_path / "card.toml"), WEIGHTS, PROVENANCE)
    assert card.weights_of() == WEIGHTS
    assert card.weights_of(card.variant[0]) == {"use": 40, "tickets": 33.34, "rating": 26.66}


def test_the_difference_is_a_patch() -> None:
    assert difference("a\nb\nc\n", "a\nB\nc\n", "card.toml") == (
        "--- card.toml\n+++ card.toml\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    )
    assert difference(CARD, CARD, "card.toml") == ""


VARIED = (
    CARD.replace("title = 'Ours'", "title = 'Varied'")
    + """\
# the colours of both
[bands]
edges = [40, 70]
"""
)
CHANGED = Variant(name="new", segments=("new",), weights={"use": 45.0, "tickets": 33.34, "rating": 21.66})
NEW = Variant(name="large", segments=('Large "EU"',), weights={"use": 60.0, "tickets": 15.0, "rating": 25.0})
NEW_TEXT = """
[[variant]]                    # by healthscore recalibrate
name = "large"
segments = ["Large \\"EU\\""]
weights = { use = 60, tickets = 15, rating = 25 }
"""


def test_a_new_variant_stands_after_the_others_and_before_what_follows() -> None:
    stated = Variant(name="new", segments=("new",), weights={"use": 40, "tickets": 33.34, "rating": 26.66})
    assert with_variants(VARIED, [stated, NEW]) == VARIED.replace("\n# the colours", f"\n{NEW_TEXT}# the colours")


def test_only_the_weights_of_the_variant_change() -> None:
    text = VARIED.replace("rating = 26.66 }", "rating = 26.66 }   # by feel")
    expected = text.replace(
        "{ use = 40, tickets = 33.34, rating = 26.66 }", "{ use = 45, tickets = 33.34, rating = 21.66 }"
    )
    assert with_variants(text, [CHANGED]) == expected


def test_weights_of_a_variant_may_be_a_table_and_a_component_may_be_new_to_them() -> None:
    head, rest = '[[variant]]\nname = "new"\nsegments = ["new"]\n[variant.weights]\n', "\n[bands]\nedges = [40, 70]\n"
    new = with_variants(f"{head}use = 100   # all\n{rest}", [CHANGED])
    assert tomllib.loads(new)["variant"][0]["weights"] == {"use": 45, "tickets": 33.34, "rating": 21.66}
    assert new.startswith(f"{head}use = 45   # all\n")
    assert new.endswith(rest)
    inline = '[[variant]]\nname = "new"\nsegments = ["new"]\nweights = { use = 100 }   # all\n'
    assert with_variants(inline, [CHANGED]) == inline.replace(
        "{ use = 100 }", "{ use = 45, tickets = 33.34, rating = 21.66 }"
    )


def test_variants_may_be_a_list() -> None:
    text = 'variant = [{ name = "new", segments = ["new"], weights.use = 100 }] # one\n[bands]\nedges = [40, 70]\n'
    new = with_variants(text, [Variant(name="new", segments=("new",), weights={"use": 100}), NEW])
    assert [one["name"] for one in tomllib.loads(new)["variant"]] == ["new", "large"]
    assert new.startswith(text[: text.index("}]") + 1])
    assert new.endswith(" # one\n[bands]\nedges = [40, 70]\n")


def test_a_list_that_looks_like_a_header_is_none() -> None:
    text = VARIED.replace("[[cap]]", 'note = """\n[[variant]]\n"""\nlists = [\n["variant"],\n["bands"]\n]\n[[cap]]')
    stated = Variant(name="new", segments=("new",), weights={"use": 40, "tickets": 33.34, "rating": 26.66})
    assert with_variants(text, [stated, NEW]) == text.replace("\n# the colours", f"\n{NEW_TEXT}# the colours")


def test_variants_of_an_included_file_are_stated_with_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(CARD, encoding="utf-8")
    base = load_scorecard(tmp_path / "base.toml")
    text = 'include = ["base.toml"]\ntitle = "Ours, amended"'
    variants = (*base.variant, NEW)
    (tmp_path / "card.toml").write_text(rewritten(text, WEIGHTS, PROVENANCE, variants), encoding="utf-8")
    card = load_scorecard(tmp_path / "card.toml")
    assert card.variant == variants
    assert card.weights_of() == WEIGHTS


def test_weights_variants_and_provenance_change_together(tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text(VARIED, encoding="utf-8")
    provenance = PROVENANCE.model_copy(update={"variants": ("new", "large"), "intervals": {"use": (12.5, 61.25)}})
    text = rewritten(VARIED, WEIGHTS, provenance, [CHANGED, NEW])
    (tmp_path / "card.toml").write_text(text, encoding="utf-8")
    expected = with_weights(load_scorecard(tmp_path / "old.toml"), WEIGHTS, provenance, [CHANGED, NEW])
    found = load_scorecard(tmp_path / "card.toml")
    assert found.model_dump(exclude={"name"}) == expected.model_dump(exclude={"name"})
    lines = [line for line in difference(VARIED, text, "card").splitlines()[2:] if line[0] == "-"]
    assert len(lines) == 4
    assert 'variants = ["new", "large"]' in text
    assert rewritten(VARIED.replace("\n", "\r\n"), WEIGHTS, provenance, [CHANGED, NEW]) == text.replace("\n", "\r\n")
