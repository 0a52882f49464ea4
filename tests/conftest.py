"""Shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Root of cdnow/, online_retail_ii/ and oulad/: HEALTHSCORE_DATA, or a shared folder beside the checkout."""
    named = os.environ.get("HEALTHSCORE_DATA")
    root = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not all((root / name).is_dir() for name in ("cdnow", "online_retail_ii", "oulad")):
        pytest.skip("no public data: set HEALTHSCORE_DATA to the folder of cdnow/, online_retail_ii/ and oulad/")
    return root
