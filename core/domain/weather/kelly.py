"""How much to stake on outcomes of which exactly one comes true.

Source: J. L. Kelly, "A New Interpretation of Information Rate" (1956): the stakes that make the
expected logarithm of wealth largest. What is held already counts as wealth in its outcome. A
fraction of Kelly is wealth of which only that fraction is brought along.

In plain numbers: a ladder has a dozen outcomes, and the process that trades loads no numpy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final, NamedTuple, TypeAlias

Vector: TypeAlias = list[float]

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


class _Problem(NamedTuple):
    chances: Sequence[float]
    have: Sequence[float]
    gains: Sequence[Vector]  # USDC a share, by leg and outcome
    most: Sequence[float]

    def after(self, stakes: Sequence[float]) -> Vector:
        """Wealth by outcome."""
        wealth = list(self.have)
        for stake, gain in zip(stakes, self.gains, strict=True):
            if stake:
                wealth = [w + stake * g for w, g in zip(wealth, gain, strict=True)]
        return wealth

    def value(self, stakes: Sequence[float]) -> float:
        wealth = self.after(stakes)
        if min(wealth) <= 0:
            return -math.inf
        return math.fsum(q * math.log(w) for q, w in zip(self.chances, wealth, strict=True))


def joint_stakes(
    chances: Sequence[float], wealth: Sequence[float], legs: Sequence[Leg]
) -> tuple[float, ...]:
    """Shares of each leg that together make the expected log of wealth largest.

    `wealth`: USDC that there will be in each outcome if nothing more is bought, all above 0.
    Source: the problem is concave; projected Newton steps (Bertsekas 1982) keep to the bounds.
    """
    problem = _problem(chances, wealth, legs)
    stakes = [0.0] * len(legs)
    value = problem.value(stakes)
    for _ in range(STEPS if legs else 0):
        after, better = _searched(problem, stakes, _direction(problem, stakes), value)
        if better - value <= ENOUGH:
            break
        stakes, value = after, better
    return tuple(stakes)


def log_growth(
    chances: Sequence[float],
    wealth: Sequence[float],
    legs: Sequence[Leg],
    stakes: Sequence[float],
) -> float:
    """How much the expected log of wealth grows by buying `stakes`; -inf where it could end."""
    problem = _problem(chances, wealth, legs)
    return problem.value(stakes) - problem.value([0.0] * len(legs))


def _problem(chances: Sequence[float], wealth: Sequence[float], legs: Sequence[Leg]) -> _Problem:
    gains = [[pay - leg.cost for pay in leg.pays] for leg in legs]
    return _Problem(chances, wealth, gains, [leg.most for leg in legs])


def _direction(problem: _Problem, stakes: Sequence[float]) -> Vector:
    """Newton's step among the legs that no bound holds."""
    wealth = problem.after(stakes)
    pull = [q / w for q, w in zip(problem.chances, wealth, strict=True)]
    slope = [_dot(gain, pull) for gain in problem.gains]
    free = [
        leg
        for leg, (steep, stake, most) in enumerate(zip(slope, stakes, problem.most, strict=True))
        if (stake > 0 or steep > 0) and (stake < most or steep < 0)
    ]
    direction = [0.0] * len(stakes)
    curve = [p / w for p, w in zip(pull, wealth, strict=True)]
    step = _solved(_bend(problem, free, curve), [slope[leg] for leg in free])
    for leg, each in zip(free, step, strict=True):
        direction[leg] = each
    return direction


def _bend(problem: _Problem, free: Sequence[int], curve: Sequence[float]) -> list[Vector]:
    """Minus the second derivatives, a hair stronger on the diagonal."""
    scaled = [[g * c for g, c in zip(problem.gains[leg], curve, strict=True)] for leg in free]
    bend = [[_dot(row, problem.gains[leg]) for leg in free] for row in scaled]
    ridge = max(RIDGE, RIDGE * math.fsum(row[place] for place, row in enumerate(bend)))
    for place, row in enumerate(bend):
        row[place] += ridge
    return bend


def _solved(matrix: list[Vector], right: Vector) -> Vector:
    """Of a symmetric matrix above 0: Gauss needs no pivots there. Both are used up."""
    size = len(right)
    for top in range(size):
        for low in range(top + 1, size):
            part = matrix[low][top] / matrix[top][top]
            if part:
                row, above = matrix[low], matrix[top]
                for column in range(top, size):
                    row[column] -= part * above[column]
                right[low] -= part * right[top]
    for place in range(size - 1, -1, -1):
        known = math.fsum(matrix[place][c] * right[c] for c in range(place + 1, size))
        right[place] = (right[place] - known) / matrix[place][place]
    return right


def _searched(
    problem: _Problem, stakes: Vector, direction: Sequence[float], value: float
) -> tuple[Vector, float]:
    """The longest of the halved steps that helps."""
    length = 1.0
    for _ in range(HALVINGS):
        after = [
            min(max(stake + length * step, 0.0), most)
            for stake, step, most in zip(stakes, direction, problem.most, strict=True)
        ]
        better = problem.value(after)
        if better > value:
            return after, better
        length /= 2
    return stakes, value


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return float(sum(map(mul, left, right)))
