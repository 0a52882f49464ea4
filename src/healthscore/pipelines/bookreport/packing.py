"""Columns as a page holds them: texts by a dictionary, points as whole tenths; compressed, as a browser unpacks them.

A book of 100,000 accounts is some 100 MB of JSON, and a sixth of that compressed. Browsers decompress by themselves
(`DecompressionStream`, since 2023 in all of them), under a policy that lets nothing be fetched.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REPORT, PAGE = "report", "report.html"
"""Folder of the reports of a run, and what each of their pages is called."""
LEVEL = 6
ACCOUNTS = "accounts"
"""Block of a page that holds all accounts."""
Column = dict[str, Any]


def texts(values: Sequence[Any] | pd.Series[Any] | NDArray[Any]) -> Column:
    """Words in the order in which they first come, and the place of each cell's word; -1 where nothing stands."""
    cells = pd.Series(values, dtype=object)
    cells = cells.where(cells.notna() & (cells != ""), None)
    codes, words = pd.factorize(cells, use_na_sentinel=True)
    return {"words": [str(word) for word in words], "codes": codes.tolist()}


def numbers(values: pd.Series[Any] | NDArray[Any], digits: int | None = None, scale: int = 1) -> Column:
    """Numbers times `scale`, with so many digits after the point, or as they are; None where nothing stands."""
    found = np.asarray(pd.to_numeric(pd.Series(values)).astype("Float64").to_numpy(np.float64, na_value=np.nan))
    rounded = found if digits is None else np.round(found * scale, digits)
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


def holds(page: Path, account: str) -> bool:
    """Whether a page that was written holds an account, by its id; pages that cannot be read are taken to."""
    try:
        found = re.search(rf'<script type="text/plain" id="data-{ACCOUNTS}">([^<]*)<', page.read_text(encoding="utf-8"))
        block = json.loads(gzip.decompress(base64.b64decode(found[1]))) if found else {}
        return account in block["columns"]["account_id"]["words"]
    except (OSError, ValueError, KeyError, EOFError, zlib.error):
        return True
