"""Small companies, simulated once."""

from __future__ import annotations

import pytest

from healthscore.tables.simulator import World, simulate


@pytest.fixture(scope="session")
def saas() -> World:
    return simulate("saas", accounts=700, seed=11)


@pytest.fixture(scope="session")
def reactivation() -> World:
    return simulate("reactivation", accounts=700, seed=12)
