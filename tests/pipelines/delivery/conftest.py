"""One PostgreSQL server for all tests of deliveries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from postgres_server import Server, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    pytest.importorskip("adbc_driver_postgresql", reason="no driver: pip install 'healthscore[postgresql]'")
    with running() as found:
        yield found
