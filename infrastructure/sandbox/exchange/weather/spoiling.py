"""What can be wrong with an hourly answer that is well-formed otherwise."""

from collections.abc import Callable
from copy import deepcopy
from types import MappingProxyType
from typing import Final

from infrastructure.sandbox.exchange.frames import Json

WEEK: Final = 604_800  # seconds


def spoilt(answer: Json, fault: str) -> Json:
    """`answer` as it is without a fault, or for a fault that is none of this form's."""
    if fault not in SPOILED:
        return answer
    other = deepcopy(answer)
    SPOILED[fault](other)
    return other


def _unitless(answer: Json) -> None:
    answer["hourly_units"] = dict.fromkeys(answer["hourly_units"], "undefined")


def _fahrenheit(answer: Json) -> None:
    for name in _columns(answer):
        answer["hourly_units"][name] = "°F"
        values = answer["hourly"][name]
        answer["hourly"][name] = [round(value * 9 / 5 + 32, 1) for value in values]


def _nulls(answer: Json) -> None:
    for name in _columns(answer):
        answer["hourly"][name][::3] = [None] * len(answer["hourly"][name][::3])


def _lengths(answer: Json) -> None:
    for name in _columns(answer):
        answer["hourly"][name].pop()


def _absurd(answer: Json) -> None:
    for name in _columns(answer):
        answer["hourly"][name][-1] = 199.0


def _outlier(answer: Json) -> None:
    first = answer["hourly"][_columns(answer)[0]]
    first[:] = [value + 15 for value in first]


def _disordered(answer: Json) -> None:
    answer["hourly"]["time"].reverse()


def _duplicate(answer: Json) -> None:
    answer["hourly"]["time"][1] = answer["hourly"]["time"][0]


def _gap(answer: Json) -> None:
    for values in answer["hourly"].values():
        del values[30]


def _stale(answer: Json) -> None:
    answer["hourly"]["time"] = [at - WEEK for at in answer["hourly"]["time"]]


def _elsewhere(answer: Json) -> None:
    answer["latitude"] += 5


def _columns(answer: Json) -> list[str]:
    return [name for name in answer["hourly"] if name != "time"]


SPOILED: Final = MappingProxyType[str, Callable[[Json], None]](
    {
        "unitless": _unitless,
        "fahrenheit": _fahrenheit,
        "nulls": _nulls,
        "lengths": _lengths,
        "absurd": _absurd,
        "outlier": _outlier,
        "disordered": _disordered,
        "duplicate": _duplicate,
        "gap": _gap,
        "stale": _stale,
        "elsewhere": _elsewhere,
    }
)
