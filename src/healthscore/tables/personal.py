"""Columns that tell of persons (`pii` of a source): dropped when the file is read, so that nothing can keep them.

No relation has them, so they cannot come into features, models, reports or the original rows of a quarantine file.
"""

from __future__ import annotations

from collections.abc import Sequence

from healthscore.tables.columns import BindingError
from healthscore.tables.expressions import listed, nearest_name
from healthscore.tables.files import DataFile
from healthscore.tables.problems import Problem


def require_personal(name: str, pii: Sequence[str], files: Sequence[DataFile]) -> None:
    """Refuse names of personal columns that no file has: a name with a typing mistake would protect nobody.

    Raises
    ------
    BindingError
        A column is in none of the files.
    """
    there = list(dict.fromkeys(column for file in files for column in file.columns))
    problems = []
    for column in pii:
        if column not in there:
            near = nearest_name(column, there)
            hint = f"; did you mean {near!r}?" if near else ""
            rule = f"`pii` names columns of the file; {column!r} is not there{hint}; found {listed(there)}"
            remedy = f"mend `pii` in [sources.{name}]"
            problems.append(Problem("missing_column", "error", name, column, rule=rule, remedy=remedy))
    if problems:
        raise BindingError(problems)
