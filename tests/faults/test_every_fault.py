"""Every bad input has a test: of the 56, none is forgotten, and none is claimed by a test that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NUMBERED = re.compile(r"^faults? (\d+(?:(?:, | and )\d+)*): ")

ELSEWHERE: dict[int, tuple[str, ...]] = {
    9: ("tables/test_validity.py::test_states_of_one_account_that_overlap_are_refused_with_the_pairs",),
    10: (
        "tables/test_successions.py::test_rows_of_a_merged_account_count_for_its_successor_once_the_merge_is_known",
        "tables/test_successions.py::test_a_chain_of_merges_is_known_with_its_last_step",
        "tables/test_successions.py::test_successions_that_lead_back_are_refused_by_name",
        "outcomes/test_ceased.py::test_a_subscription_ends_by_a_merge_and_the_types_decide_whether_that_counts",
    ),
    11: (
        "tables/test_successions.py::test_nothing_passes_on_by_a_split",
        "tables/test_successions.py::test_who_ceased_and_who_began_is_told_by_day",
    ),
    12: ("features/test_two_grains.py::test_the_panel_has_exactly_one_row_per_account_at_risk_and_date",),
    13: ("pipelines/test_score.py::test_ids_of_accounts_are_never_names_of_files",),
    14: ("features/test_laws.py::test_the_machines_own_zone_does_not_matter",),
    17: (
        "tables/test_zones.py::test_the_local_day_of_an_instant",
        "tables/test_zones.py::test_the_instant_of_a_local_time",
    ),
    24: (
        "tables/test_corrections.py::test_a_version_stands_until_the_next_was_known",
        "features/test_laws.py::test_todays_tables_replay_what_was_computed_then",
        "pipelines/test_score.py::test_todays_tables_replay_what_was_published_then",
    ),
    25: (
        "test_asof.py::test_a_row_is_visible_only_if_it_happened_and_was_known_before_the_day",
        "features/test_boundaries.py::test_windows_are_days_of_the_runs_zone_from_first_instant_to_first_instant",
    ),
    26: ("features/test_laws.py::test_neither_the_order_of_rows_nor_files_nor_threads_matter",),
    27: (
        "pipelines/test_publish.py::test_the_same_work_has_the_same_name_wherever_it_is_done",
        "pipelines/test_publish.py::test_other_work_has_another_name",
        "pipelines/test_score.py::test_an_earlier_date_does_not_become_the_current_result",
    ),
    33: (
        "pipelines/test_check.py::test_the_simulated_outage_is_found_and_asked_about",
        "pipelines/test_check.py::test_a_declared_outage_is_not_asked_about",
        "features/test_frequency.py::test_days_of_an_outage_are_not_recorded_days",
    ),
    34: (
        "pipelines/test_check.py::test_months_and_days_with_rows",
        "features/test_frequency.py::test_a_window_recorded_for_less_than_half_is_missing_and_a_silent_one_is_zero",
    ),
    41: ("pipelines/test_leakcheck.py::test_a_planted_leak_is_found_where_it_is",),
    42: (
        "pipelines/test_leakcheck.py::test_a_planted_leak_is_found_where_it_is",
        "pipelines/test_leakcheck.py::test_its_honest_twin_is_not",
    ),
    43: (
        "features/test_attributes.py::test_a_current_state_is_refused_with_three_remedies",
        "features/test_attributes.py::test_a_static_attribute_stands_for_the_past",
        "features/test_attributes.py::test_from_the_data_end_on_the_current_state_is_the_state",
    ),
    44: ("outcomes/test_recorded.py::test_one_left_zero_stayed_and_nothing_is_not_recorded",),
    45: (
        "outcomes/test_contractual.py::test_a_snapshot_is_mature_when_gap_horizon_and_maturity_have_passed",
        "pipelines/test_backtest.py::test_immature_dates_are_counted_and_change_no_figure",
    ),
    46: (
        "outcomes/test_spells.py::test_a_return_within_the_grace_period_is_no_exit_and_a_day_later_it_is",
        "outcomes/test_contractual.py::test_a_return_within_the_grace_period_is_staying_and_a_later_one_an_exit",
    ),
    47: ("outcomes/test_contractual.py::test_notice_known_before_t_is_leaving_and_later_notice_is_the_exit",),
    48: (
        "outcomes/test_spells.py::test_the_decision_is_the_earlier_of_notice_and_end_and_effective_is_the_end",
        "outcomes/test_contractual.py::test_by_effective_date_the_end_is_the_exit_and_notice_still_means_leaving",
    ),
    49: ("outcomes/test_contractual.py::test_exits_of_types_that_do_not_count_are_censored_never_stayed",),
    50: ("outcomes/test_contractual.py::test_trials_and_pauses_are_not_at_risk",),
    52: (
        "pipelines/test_train.py::test_too_few_exits_cannot_support_a_model",
        "pipelines/test_train.py::test_few_exits_are_warned_of",
        "pipelines/test_backtest.py::test_too_few_exits_after_the_origins_give_no_figures",
        "pipelines/test_check.py::test_few_exits_and_too_many_are_warned_about",
    ),
    53: (
        "pipelines/test_check.py::test_few_exits_and_too_many_are_warned_about",
        "pipelines/test_check.py::test_a_jump_of_the_rate_is_warned_about",
    ),
}
"""Faults that tests of other parts prove, alone or beside the numbered ones."""


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def numbered() -> dict[int, list[str]]:
    """Fault -> tests whose docstring begins with its number."""
    found: dict[int, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for function in functions(path):
            match = NUMBERED.match(ast.get_docstring(function) or "")
            for number in re.findall(r"\d+", match[1]) if match else ():
                found.setdefault(int(number), []).append(function.name)
    return found


def test_every_bad_input_has_a_test() -> None:
    assert sorted(set(range(1, 57)) - set(numbered()) - set(ELSEWHERE)) == []


def test_only_faults_that_exist_are_numbered() -> None:
    assert (set(numbered()) | set(ELSEWHERE)) <= set(range(1, 57))


@pytest.mark.parametrize("number", sorted(ELSEWHERE))
def test_what_proves_a_fault_elsewhere_is_there(number: int) -> None:
    for name in ELSEWHERE[number]:
        file, _, function = name.partition("::")
        assert function in {found.name for found in functions(TESTS / file)}, name
