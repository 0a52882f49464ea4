"""Which expression fills which column of the contract: the run's `columns`, else the file's column of the same name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from healthscore.config import PANEL, Source
from healthscore.errors import ConfigurationError
from healthscore.tables.contract import CONTRACTS, Contract, Kind
from healthscore.tables.expressions import (
    Compiled,
    Name,
    UnknownColumnError,
    compile_expression,
    listed,
    nearest_name,
)
from healthscore.tables.panelcolumns import absent_features, feature_column, panel_column
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort, sort_of
from healthscore.tables.sources import FILE, LINE, SENTIMENT

ORIGINAL = "_original"
WHERE = "_where"
EXCLUDE = "_exclude"
CONDITIONS = ("where", "exclude")
"""Keys of a source that choose its rows."""
RESERVED = frozenset(
    {
        FILE,
        LINE,
        ORIGINAL,
        WHERE,
        EXCLUDE,
        "day",
        "known_day",
        "start_day",
        "end_day",
        "end_known_day",
        "notice_known_day",
        "until_day",
        "instant",
    }
)
"""Names that a bound relation or its layers use themselves."""


class BindingError(Exception):
    """A source whose columns cannot be bound, with every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Assigned:
    """A source's expressions as SQL over its files' columns.

    Attributes
    ----------
    columns
        Contract column -> expression, in the contract's order.
    keys
        Columns of `deduplicate_by` that are neither contract columns nor attributes, but the file's own.
    """

    name: str
    source: Source
    contract: Contract
    columns: dict[str, Compiled] = field(default_factory=dict)
    attributes: dict[str, Compiled] = field(default_factory=dict)
    keys: dict[str, Compiled] = field(default_factory=dict)
    where: Compiled | None = None
    exclude: Compiled | None = None

    def kind(self, column: str) -> Kind:
        """What a column holds; attributes are texts unless their expression says otherwise."""
        found = self.contract.column(column)
        return Kind.TEXT if found is None else found.kind


def names_of(columns: Mapping[str, str]) -> dict[str, Name]:
    """The file's columns as names for expressions; what the engine knows as ids or enumerations is text here."""
    names = {}
    for column, engine_type in columns.items():
        sort, quoted = sort_of(engine_type), quote_identifier(column)
        plain = engine_type == "VARCHAR" or sort is not Sort.TEXT
        names[column] = Name(quoted if plain else f"CAST({quoted} AS TEXT)", sort)
    return names


def assign(name: str, source: Source, columns: Mapping[str, str]) -> Assigned:
    """Find and compile every expression of a source.

    Parameters
    ----------
    name
        The source's name.
    source
        What the run says about it.
    columns
        The file's columns -> the engine's types.

    Raises
    ------
    BindingError
        Columns are missing; all of them are named.
    ConfigurationError
        An expression is not allowed, or the run names columns that the contract does not have.
    """
    contract, names, problems = CONTRACTS[source.contract], names_of(columns), list[Problem]()
    _refuse_strangers(name, source, contract)

    def compiled(key: str, text: str, column: str = "") -> Compiled | None:
        try:
            return compile_expression(text, names, f"sources.{name}.{key}")
        except UnknownColumnError as unknown:
            if unknown.missing in source.pii:
                problems.append(_personal(name, key, text, column, unknown.missing))
                return None
            problems.append(_unknown(name, key, text, column, unknown, names))
            return None

    texts = _texts(source, contract, names)
    found = {column: compiled(f"columns.{column}", text, column) for column, text in texts.items() if text is not None}
    given = source.attributes
    if contract.name == PANEL:
        problems += absent_features(given, names)
        given = {column: text for column, text in given.items() if column in names}
    own = {column: compiled(f"attributes.{column}", text) for column, text in given.items()}
    theirs = [column for column in source.deduplicate_by if column not in found and column not in own]
    keys = {column: compiled("deduplicate_by", quote_identifier(column)) for column in theirs}
    conditions = {key: text for key in CONDITIONS if (text := getattr(source, key)) is not None}
    rows = {key: compiled(key, text) for key, text in conditions.items()}
    for column in contract.columns:
        if column.required and texts[column.name] is None and column.name in source.pii:
            problems.append(_personal(name, f"columns.{column.name}", column.name, column.name, column.name))
        elif column.required and texts[column.name] is None:
            problems.append(_missing(name, contract, column.name, names))
    problems += _correction_faults(name, source, contract, found)
    if contract.name == PANEL:
        found, own = _of_panel(source, found, own, problems)
    if problems:
        raise BindingError(problems)
    _refuse_no_conditions(name, _sound(rows))
    return Assigned(name, source, contract, _sound(found), _sound(own), _sound(keys), **_sound(rows))


def _texts(source: Source, contract: Contract, names: Collection[str]) -> dict[str, str | None]:
    """Contract column -> what fills it: what the run says, else the file's column of that name; None where nothing."""
    same = set(names) - set(source.unused)
    texts = {column: source.columns.get(column, column if column in same else None) for column in contract.names}
    if source.sentiment is not None:
        texts["value"] = quote_identifier(SENTIMENT)  # whatever else the file calls `value`
    return texts


def _refuse_no_conditions(name: str, rows: Mapping[str, Compiled]) -> None:
    """Refuse a `where` or an `exclude` that is neither true nor false."""
    for key, condition in rows.items():
        if condition.sort not in {Sort.BOOLEAN, Sort.NULL}:
            what = f"sources.{name}.{key} = {condition.text!r} is {condition.sort.value}, no condition"
            raise ConfigurationError(what, "write a comparison")


def _of_panel(
    source: Source,
    columns: Mapping[str, Compiled | None],
    features: Mapping[str, Compiled | None],
    problems: list[Problem],
) -> tuple[dict[str, Compiled | None], dict[str, Compiled | None]]:
    """A ready-made panel's columns and features as what they must be; those that cannot be are added to `problems`."""
    made = {name: panel_column(name, one, source.time_format) for name, one in _sound(columns).items()}
    own = {name: feature_column(name, one) for name, one in _sound(features).items()}
    problems += [one for one in (*made.values(), *own.values()) if isinstance(one, Problem)]
    return (
        {name: one for name, one in made.items() if isinstance(one, Compiled)},
        {name: one for name, one in own.items() if isinstance(one, Compiled)},
    )


def _sound(compiled: Mapping[str, Compiled | None]) -> dict[str, Compiled]:
    return {column: expression for column, expression in compiled.items() if expression is not None}


def _unknown(
    name: str, key: str, text: str, column: str, unknown: UnknownColumnError, names: Mapping[str, Name]
) -> Problem:
    near = f"; did you mean {unknown.nearest!r}?" if unknown.nearest else ""
    rule = f"{key} = {text!r} names the column {unknown.missing!r}, which is not there{near}; found {listed(names)}"
    remedy = f'set `{key} = "{unknown.nearest or "..."}"` in [sources.{name}]'
    return Problem("missing_column", "error", name, column or unknown.missing, rule=rule, remedy=remedy)


def _personal(name: str, key: str, text: str, column: str, personal: str) -> Problem:
    """A column that `pii` drops is asked for."""
    rule = f"{key} = {text!r} needs the column {personal!r}, which `pii` drops when the file is read"
    remedy = (
        f"in [sources.{name}], leave out `{key}`, or take {personal!r} out of `pii`, there and wherever else the file "
        "is read; where it is an id, export another id that names nobody"
    )
    return Problem("personal_column", "error", name, column or personal, rule=rule, remedy=remedy)


def _missing(name: str, contract: Contract, column: str, names: Mapping[str, Name]) -> Problem:
    near, described = nearest_name(column, names), contract.column(column)
    meaning = "" if described is None else f" ({described.meaning})"
    rule = f"{contract.name} need {column}{meaning}; found {listed(names)}"
    rule += f"; did you mean {near!r}?" if near else ""
    remedy = f'set `columns.{column} = "{near or "..."}"` in [sources.{name}]'
    return Problem("missing_column", "error", name, column, rule=rule, remedy=remedy)


def _correction_faults(name: str, source: Source, contract: Contract, present: Collection[str]) -> Iterator[Problem]:
    """What a source with `corrections` lacks: something that identifies a row, and when each version was known."""
    if not source.corrections:
        return
    if "known_at" not in present:
        rule = "versions of a row are told apart by when they became known; there is no known_at"
        remedy = f'set `columns.known_at = "..."` in [sources.{name}], or leave out `corrections`'
        yield Problem("corrections_without_known_at", "error", name, "known_at", rule=rule, remedy=remedy)
    if not source.deduplicate_by and not any(key in present for key in contract.key):
        identity = contract.key[0] if contract.key else "deduplicate_by"
        own = f'`columns.{identity} = "..."` or ' if contract.key else ""
        rule = "versions of a row share what identifies it; nothing does"
        remedy = f'set {own}`deduplicate_by = ["..."]` in [sources.{name}], or leave out `corrections`'
        yield Problem("corrections_without_identity", "error", name, identity, rule=rule, remedy=remedy)


def _refuse_strangers(name: str, source: Source, contract: Contract) -> None:
    """Refuse columns that the contract does not have, and attributes that hide its columns."""
    for column in source.columns:
        if contract.column(column) is None:
            near = nearest_name(column, contract.names)
            hint = f"did you mean {near!r}?" if near else f"columns of your own go under [sources.{name}.attributes]"
            what = f"sources.{name}.columns.{column}: {contract.name} have no such column, but {listed(contract.names)}"
            raise ConfigurationError(what, hint)
    for column in source.unused:
        if contract.column(column) is None:
            near = nearest_name(column, contract.names)
            what = f"sources.{name}.unused: {contract.name} have no column {column!r}, so nothing is bound to it"
            raise ConfigurationError(what, f"did you mean {near!r}?" if near else "leave it out")
    numbers = [column.name for column in contract.columns if column.kind is Kind.NUMBER]
    for column in source.ranges:
        if column not in numbers:
            near, those = nearest_name(column, numbers), listed(numbers)
            what = f"sources.{name}.ranges.{column}: {contract.name} have no such number, but {those}"
            raise ConfigurationError(what, f"did you mean {near!r}?" if near else "name one of these")
    for attribute in source.attributes:
        if contract.column(attribute) is not None or attribute in RESERVED:
            what = f"sources.{name}.attributes.{attribute}: {contract.name} have a column of that name"
            raise ConfigurationError(what, "choose another name")
