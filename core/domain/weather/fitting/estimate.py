"""One fit of minimum CRPS, drawn towards a prior as if that were so many days of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain.weather.calibration import Coefficients
from core.domain.weather.fitting.crps import scores
from core.domain.weather.fitting.samples import Numbers, Samples

LEAST_FLOOR: Final = 0.2  # kelvins
LEAST_RANGE: Final = 2.0  # kelvins, of the forecasts that the prior's days are thought to have
LEAST_DISSENT: Final = 0.5  # kelvins, the same between models on one day
LEAST_SPREAD: Final = 0.1  # kelvins, the same of the members

PRIOR_BIAS: Final = 3.0
PRIOR_SLOPE: Final = 1000.0  # of the sum of weights: what looks like it in 90 days is the season
PRIOR_WEIGHTS: Final = 30.0
PRIOR_SPREAD: Final = 5.0  # the default is wide on purpose and has to give way soon
"""What the prior counts as, in days: a fit of n days has the share n / (n + that)."""

MOST_STEPS: Final = 50
SHARES: Final = tuple(0.5**halvings for halvings in range(12))
"""Of a step, tried in turn until one makes the loss smaller."""
ENOUGH: Final = 1e-7  # of the loss: what smaller steps would still gain is none

# Curvature of CRPS at the truth by mean and sigma, and the variance of its slopes, for sigma 1.
MEAN_CURVATURE: Final = 0.5642  # 1 / sqrt(pi)
MEAN_NOISE: Final = 1 / 3
SIGMA_CURVATURE: Final = 0.2821  # 1 / (2 sqrt(pi))
SIGMA_NOISE: Final = 0.0493  # 2 / (pi sqrt(3)) - 1 / pi


@dataclass(frozen=True, slots=True)
class Problem:
    """Parameters are (bias at `centre`, weights, floor, scale)."""

    samples: Samples
    centre: float
    start: Numbers
    prior: Numbers  # its days times how far the parameters move mean and sigma, a square matrix
    curvature: Numbers  # of the prior alone

    def distribution(self, at: Numbers) -> tuple[Numbers, Numbers]:
        bias, weights, floor, scale = at[0], at[1:-2], at[-2], at[-1]
        apart = self.samples.forecasts - self.centre
        mean = self.centre + bias + np.einsum("ij,j->i", apart, weights)
        return mean, np.sqrt(floor**2 + (scale * self.samples.spreads) ** 2)

    def slopes(self, at: Numbers, sigma: Numbers) -> tuple[Numbers, Numbers]:
        """Of mean and sigma by every parameter: one row a pair."""
        by_mean = np.zeros((len(sigma), len(at)))
        by_sigma = np.zeros_like(by_mean)
        by_mean[:, 0] = 1.0
        by_mean[:, 1:-2] = self.samples.forecasts - self.centre
        by_sigma[:, -2] = at[-2] / sigma
        by_sigma[:, -1] = at[-1] * self.samples.spreads**2 / sigma
        return by_mean, by_sigma

    def expected_curvature(self, at: Numbers) -> Numbers:
        """Of the whole loss, if the parameters were the truth."""
        _, sigma = self.distribution(at)
        of_mean, of_sigma = self.slopes(at, sigma)
        by_pair = self.samples.weights / sigma
        return (
            self.curvature
            + _squared(of_mean, by_pair * MEAN_CURVATURE)
            + _squared(of_sigma, by_pair * SIGMA_CURVATURE)
        )

    def noise(self) -> Numbers:
        """What the slopes of the prior's days would have scattered."""
        return _by_kind(self.prior, MEAN_NOISE, SIGMA_NOISE)

    def loss(self, at: Numbers) -> tuple[float, Numbers]:
        mean, sigma = self.distribution(at)
        score, by_mean, by_sigma = scores(self.samples, mean, sigma)
        of_mean, of_sigma = self.slopes(at, sigma)
        weights, apart = self.samples.weights, at - self.start
        slope = _summed(weights * by_mean, of_mean) + _summed(weights * by_sigma, of_sigma)
        pull = np.einsum("ij,j->i", self.curvature, apart)
        return float((weights * score).sum() + 0.5 * (pull * apart).sum()), slope + pull


def estimate(samples: Samples, prior: Coefficients, offsets: Sequence[float]) -> Coefficients:
    """The prior's own models, refitted; with no samples at all the prior itself."""
    problem = problem_of(samples, prior)
    found = smallest(problem) if len(samples.weights) else problem.start
    total = float(found[1:-2].sum())
    return Coefficients(
        models=prior.models,
        centre=problem.centre,
        intercept=float(found[0]) + problem.centre * (1 - total),
        weights=tuple(float(each) for each in found[1:-2]),
        offsets=tuple(offsets),
        floor=float(found[-2]),
        scale=float(found[-1]),
        usual_spread=_usual_spread(samples, prior),
        covariance=_covariance(problem, found),
        pairs=len(samples.weights),
    )


def problem_of(samples: Samples, prior: Coefficients) -> Problem:
    level = samples.forecasts.mean(axis=1) if len(samples.weights) else np.zeros(0)
    centre = float(np.average(level, weights=samples.weights)) if len(level) else prior.centre
    bias = prior.intercept - centre * (1 - sum(prior.weights))
    spread = max(_usual_spread(samples, prior), LEAST_SPREAD)
    stiff = _prior(samples, level, spread)
    sigma = float(np.hypot(prior.floor, prior.scale * spread))
    return Problem(
        samples=samples,
        centre=centre,
        start=np.array([bias, *prior.weights, prior.floor, prior.scale]),
        prior=stiff,
        curvature=_by_kind(stiff, MEAN_CURVATURE, SIGMA_CURVATURE) / sigma,
    )


def _prior(samples: Samples, level: Numbers, spread: float) -> Numbers:
    """The sum of the weights is stiff by the range of forecasts, each by what models differ."""
    count = samples.forecasts.shape[1]
    extent = max(float(level.std()) if len(level) else 0.0, LEAST_RANGE)
    apart = (samples.forecasts - level[:, None]).std() if len(level) else 0.0
    dissent = max(float(apart), LEAST_DISSENT)
    matrix = np.diag([PRIOR_BIAS, *[0.0] * count, PRIOR_SPREAD, PRIOR_SPREAD * spread**2])
    matrix[1:-2, 1:-2] = PRIOR_SLOPE * extent**2 + PRIOR_WEIGHTS * dissent**2 * np.eye(count)
    return matrix


def _usual_spread(samples: Samples, prior: Coefficients) -> float:
    return float(np.median(samples.spreads)) if len(samples.spreads) else prior.usual_spread


def smallest(problem: Problem) -> Numbers:
    """The parameters of the smallest loss, by scoring: Newton's steps with expected curvature."""
    least = np.array([-np.inf, *np.zeros(len(problem.start) - 3), LEAST_FLOOR, 0.0])
    at: Numbers = np.asarray(np.maximum(problem.start, least), dtype=np.float64)
    loss, slope = problem.loss(at)
    for _ in range(MOST_STEPS):
        step = _step(problem, at, slope, (at <= least) & (slope > 0))
        if -float((slope * step).sum()) <= ENOUGH * (1 + abs(loss)):
            break
        before = loss
        for share in SHARES:
            tried: Numbers = np.asarray(np.maximum(at + share * step, least), dtype=np.float64)
            found, its_slope = problem.loss(tried)
            if found < loss:
                at, loss, slope = tried, found, its_slope
                break
        if before - loss <= ENOUGH * (1 + abs(loss)):
            break
    return at


def _step(problem: Problem, at: Numbers, slope: Numbers, is_held: NDArray[np.bool_]) -> Numbers:
    """Parameters that are held at their least do not move, and do not move the others."""
    bread = problem.expected_curvature(at)
    bread[is_held, :] = bread[:, is_held] = 0.0
    bread[is_held, is_held] = 1.0
    return np.asarray(np.linalg.solve(bread, np.where(is_held, 0.0, -slope)), dtype=np.float64)


def _covariance(problem: Problem, at: Numbers) -> tuple[tuple[float, ...], ...]:
    """Sandwich of expected curvature and seen slopes; the prior's days count in both."""
    mean, sigma = problem.distribution(at)
    _, by_mean, by_sigma = scores(problem.samples, mean, sigma)
    of_mean, of_sigma = problem.slopes(at, sigma)
    weights = problem.samples.weights
    seen = weights[:, None] * (by_mean[:, None] * of_mean + by_sigma[:, None] * of_sigma)
    inverse = np.linalg.inv(problem.expected_curvature(at))
    covariance = inverse @ (problem.noise() + _squared(seen, np.ones_like(weights))) @ inverse
    return tuple(tuple(float(each) for each in row) for row in covariance)


# Sums over pairs are left to numpy's own loops, and the search is ours: a linear algebra library
# starts threads for such, which on a busy machine wait for each other far longer than they work.
def _summed(weights: Numbers, rows: Numbers) -> Numbers:
    return np.asarray(np.einsum("i,ij->j", weights, rows))


def _squared(rows: Numbers, weights: Numbers) -> Numbers:
    return np.asarray(np.einsum("ij,i,ik->jk", rows, weights, rows))


def _by_kind(matrix: Numbers, of_mean: float, of_sigma: float) -> Numbers:
    kinds = np.array([of_mean] * (len(matrix) - 2) + [of_sigma] * 2)
    return np.asarray(matrix * kinds[:, None])
