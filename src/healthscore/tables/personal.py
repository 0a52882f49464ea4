"""Columns that tell of persons (`pii` of a source): dropped when the file is read, so that nothing can keep them.

No relation has them, so they cannot come into features, models, reports or the original rows of a quarantine file. A
file has them dropped in every source that reads it, whichever declares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from healthscore.config import Run, Source
from healthscore.tables.columns import BindingError
from healthscore.tables.expressions import listed, nearest_name
from healthscore.tables.files import DataFile
from healthscore.tables.problems import Problem


def personal_everywhere(
    run: Run, files: Mapping[str, Sequence[DataFile]], read: Callable[[Source], Iterable[Path]]
) -> Run:
    """The run in which every source declares what any other declares of a file that both read.

    Parameters
    ----------
    files
        Those of each source that is opened.
    read
        Tells the files of any source.
    """
    declared: dict[Path, set[str]] = {}
    for source in run.sources.values():
        for path in read(source) if source.pii else ():
            declared.setdefault(path, set()).update(source.pii)
    sources = dict(run.sources)
    for name, own in files.items():
        found = {column for file in own for column in declared.get(file.path, ()) if column in file.columns}
        if more := sorted(found.difference(sources[name].pii)):
            sources[name] = sources[name].model_copy(update={"pii": (*sources[name].pii, *more)})
    return run.model_copy(update={"sources": sources})


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
