"""Depth: how much, and how much of what matters."""

from __future__ import annotations

from pathlib import Path

from literal import expect, panel_of, run_of

PURCHASES = """
account_id  time                  actor_id  name    quantity
A           2024-02-23T09:00:00Z  u1        export  0.10
A           2024-02-24T09:00:00Z  u1        export  0.20
A           2024-02-24T10:00:00Z  u2        share   12.75
A           2024-02-25T09:00:00Z  u2        api     -
A           2024-01-25T09:00:00Z  u3        share   100
B           2024-02-28T09:00:00Z  -         share   -3.5
C           2024-01-01T09:00:00Z  u1        share   7
"""


def test_quantities_are_summed_exactly_and_divided_by_what_they_belong_to(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": PURCHASES},
        as_of=["2024-03-01"],
        signals={"sales": {"families": ["depth"], "windows": [7, 56]}},
        features={"tenure": False},
    )
    found = panel_of(run)
    expect(
        found,
        """
        account  as_of       sales_quantity_7d  sales_quantity_mean_7d  sales_quantity_56d  sales_quantity_mean_56d
        A        2024-03-01  13.05              13.05/3                 113.05              113.05/4
        B        2024-03-01  -3.5               -3.5                    -3.5                -3.5
        C        2024-03-01  0                  -                       0                   -
        """,
    )
    expect(
        found,
        """
        account  as_of       sales_quantity_per_active_day_7d  sales_quantity_per_actor_7d  sales_quantity_per_actor_56d
        A        2024-03-01  13.05/3                           13.05/2                      113.05/3
        B        2024-03-01  -3.5                              -                            -
        C        2024-03-01  -                                 -                            -
        """,
    )


def test_an_event_without_a_quantity_is_active_but_not_in_the_mean(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": PURCHASES},
        as_of=["2024-02-26"],
        signals={"sales": {"families": ["depth"], "windows": [2]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       sales_quantity_2d  sales_quantity_mean_2d  sales_quantity_per_active_day_2d
        A        2024-02-26  12.95              12.95/2                 12.95/2
        """,
    )


def test_use_of_key_names_is_counted_and_put_against_all_use(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": PURCHASES},
        as_of=["2024-03-01"],
        signals={"sales": {"families": ["depth"], "windows": [7], "key": ["export", "api"]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       sales_key_count_7d  sales_key_share_7d
        A        2024-03-01  3                   3/4
        B        2024-03-01  0                   0
        C        2024-03-01  0                   -
        """,
    )


def test_sums_of_money_do_not_depend_on_binary_fractions(tmp_path: Path) -> None:
    # Ten times 0.10, as floats, is 0.9999999999999999.
    lines = [f"A  2024-02-{n:02d}  0.10" for n in range(1, 11)]
    run = run_of(
        tmp_path,
        {"events": "\n".join(["", "account_id  time  quantity", *lines])},
        as_of=["2024-03-01"],
        signals={"sales": {"families": ["depth"], "windows": ["all"]}},
        features={"tenure": False},
    )
    cells = panel_of(run)
    ((_, found),) = cells.items()
    assert found["sales_quantity_ever"] == 1.0
