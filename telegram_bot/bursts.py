"""Many notices of one kind at once become one message: pure, on a clock of the caller's."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.notice import Notice, NoticeKind
from core.domain.notice_rules import ALONE, kind_of
from core.domain.units import UserId

WINDOW: Final = 10.0  # seconds
MOST: Final = 3  # messages of a kind within them

_Key: TypeAlias = tuple[UserId, NoticeKind]


@dataclass(frozen=True, slots=True)
class Plan:
    """`messages`: what goes together, now. `later`: what waits for so many seconds."""

    messages: tuple[tuple[Notice, ...], ...]
    later: tuple[tuple[Notice, float], ...]


class Bursts:
    """Remembers for a while what somebody was sent of each kind."""

    def __init__(self) -> None:
        self._sent: dict[_Key, tuple[float, ...]] = {}

    def plan(self, notices: Iterable[Notice], now: float) -> Plan:
        """What comes too soon after others waits, and goes out together at the end of the time."""
        self._forget(now)
        groups = defaultdict[_Key, list[Notice]](list)
        messages = list[tuple[Notice, ...]]()
        for one in notices:
            kind = kind_of(one.news)
            if kind in ALONE:
                messages.append((one,))
            else:
                groups[one.user_id, kind].append(one)
        later = list[tuple[Notice, float]]()
        for key, group in groups.items():
            recent = self._sent.get(key, ())
            if len(recent) + len(group) <= MOST:
                messages += [(one,) for one in group]
                self._sent[key] = (*recent, *(now for _ in group))
            elif not recent:
                messages.append(tuple(group))
                self._sent[key] = (now,) * MOST
            else:
                wait = recent[-1] + WINDOW - now
                later += [(one, wait) for one in group]
        return Plan(tuple(messages), tuple(later))

    def _forget(self, now: float) -> None:
        recent = {
            key: tuple(at for at in times if at + WINDOW > now) for key, times in self._sent.items()
        }
        self._sent = {key: times for key, times in recent.items() if times}
