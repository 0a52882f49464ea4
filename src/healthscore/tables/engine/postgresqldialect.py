"""What PostgreSQL calls differently from DuckDB, beyond what sqlglot knows.

Three things are differences of meaning and not of words. Texts are compared byte by byte (`COLLATE "C"`), whatever
language the database is in, so that ids have one order on every engine. A CAST that may fail becomes a function that
gives NULL (`postgresqlfunctions`), because PostgreSQL 15 has none. Structs and lists become JSON, which can be grouped
by, compared and read back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp

from healthscore.tables.engine import EngineError
from healthscore.tables.engine.postgresqlfunctions import SCHEMA
from healthscore.tables.engine.postgresqlsession import LONGEST_NAME
from healthscore.tables.engine.translation import Rewrite, call, parse, translated

_TRIED = {"BIGINT": "try_bigint", "DOUBLE": "try_double", "DATE": "try_date", "TIMESTAMP": "try_timestamp"}
_TRIED |= {"TIMESTAMPTZ": "try_timestamptz"}


def postgresql_sql(sql: str | Any) -> str:
    """DuckDB's SQL, or a tree of it, as PostgreSQL's; every name quoted, and none longer than it may be.

    Raises
    ------
    EngineError
        It uses something that PostgreSQL has no equal of.
    """
    return translated(parse(sql) if isinstance(sql, str) else sql, "postgres", _REWRITES, _FUNCTIONS)


def short_name(name: str) -> str:
    """A name as PostgreSQL can hold it: a long one by its beginning and a hash of all of it."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    begin = name.encode()[:40].decode(errors="ignore")
    return f"{begin}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def long_names(tree: Any) -> dict[str, str]:
    """Name as PostgreSQL has it -> name, of those in a statement that are too long for it."""
    names = {node.this for node in tree.find_all(exp.Identifier)}
    return {short_name(name): name for name in names if short_name(name) != name}


def _own(name: str, *arguments: Any) -> Any:
    return call(f"{SCHEMA}.{name}", *arguments)


def _by_bytes(node: Any) -> Any:
    """A text that is compared and sorted byte by byte."""
    return exp.paren(exp.Collate(this=node, expression=exp.to_identifier("C", quoted=True)), copy=False)


def _name(node: Any) -> Any:
    return exp.to_identifier(short_name(node.this), quoted=True)


def _cast(node: Any) -> Any:
    return _by_bytes(node.copy()) if node.to.this in exp.DataType.TEXT_TYPES else node


def _try_cast(node: Any) -> Any:
    if node.to.this is exp.DataType.Type.DECIMAL:
        return _own("try_decimal", node.this, *(parameter.this for parameter in node.to.expressions))
    target = node.to.sql("duckdb")
    if target not in _TRIED:
        raise EngineError(f"TRY_CAST to {target} has no equal in PostgreSQL")
    return _own(_TRIED[target], node.this)


def _whole_ratio(node: Any) -> Any:
    """Of whole numbers `/` cuts off toward zero, as DuckDB's `//` does."""
    return exp.paren(exp.Div(this=exp.paren(node.this), expression=exp.paren(node.expression), typed=True))


def _full_match(node: Any) -> Any:
    pattern = exp.Literal.string(f"^(?:{node.expression.name})$")
    return exp.paren(exp.RegexpLike(this=exp.paren(node.this), expression=pattern))


def _like(node: Any) -> Any:
    """Without a character that takes the meaning from % and _: there, it would be the backslash."""
    return exp.Escape(this=node.copy(), expression=exp.Literal.string(""))


def _cased(node: Any) -> Any:
    """Upper and lower case of all letters: byte by byte, only those of ASCII have one."""
    every = exp.Collate(this=exp.paren(node.this), expression=exp.to_identifier("und-x-icu", quoted=True))
    return _by_bytes(type(node)(this=every))


def _struct(node: Any) -> Any:
    if isinstance(node.parent, exp.Anonymous) and node.parent.name.lower() == "to_json":
        return node
    pairs = [part for one in node.expressions for part in (_key_of(one), one.expression)]
    return call("jsonb_build_object", *pairs)


def _key_of(pair: Any) -> Any:
    return exp.Literal.string(pair.this.name)


def _json(node: Any) -> Any:
    """JSON as a text. Of an object by two arrays: a function takes a hundred arguments at most."""
    value = node.expressions[0]
    if isinstance(value, exp.Struct):
        keys = _texts([_key_of(pair) for pair in value.expressions])
        made = call("json_object", keys, _texts([pair.expression for pair in value.expressions]))
    else:
        made = call("to_json", _texts(value.expressions))
    return _by_bytes(exp.cast(made, "TEXT"))


def _texts(values: list[Any]) -> Any:
    return exp.cast(exp.Array(expressions=values), "TEXT[]")


def _filtered(node: Any) -> Any:
    """`min(struct, n) FILTER (WHERE ...)`: the first n by the fields of the struct, as a list."""
    least = node.this
    if not isinstance(least, exp.Min) or least.args.get("count") is None:
        return node
    struct, condition = least.this, node.expression.this
    by = ", ".join(field.sql("postgres") for field in struct.expressions[1::2])
    first = f"(array_agg({struct.sql('postgres')} ORDER BY {by}) FILTER (WHERE {condition.sql('postgres')}))"
    return sqlglot.parse_one(f"to_json({first}[1:{least.args['count'].name}])", dialect="postgres")


def _list(node: Any) -> Any:
    return call("to_json", node.copy())


def _any_value(node: Any) -> Any:
    """Of texts that are all the same, or NULL: any is the least."""
    return exp.Min(this=node.this.this) if isinstance(node.this, exp.AnyValue) else node


def _character(node: Any) -> Any:
    """`text[-1]`: the last character. sqlglot has moved the index by one, as for lists."""
    if "[-1]" not in node.sql("duckdb"):
        raise EngineError(f"{node.sql('duckdb')} has no equal in PostgreSQL")
    return call("right", node.this, exp.Literal.number(1))


def _subquery(node: Any) -> Any:
    """PostgreSQL 15 wants a name for every subquery in FROM."""
    if isinstance(node.parent, exp.From | exp.Join) and not node.alias:
        return exp.alias_(node.copy(), f"_{id(node)}", quoted=True, table=True)
    return node


def _by_all(node: Any) -> Any:
    """`ORDER BY ALL`: by the positions of the columns."""
    if not any(isinstance(one.this, exp.Var) and one.this.name.upper() == "ALL" for one in node.expressions):
        return node
    columns = node.parent.expressions
    if any(isinstance(column, exp.Star) for column in columns):
        raise EngineError("ORDER BY ALL needs the columns by name")
    positions = [exp.Ordered(this=exp.Literal.number(n)) for n in range(1, len(columns) + 1)]
    return exp.Order(expressions=positions)


def _digest(node: Any) -> Any:
    octets = call("convert_to", node.this, exp.Literal.string("UTF8"))
    return _by_bytes(call("encode", call("sha256", octets), exp.Literal.string("hex")))


def _substring(node: Any) -> Any:
    """Negative positions count from the end."""
    return _own(
        "part", *(exp.cast(part, "BIGINT") if key != "this" else part for key, part in node.args.items() if part)
    )


_REWRITES: Mapping[type, Rewrite] = {
    exp.Identifier: _name,
    exp.Cast: _cast,
    exp.TryCast: _try_cast,
    exp.IntDiv: _whole_ratio,
    exp.RegexpFullMatch: _full_match,
    exp.Like: _like,
    exp.Lower: _cased,
    exp.Upper: _cased,
    exp.Struct: _struct,
    exp.Filter: _filtered,
    exp.ArrayAgg: _list,
    exp.IgnoreNulls: _any_value,
    exp.Bracket: _character,
    exp.Subquery: _subquery,
    exp.Order: _by_all,
    exp.SHA2: _digest,
    exp.Substring: _substring,
    exp.Round: lambda node: _own("round_half", *(part for part in (node.this, node.args.get("decimals")) if part)),
}
_FUNCTIONS: Mapping[str, Rewrite] = {
    "to_json": _json,
    "epoch_us": lambda node: _own("epoch_us", *node.expressions),
    "isfinite": lambda node: _own("finite", *node.expressions),
    "strlen": lambda node: call("octet_length", *node.expressions),
    "nfc_normalize": lambda node: call("normalize", *node.expressions),
}
