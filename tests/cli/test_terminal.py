"""Tables on the terminal: as wide as they like, unless the terminal is narrower."""

from __future__ import annotations

import pytest

from healthscore.cli.terminal import table

ROW = ("needs attention", "40–70", "59,118", "1,731", "12.9 % (12.5–13.4)", "11.1 (10.1–11.2)")
HEADS = ("band", "score", "rows", "left", "share that left", "times average")


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_a_table_that_is_too_wide_stands_closer_before_it_breaks_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table("", HEADS, [ROW])
    lines = shown(capsys)
    assert len(lines) == 3, "head, line, row"
    assert max(map(len, lines)) <= 80
    monkeypatch.setenv("COLUMNS", "120")
    table("", HEADS, [ROW])
    wide = shown(capsys)
    assert len(wide[2].rstrip()) > len(lines[2].rstrip()), "airy where there is room"
