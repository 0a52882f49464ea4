"""Keys: ids in their cheapest one-to-one form, to group by. Only the groups need their texts.

Worked example: a file has account 1001 as an integer. Its text "1001" is what everybody reads; a query over 20 million
rows groups by the integer, and of the 100,000 groups that are left the text is made by `texts_of_keys`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from healthscore.tables.quoting import quote_identifier


@dataclass(frozen=True)
class Keyed:
    """A source's bound rows, with keys beside the ids and texts that are integers in the file.

    Attributes
    ----------
    relation
        Quoted SQL identifier: the columns of the source's relation, and those of `keys`.
    keys
        Column -> quoted name of the column that is one to one with it.
    days
        First and last day of the rows, where the checks know them, and every row is known on its own day.
    ids
        SQL of what the checks keep of the accounts, a row per id in `id`; empty where the rows themselves must tell.
    """

    relation: str
    keys: Mapping[str, str] = field(default_factory=dict)
    days: tuple[int, int] | None = None
    ids: str = ""

    def key(self, column: str) -> str:
        """SQL of what stands for a column in GROUP BY: an integer, or the column itself."""
        return self.keys.get(column, column)

    @property
    def accounts(self) -> str:
        """Query of the keys of the accounts, as `account_id`, without repetition."""
        if self.ids:
            return f"SELECT DISTINCT id AS account_id FROM {self.ids}"
        return f"SELECT DISTINCT {self.key('account_id')} AS account_id FROM {self.relation}"


def key_name(column: str) -> str:
    """Quoted name of a column's key; no column or attribute can be called so."""
    return quote_identifier(f"key:{column}")


def texts_of_keys(keys: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """The texts that a column of keys stands for, made once for each key: integers in decimal, texts as they are."""
    encoded = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    encoded = encoded if pa.types.is_dictionary(encoded.type) else pc.dictionary_encode(encoded)
    return pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.cast(pa.string()))
