"""Linear algebra has one thread while fits go on side by side, and its own number again after the last."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from threadpoolctl import threadpool_info, threadpool_limits

from healthscore.models.summing import in_one_order


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_a_fit_that_ends_takes_the_one_thread_from_no_other() -> None:
    both_inside, one_left = Barrier(2, timeout=10), Barrier(2, timeout=10)

    def shorter() -> set[int]:
        with in_one_order():
            both_inside.wait()
        one_left.wait()
        return threads()

    def longer() -> set[int]:
        with in_one_order():
            both_inside.wait()
            one_left.wait()
            return threads()

    with threadpool_limits(2, user_api="blas"):
        with in_one_order(), ThreadPoolExecutor(max_workers=2) as pool:
            seen = [future.result() for future in (pool.submit(shorter), pool.submit(longer))]
        assert seen == [{1}, {1}]
        assert threads() == {2}
