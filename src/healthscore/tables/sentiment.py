"""Sentiment: what people wrote, as a level from -1 (negative) to 1 (positive), by a lexicon and its rules.

Nothing is learned and nothing is downloaded: the lexicon is part of the library, so that a comment has the same value
today and in ten years. The lexicon knows negations ("not good"), intensifiers ("really bad") and what follows a "but";
it knows no irony and no jargon (it takes "support" and "help" for praise), and a sentence without any word of it is
neutral, 0. A blank comment has no value.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from healthscore.config import Run
from healthscore.tables.columns import BindingError
from healthscore.tables.engine import Engine
from healthscore.tables.expressions import listed, nearest_name
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort, sort_of
from healthscore.tables.sources import SENTIMENT, RawTable
from healthscore.tables.texts import tidy_text

LONGEST = 1_000
"""Characters of a comment that are read, from its beginning: the rules take time that grows with the square of it, and
at the end of a long mail stands the mail that it answers."""
TEXTS_AT_ONCE = 10_000
_LEVEL = pa.decimal128(5, 4)


def join_sentiment(engine: Engine, run: Run, name: str, table: RawTable) -> RawTable:
    """The raw table with the column `SENTIMENT` where the source declares one; each text is judged once.

    Raises
    ------
    BindingError
        The declared column is not there, or holds no text.
    """
    declared = run.sources[name].sentiment
    if declared is None:
        return table
    problems = _faults(name, declared.text, table)
    if problems:
        raise BindingError(problems)
    text = tidy_text(f"t.{quote_identifier(declared.text)}")
    comments, joined = quote_identifier(f"{name}/comments"), quote_identifier(f"{name}/sentiment")
    _judge(
        engine,
        f"{name}/comments",
        f"SELECT DISTINCT {text} AS text FROM {table.relation} t",
        LEXICONS[declared.language](),
    )
    engine.execute(
        f"CREATE OR REPLACE VIEW {joined} AS SELECT t.*, c.level AS {SENTIMENT} FROM {table.relation} t "
        f"LEFT JOIN {comments} c ON {text} = c.text"
    )
    return RawTable(joined, table.columns | {SENTIMENT: "DECIMAL(5,4)"}, table.stored)


def _judge(engine: Engine, comments: str, texts: str, level: Callable[[str], float]) -> None:
    """Write every text with its level, a batch at a time: there may be more of them than memory holds."""
    judged, batch_of = quote_identifier(comments), f"{comments}/batch"
    engine.execute(f"CREATE OR REPLACE TABLE {judged} (text VARCHAR, level DECIMAL(5, 4))")
    for batch in engine.batches(f"SELECT text FROM ({texts}) WHERE text IS NOT NULL", TEXTS_AT_ONCE):
        levels = [round(level(text[:LONGEST]), 4) for text in batch.column(0).to_pylist()]
        engine.register(batch_of, pa.table({"text": batch.column(0), "level": pa.array(levels).cast(_LEVEL)}))
        engine.execute(f"INSERT INTO {judged} SELECT text, level FROM {quote_identifier(batch_of)}")
    engine.execute(f"DROP TABLE IF EXISTS {quote_identifier(batch_of)}")


def _faults(name: str, column: str, table: RawTable) -> list[Problem]:
    """The declared column is missing, or of another type."""
    if column not in table.columns:
        near = nearest_name(column, table.columns)
        hint = f"; did you mean {near!r}?" if near else ""
        rule = f"sentiment is that of the column {column!r}, which is not there{hint}; found {listed(table.columns)}"
        remedy = f'set `sentiment = {{ text = "{near or "..."}", language = "en" }}` in [sources.{name}]'
        return [Problem("missing_column", "error", name, column, rule=rule, remedy=remedy)]
    if sort_of(table.columns[column]) is not Sort.TEXT:
        rule = f"sentiment is that of a text, and {column} is {table.columns[column]}"
        remedy = f"name the column that holds the comments in `sentiment` of [sources.{name}]"
        return [Problem("wrong_type", "error", name, column, rule=rule, remedy=remedy)]
    return []


def _english() -> Callable[[str], float]:
    """VADER (Hutto and Gilbert 2014): the compound score, normalised by x / sqrt(x^2 + 15)."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda text: float(analyzer.polarity_scores(text)["compound"])


LEXICONS: dict[str, Callable[[], Callable[[str], float]]] = {"en": _english}
"""Language -> reads its lexicon: a text's level from -1 to 1."""
