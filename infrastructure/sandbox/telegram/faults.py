"""Scripted trouble: the next calls of a method fail in a chosen way."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class FaultKind(StrEnum):
    FLOOD = "429"
    BAD_GATEWAY = "502"
    HANG = "hang"  # no answer for `seconds`, then the connection drops; carried out if cleared
    DROP = "drop"  # the connection drops; nothing was done
    DROP_AFTER = "drop_after"  # the connection drops after the request was carried out


ANY_METHOD: Final = "*"
HANGING: Final = "hanging"  # the bell at which calls that hang go on


@dataclass(frozen=True, slots=True)
class Fault:
    method: str  # lower case, or `ANY_METHOD` for everything except getUpdates
    kind: FaultKind
    times: int = 1
    retry_after: int = 5  # seconds, in the answer 429
    seconds: float = 60.0  # how long a hanging call hangs


class Faults:
    def __init__(self) -> None:
        self._script: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._script.append(fault)

    def clear(self) -> None:
        self._script.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that this call meets, if one is scripted for it; oldest first."""
        for index, fault in enumerate(self._script):
            if _applies(fault, method):
                if fault.times <= 1:
                    del self._script[index]
                else:
                    self._script[index] = replace(fault, times=fault.times - 1)
                return fault
        return None


def _applies(fault: Fault, method: str) -> bool:
    return fault.method == method or (fault.method == ANY_METHOD and method != "getupdates")
