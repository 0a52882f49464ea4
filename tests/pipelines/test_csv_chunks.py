"""A CSV that is written a few rows at a time has the bytes of one that is written at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from healthscore.pipelines import publish
from healthscore.pipelines.publish import write_csv

FRAME = pd.DataFrame(
    {
        "text": ["a", "=b", None, 'x, "y"', "c\r\nd", "", "é"],
        "number": [1.0, -0.1, np.nan, 1e-9, 1e20, 3, 0.1 + 0.2],
        "whole": pd.array([1, None, 3, 4, 5, 6, 7], "Int64"),
        "flag": [True, False] * 3 + [True],
        "day": [date(2025, 5, 1)] * 7,
    },
    index=[5, 5, 1, 2, 3, 4, 0],
)


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_rows_are_written_as_if_at_once(rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_csv(FRAME, tmp_path / "whole.csv")
    monkeypatch.setattr(publish, "CSV_ROWS", rows)
    write_csv(FRAME, tmp_path / "parts.csv")
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    write_csv(FRAME.iloc[:0], tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_bytes() == b"text,number,whole,flag,day\r\n"
