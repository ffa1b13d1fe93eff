"""A rising line from what was said to what came, by pooling neighbours that do not rise."""

from collections.abc import Sequence
from typing import Final

from core.domain.weather.calibration import Layer

LEAST_BUCKETS: Final = 500


def isotonic(said: Sequence[float], came: Sequence[bool]) -> Layer:
    """The layer of these buckets; empty, so without effect, while they are fewer than 500.

    Source: pool adjacent violators, Ayer et al. (1955), Annals of Mathematical Statistics 26, 641.
    """
    if len(said) < LEAST_BUCKETS:
        return ()
    pools: list[tuple[float, float, int]] = []  # sums of said and of came, and how many
    for p, hit in sorted(zip(said, came, strict=True)):
        pools.append((p, float(hit), 1))
        while len(pools) > 1 and _rate(pools[-2]) >= _rate(pools[-1]):
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    return tuple((pool[0] / pool[2], _rate(pool)) for pool in pools)


def _rate(pool: tuple[float, float, int]) -> float:
    """How often it came, with one more that came as often as was said: nothing gets impossible."""
    said, hits, count = pool
    return (hits + said / count) / (count + 1)
