"""One company that is crashed by all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crash.interposer import compiler
from crash.workspace import Place, place


@pytest.fixture(scope="session")
def crashed() -> Iterator[Place]:
    if compiler() is None:
        pytest.skip("no C compiler: install gcc")
    with place() as made:
        yield made
