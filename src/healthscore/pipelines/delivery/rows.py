"""Which rows of a publication a delivery takes, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from healthscore.config.deliveries import Only
from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery.publications import ACCOUNT, AS_OF, Publication
from healthscore.pipelines.wording import meant
from healthscore.tables.quoting import quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa

BAND, RULES, ACTIONS = "band", "trend_rules", "actions"
SEPARATOR = ";"


def chosen_columns(
    publication: Publication, columns: Sequence[str] | None, mapping: Iterable[str], *, keys: Sequence[str] = ()
) -> list[str]:
    """Columns that go: `keys` first, then those asked for, else all.

    Raises
    ------
    ConfigurationError
        One of them was not published; the nearest one that was is named.
    """
    asked = list(publication.columns if columns is None else columns)
    known(publication, (*asked, *mapping))
    return list(dict.fromkeys([*keys, *asked]))


def known(publication: Publication, columns: Iterable[str]) -> None:
    """Raise ConfigurationError unless all columns were published."""
    for name in columns:
        if name not in publication.columns:
            what = f"no column {name!r} was published at {publication.as_of}"
            raise ConfigurationError(what, meant(name, publication.columns))


def selected(publication: Publication, columns: Sequence[str], only: Only, before: Publication | None) -> pa.Table:
    """The columns of the rows to which all of `only` applies, in the order in which they were published."""
    beside = [BAND] if only.bands else []
    beside += [name for name in (RULES, ACTIONS) if only.rules and name in publication.columns]
    if only.rules and not beside:
        raise ConfigurationError("only.rules: nothing was published of rules or actions", "leave out `rules`")
    known_bands(publication, only.bands, "only.bands")
    table = publication.table(list(dict.fromkeys([ACCOUNT, *columns, *beside])))
    taken = [True] * len(table)
    if only.bands:
        taken = [one in only.bands for one in table[BAND].to_pylist()]
    if only.rules:
        wanted, named = set(only.rules), [table[name].to_pylist() for name in beside if name != BAND]
        ruled = [any(wanted & names_in(text) for text in texts) for texts in zip(*named, strict=True)]
        taken = [one and other for one, other in zip(taken, ruled, strict=True)]
    if only.changed and before is not None and set(columns) <= set(before.columns):
        moved = _changed(table, before, [name for name in columns if name != AS_OF])
        taken = [one and account in moved for one, account in zip(taken, table[ACCOUNT].to_pylist(), strict=True)]
    return (table if all(taken) else table.filter(taken)).select(list(columns))


def known_bands(publication: Publication, bands: Iterable[str], where: str) -> None:
    """Raise ConfigurationError unless the scores have bands of these names: a wrong one would silently choose none."""
    there = list(publication.result.get("bands", {}))
    for band in bands:
        if there and band not in there:
            raise ConfigurationError(f"{where}: there is no band {band!r}", meant(band, there))


def names_in(text: str | None) -> set[str]:
    """Names in a published text that holds several: `drop;decline`, `at_risk: Call (CSM-05); unhappy: Ask (CSM-05)`."""
    if text is None:
        return set()
    return {part.partition(":")[0].strip() for part in text.split(SEPARATOR)} - {""}


def _changed(table: pa.Table, before: Publication, columns: Sequence[str]) -> set[str]:
    """Accounts whose rows differ from those of another publication, or were not in it."""
    from healthscore.tables.engine.duckdb import DuckDBEngine

    engine = DuckDBEngine()
    listed = ", ".join(map(quote_identifier, dict.fromkeys([ACCOUNT, *columns])))
    try:
        engine.register("now", table)
        engine.register("before", before.table(list(dict.fromkeys([ACCOUNT, *columns]))))
        found = engine.query(f"SELECT {listed} FROM now EXCEPT SELECT {listed} FROM before")
    finally:
        engine.close()
    return set(found[ACCOUNT].to_pylist())
