"""What Spark SQL calls differently from DuckDB, beyond what sqlglot knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from healthscore.tables.engine import EngineError
from healthscore.tables.engine.translation import Rewrite, call, parse, translated

_DIRECTIVES = {
    "%Y": "yyyy",
    "%y": "yy",
    "%m": "MM",
    "%-m": "M",
    "%d": "dd",
    "%-d": "d",
    "%b": "MMM",
    "%B": "MMMM",
    "%H": "HH",
    "%-H": "H",
    "%I": "hh",
    "%-I": "h",
    "%M": "mm",
    "%-M": "m",
    "%S": "ss",
    "%-S": "s",
    "%p": "a",
    "%z": "XX",
    "%f": "[SSSSSS][SSSSS][SSSS][SSS][SS][S]",
    "%%": "%",
}
"""Directive of `time_format` -> Java's pattern letters."""
_SHORT = {"MM": "M", "dd": "d", "HH": "H", "hh": "h", "mm": "m", "ss": "s"}
"""DuckDB reads one digit where two are usual; so does Java, by the short pattern, if no digit follows directly."""


def spark_sql(sql: str | Any) -> str:
    """DuckDB's SQL, or a tree of it, as Spark's."""
    return translated(parse(sql) if isinstance(sql, str) else sql, "spark", _REWRITES, _FUNCTIONS)


def java_format(time_format: str) -> str:
    """A format of strptime as a pattern of Java's DateTimeFormatter.

    Raises
    ------
    EngineError
        It holds a directive that Java has no pattern for.
    """
    parts = re.findall(r"%-?[A-Za-z%]|[^%]+|%", time_format)
    made = ""
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        if not part.startswith("%"):
            made += "".join(f"'{c}'" if c.isalpha() else {"'": "''"}.get(c, c) for c in part)
        elif part not in _DIRECTIVES:
            raise EngineError(f"{time_format!r}: Spark cannot read {part}")
        else:
            pattern = _DIRECTIVES[part]
            made += pattern if following.startswith("%") else _SHORT.get(pattern, pattern)
    return made


def _full_match(node: Any) -> Any:
    r"""`\A(...)\z`: `$` would also match before a line's end."""
    pattern = exp.Literal.string(rf"\A(?:{node.expression.name})\z")
    return exp.RegexpLike(this=node.this, expression=pattern)


def _few(node: Any) -> Any:
    """The n smallest (largest) values as a list."""
    if node.args.get("count") is None:
        return node
    name = "min_by" if isinstance(node, exp.Min) else "max_by"
    return call(name, node.this, node.this.copy(), node.args["count"])


def _sorted_list(node: Any) -> Any:
    """`list(x ORDER BY x)`: Spark collects in any order."""
    if not isinstance(node.this, exp.Order):
        return node
    value, by = node.this.this, [ordered.this for ordered in node.this.expressions]
    if by != [value]:
        raise EngineError(f"{node.sql('duckdb')}: on Spark a list is ordered by its own values alone")
    return call("array_sort", exp.ArrayAgg(this=value))


def _character(node: Any) -> Any:
    """`text[-1]`: the last character. sqlglot has moved the index by one, as for lists."""
    return call("right", node.this, exp.Literal.number(1)) if "-" in node.sql("duckdb") else node


def _parsed_time(node: Any) -> Any:
    text, time_format = node.expressions
    return call("try_to_timestamp", text, exp.Literal.string(java_format(time_format.name)))


def _epoch(node: Any) -> Any:
    return call("unix_micros", exp.cast(node.expressions[0], "TIMESTAMPTZ"))


def _finite(node: Any) -> Any:
    """Neither NaN, which equals itself here and exceeds everything, nor infinite."""
    return exp.paren(
        exp.LT(this=exp.Abs(this=node.expressions[0]), expression=exp.cast(exp.Literal.string("inf"), "DOUBLE"))
    )


def _composed(node: Any) -> Any:
    """NFC by the library of Unicode that comes with Spark: it has no function for it."""
    library = [exp.Literal.string(text) for text in ("com.ibm.icu.text.Normalizer", "compose")]
    return call("reflect", *library, node.expressions[0], exp.false())


_REWRITES: Mapping[type, Rewrite] = {
    exp.RegexpFullMatch: _full_match,
    exp.Min: _few,
    exp.Max: _few,
    exp.ArrayAgg: _sorted_list,
    exp.Bracket: _character,
}
_FUNCTIONS: Mapping[str, Rewrite] = {
    "try_strptime": _parsed_time,
    "epoch_us": _epoch,
    "isfinite": _finite,
    "nfc_normalize": _composed,
    "strlen": lambda node: call("octet_length", *node.expressions),
}
