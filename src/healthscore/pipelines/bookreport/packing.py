"""Columns as a page holds them: texts by a dictionary, points as whole tenths; compressed, as a browser unpacks them.

A book of 100,000 accounts is some 100 MB of JSON, and a sixth of that compressed. Browsers decompress by themselves
(`DecompressionStream`, since 2023 in all of them), under a policy that lets nothing be fetched.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEVEL = 6
Column = dict[str, Any]


def texts(values: Sequence[Any] | pd.Series[Any] | NDArray[Any]) -> Column:
    """Words in the order in which they first come, and the place of each cell's word; -1 where nothing stands."""
    cells = pd.Series(values, dtype=object)
    cells = cells.where(cells.notna() & (cells != ""), None)
    codes, words = pd.factorize(cells, use_na_sentinel=True)
    return {"words": [str(word) for word in words], "codes": codes.tolist()}


def numbers(values: pd.Series[Any] | NDArray[Any], digits: int, scale: int = 1) -> Column:
    """Numbers times `scale`, with so many digits after the point; None where nothing stands."""
    found = np.asarray(pd.to_numeric(pd.Series(values)).astype("Float64").to_numpy(np.float64, na_value=np.nan))
    rounded = np.round(found * scale, digits)
    plain: list[Any] = rounded.tolist()
    if (np.isnan(rounded) | (rounded == np.trunc(rounded))).all():
        plain = [None if one != one else int(one) for one in plain]
    return {"numbers": [None if one is None or one != one else one for one in plain], "scale": scale}


def tenths(values: pd.Series[Any] | NDArray[Any]) -> Column:
    """Displayed points, which have one decimal, as whole tenths."""
    return numbers(values, 0, 10)


def packed(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Content as JSON, compressed, in letters that nothing in a page can mistake; always the same for the same."""
    plain = json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(plain, LEVEL, mtime=0)).decode()
