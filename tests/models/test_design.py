from __future__ import annotations

import numpy as np
import pytest

from healthscore.errors import BundleError, ConfigurationError, InputError, InsufficientDataError
from healthscore.models.design import Design, checked_labels, checked_matrix, expit, logit

NAMES = ("logins", "users", "nps")
DESIGN = Design(NAMES, ("activity", "adoption", "satisfaction"), (-1, 0, -1))


def test_groups_follow_the_components_in_order_of_their_first_column() -> None:
    design = Design(("a", "b", "c", "d"), ("use", "mood", "use", "money"), (0, 0, 0, 0))
    assert design.groups == ("use", "mood", "money")
    assert design.group_of.tolist() == [0, 1, 0, 2]


def test_joint_components_become_one_group() -> None:
    design = Design(NAMES, DESIGN.components, (0, 0, 0), joint=(("activity", "satisfaction"),))
    assert design.groups == ("activity + satisfaction", "adoption")
    assert design.group_of.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("names", "components", "monotone", "joint", "message"),
    [
        ((), (), (), (), "no features"),
        (("a", "b"), ("x",), (0, 0), (), "2 feature names, 1 components"),
        (("a", "a"), ("x", "x"), (0, 0), (), "twice: a"),
        (("a",), ("x",), (2,), (), "direction"),
        (("a",), ("x",), (0,), (("x", "y"),), "without features: y"),
        (("a", "b"), ("x", "y"), (0, 0), (("x", "y"), ("y",)), "twice in the joint"),
    ],
)
def test_designs_that_cannot_be_meant_are_refused(
    names: tuple[str, ...],
    components: tuple[str, ...],
    monotone: tuple[int, ...],
    joint: tuple[tuple[str, ...], ...],
    message: str,
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Design(names, components, monotone, joint)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("users", "logins", "nps"), "another order: column 0 is 'users', not 'logins'"),
        (("logins", "users"), "1 of the model's 3 features are missing, first: nps"),
        (("logins", "users", "nps", "spam"), "does not know, first: spam"),
        (("logins", "users", "nps", "nps"), "a name occurs twice"),
    ],
)
def test_columns_are_matched_by_name_never_by_position(given: tuple[str, ...], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        DESIGN.aligned(np.zeros((2, len(given))), given)


def test_a_matrix_of_another_width_than_its_names_is_refused() -> None:
    with pytest.raises(BundleError, match="shape"):
        DESIGN.aligned(np.zeros((2, 2)), NAMES)


def test_infinite_features_are_refused_and_missing_ones_are_not() -> None:
    X = np.array([[1.0, np.nan, 3.0], [np.inf, 2.0, -np.inf]])
    with pytest.raises(InputError, match="'logins' is infinite in 1 of 2 rows"):
        checked_matrix(X, NAMES)
    assert np.isnan(checked_matrix(X[:1], NAMES)[0, 1])
    assert checked_matrix(np.full((3, 3), 1e308), NAMES).shape == (3, 3)  # the sum overflows, the values do not


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 1, np.nan], [0, 1]])
def test_outcomes_are_zero_or_one_for_every_row(labels: list[float]) -> None:
    with pytest.raises(InputError):
        checked_labels(labels, 3)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_cannot_support_a_model(label: int) -> None:
    with pytest.raises(InsufficientDataError, match="among 4 training rows"):
        checked_labels([label] * 4, 4)


def test_logit_and_expit_are_inverse_and_do_not_overflow() -> None:
    p = np.array([1e-12, 0.03, 0.5, 0.97])
    np.testing.assert_allclose(expit(logit(p)), p, rtol=1e-12)
    assert expit([-2000.0, 2000.0]).tolist() == [0.0, 1.0]
