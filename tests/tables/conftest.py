"""Shared by the tests of the tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from table_workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterable[Workspace]:
    """A folder for tables; what was opened from it is closed."""
    made = Workspace(tmp_path)
    yield made
    for tables in made.opened:
        tables.close()
