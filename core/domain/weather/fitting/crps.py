"""The score that is made small: CRPS of a normal, or its sum over a ladder's edges.

Where only the bucket of an outcome is known, the integral of (F - step)^2 becomes the sum over the
edges of that day's ladder, each times the buckets' width. That is proper for the bucket, while the
middle of a bucket as if it were measured is not: it widens every spread by the rounding.
"""

import numpy as np
from scipy.special import ndtr

from core.domain.weather.fitting.samples import Numbers, Samples

ROOT_PI = np.sqrt(np.pi)
ROOT_TWO_PI = np.sqrt(2 * np.pi)


def scores(samples: Samples, mean: Numbers, sigma: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The score of each pair, and its slopes by mean and by sigma. Smaller is better."""
    is_cell = np.isnan(samples.outcome)
    if is_cell.all():
        return _of_cells(samples, mean, sigma)
    exact = _of_numbers(samples, mean, sigma)
    if not is_cell.any():
        return exact
    cells = _of_cells(samples, mean, sigma)
    first, second, third = (
        np.where(is_cell, cell, number) for cell, number in zip(cells, exact, strict=True)
    )
    return first, second, third


def _of_numbers(
    samples: Samples, mean: Numbers, sigma: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    """Source: Gneiting et al. (2005), equation 5."""
    z = (samples.outcome - mean) / sigma
    density = np.exp(-0.5 * z * z) / ROOT_TWO_PI
    twice = 2 * ndtr(z) - 1
    return sigma * (z * twice + 2 * density - 1 / ROOT_PI), -twice, 2 * density - 1 / ROOT_PI


def _of_cells(samples: Samples, mean: Numbers, sigma: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    z = (samples.edges - mean[:, None]) / sigma[:, None]
    miss = ndtr(z) - samples.below
    pull = -2 * samples.widths * miss * np.exp(-0.5 * z * z) / (ROOT_TWO_PI * sigma[:, None])
    return (samples.widths * miss * miss).sum(1), pull.sum(1), (pull * z).sum(1)
