"""Sums in one order: NumPy's linear algebra splits them by how many threads it has, and their last bits with them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def in_one_order() -> AbstractContextManager[Any]:
    """Give linear algebra one thread inside the block.

    The number belongs to the process. Who lets fits run side by side enters before the first of them: a fit that ends
    then puts back the one thread that it found, and takes nothing from those that still go on.
    """
    limit: AbstractContextManager[Any] = _linear_algebra().limit(limits=1, user_api="blas")
    return limit


@cache
def _linear_algebra() -> Any:
    """Control of the threads of NumPy's linear algebra."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
