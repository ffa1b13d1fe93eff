"""How much to stake on outcomes of which exactly one comes true.

Source: J. L. Kelly, "A New Interpretation of Information Rate" (1956): the stakes that make the
expected logarithm of wealth largest. What is held already counts as wealth in its outcome. A
fraction of Kelly is wealth of which only that fraction is brought along.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]

STEPS: Final = 60  # of Newton's; ten are enough as a rule
HALVINGS: Final = 40
ENOUGH: Final = 1e-12  # of log wealth: less is no progress
RIDGE: Final = 1e-12  # keeps legs that are copies of each other apart


@dataclass(frozen=True, slots=True)
class Leg:
    """One token that could be bought: what a share pays in each outcome, and costs with its fee."""

    pays: tuple[float, ...]
    cost: float  # USDC a share
    most: float  # shares to be had at that cost; finite


def joint_stakes(
    chances: Sequence[float], wealth: Sequence[float], legs: Sequence[Leg]
) -> tuple[float, ...]:
    """Shares of each leg that together make the expected log of wealth largest.

    `wealth`: USDC that there will be in each outcome if nothing more is bought, all above 0.
    Source: the problem is concave; projected Newton steps (Bertsekas 1982) keep to the bounds.
    """
    if not legs:
        return ()
    weights, have = np.array(chances), np.array(wealth)
    gains = _gains(legs)
    most = np.array([leg.most for leg in legs])
    stakes, value = np.zeros(len(legs)), _value(weights, have, gains, np.zeros(len(legs)))
    for _ in range(STEPS):
        direction = _direction(weights, have + stakes @ gains, gains, stakes, most)
        after, better = _searched(weights, have, gains, stakes, direction, most, value)
        if better - value <= ENOUGH:
            break
        stakes, value = after, better
    return tuple(float(stake) for stake in stakes)


def log_growth(
    chances: Sequence[float],
    wealth: Sequence[float],
    legs: Sequence[Leg],
    stakes: Sequence[float],
) -> float:
    """How much the expected log of wealth grows by buying `stakes`; -inf where it could end."""
    weights, have, stakes_ = np.array(chances), np.array(wealth), np.array(stakes)
    gains = _gains(legs)
    return _value(weights, have, gains, stakes_) - _value(weights, have, gains, 0 * stakes_)


def _gains(legs: Sequence[Leg]) -> Vector:
    """USDC a share, by leg and outcome."""
    return np.array([[pay - leg.cost for pay in leg.pays] for leg in legs])


def _value(weights: Vector, have: Vector, gains: Vector, stakes: Vector) -> float:
    after = have + stakes @ gains
    if after.min() <= 0:
        return -np.inf
    return float(weights @ np.log(after))


def _direction(
    weights: Vector, after: Vector, gains: Vector, stakes: Vector, most: Vector
) -> Vector:
    """Newton's step among the legs that no bound holds."""
    slope = gains @ (weights / after)
    free = ((stakes > 0) | (slope > 0)) & ((stakes < most) | (slope < 0))
    direction = np.zeros_like(stakes)
    if free.any():
        scaled = gains[free] * np.sqrt(weights) / after
        bend = scaled @ scaled.T
        bend += np.eye(len(bend)) * max(RIDGE, RIDGE * float(np.trace(bend)))
        direction[free] = np.linalg.solve(bend, slope[free])
    return direction


def _searched(
    weights: Vector,
    have: Vector,
    gains: Vector,
    stakes: Vector,
    direction: Vector,
    most: Vector,
    value: float,
) -> tuple[Vector, float]:
    """The longest of the halved steps that helps."""
    length = 1.0
    for _ in range(HALVINGS):
        after = np.clip(stakes + length * direction, 0.0, most)
        better = _value(weights, have, gains, after)
        if better > value:
            return after, better
        length /= 2
    return stakes, value
