"""One account's rows of published scores: read by a filter on the files' row groups, never by reading a book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from healthscore.errors import ConfigurationError
from healthscore.pipelines.publication.history import FEATURES, SCORES, Scored

if TYPE_CHECKING:
    import pandas as pd

    from healthscore.pipelines.book.opening import Book


@dataclass(frozen=True)
class OneAccount(Scored):
    """The scores of a date, of which only the rows of one account are read; there may be none."""

    account: str

    @classmethod
    def of(cls, scored: Scored, account: str) -> OneAccount:
        """The account's part of these scores."""
        return cls(scored.as_of, scored.identity, scored.directory, account)

    def scores(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Its row of the table of scores, or none."""
        return self._rows(SCORES, columns)

    def features(self) -> pd.DataFrame:
        """Its features, one row, or none where it has no score."""
        if not (self.directory / FEATURES).is_file():
            return super().features()  # which says so
        return self._rows(FEATURES, None)

    def _rows(self, name: str, columns: Sequence[str] | None) -> pd.DataFrame:
        import pandas as pd

        asked = None if columns is None else list(columns)
        return pd.read_parquet(self.directory / name, columns=asked, filters=[("account_id", "==", self.account)])


def row_of(book: Book, account: str) -> pd.Series[Any]:
    """The published row of an account, all columns.

    Raises
    ------
    ConfigurationError
        It is not in the book.
    """
    rows = OneAccount.of(book.publication, account).scores()
    if rows.empty:
        raise ConfigurationError(
            f"account {account!r} has no score and no status at {book.now.as_of}", "ids are compared as text, exactly"
        )
    return rows.iloc[0]
