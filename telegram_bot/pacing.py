"""How often one chat, and all chats together, may hear from us: pure rules, told the time."""

import math
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

WINDOW: Final = 60.0  # seconds in which messages are counted
PENALTY: Final = 600.0  # seconds that a 429 weighs on its chat
MAX_DOUBLINGS: Final = 4
TOGETHER: Final = 2.0  # seconds in which refusals count as one
WIDESPREAD: Final = 3  # chats refused together; then all of them are meant
TAPS: Final = 3  # answers by which we know how quickly somebody taps
BUSIEST: Final = 13  # taps a minute; who taps quicker for a moment will not for a minute
SPARE: Final = 2  # messages left beside the taps to come: some are answered by two
# Who waited as long as told may go, in floats too:
HAIR: Final = 1e-6  # of a message
INSTANT: Final = 1e-9  # seconds


class Urgency(IntEnum):
    """What goes first where not all may go; of equal ones that which waits longer."""

    ORDER = 0  # what became of an order
    TAP = 1  # the answer to a tap or to words
    STATE = 2  # a card's prices stopped being live, or are live again
    ALERT = 3
    LIVE = 4  # a card follows the market
    BROADCAST = 5


ANSWERS: Final = frozenset({Urgency.ORDER, Urgency.TAP})


@dataclass(frozen=True, slots=True)
class Pace:
    """Sends and edits of one chat count together.

    Of a minute's messages the live edits of cards leave `reserve` free, and more where somebody
    taps often: as many as a minute of that will take. Answers leave `kept_for_news`: these few are
    for orders and for prices that stopped being live or are so again.
    Source: Telegram's bot FAQ (one message a second, short bursts; 20 a minute in a group); its
    developers on edits (tdlib/td#2592: they share that limit, about 20 a minute in any chat).
    """

    per_minute: int = 20
    reserve: int = 5
    kept_for_news: int = 2
    live_gap: float = 3.0  # seconds between a live edit and whatever went before it
    per_second: float = 1.0  # in a private chat
    burst: int = 3
    group_burst: int = 5

    def most(self, urgency: Urgency) -> int:
        """How many messages a minute may hold for one more of this kind to be its last."""
        match urgency:
            case Urgency.ORDER | Urgency.STATE:
                return self.per_minute
            case Urgency.TAP | Urgency.ALERT:
                return self.per_minute - self.kept_for_news
            case Urgency.LIVE | Urgency.BROADCAST:
                return self.per_minute - self.reserve


def pace_of(per_minute: int, *, live_gap: float = 3.0) -> Pace:
    """One a second for every 20 a minute, bursts of three for each of these, 10 % kept for news."""
    times = max(1, per_minute // 20)
    return Pace(
        per_minute=per_minute,
        reserve=per_minute // 4,
        kept_for_news=per_minute // 10,
        live_gap=live_gap,
        per_second=float(times),
        burst=3 * times,
    )


class Bucket:
    """Fills steadily up to its burst; each message takes one."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = self._level = burst
        self._at = 0.0

    def wait(self, now: float, kept: float = 0.0) -> float:
        """Seconds until one more may go and `kept` are left; 0.0 if it may go now."""
        missing = min(1.0 + kept, self._burst) - self._filled(now)
        return missing / self._per_second if missing > HAIR else 0.0

    def spend(self, now: float, count: float = 1.0) -> None:
        """A negative `count` gives back."""
        self._level = min(self._burst, self._filled(now) - count)
        self._at = now

    def _filled(self, now: float) -> float:
        return min(self._burst, self._level + (now - self._at) * self._per_second)


class AllChats:
    """What the bot says in all chats together: Telegram takes some 30 messages a second."""

    def __init__(self, per_second: float = 25.0, burst: float = 3.0) -> None:
        self._bucket = Bucket(per_second, burst)
        self._refusals: deque[tuple[float, int, float]] = deque()  # at, chat, end
        self._blocked_until = -math.inf
        self.pauses = 0

    def wait(self, now: float) -> float:
        """Seconds until one more may go; 0.0 if it may go now."""
        longest = max(self._bucket.wait(now), self._blocked_until - now)
        return longest if longest > INSTANT else 0.0

    def spend(self, now: float) -> None:
        self._bucket.spend(now)

    def give_back(self, now: float) -> None:
        self._bucket.spend(now, -1.0)

    def refused(self, chat: int, now: float, seconds: float) -> None:
        """A 429 slows its own chat; several chats at once mean that all are to be silent.

        For as long as each of them was told to be: the longer waits are of single chats.
        """
        while self._refusals and self._refusals[0][0] < now - TOGETHER:
            self._refusals.popleft()
        self._refusals.append((now, chat, now + seconds))
        if len({each for _, each, _ in self._refusals}) >= WIDESPREAD:
            self._refusals, ends = deque(), [end for *_, end in self._refusals]
            self._blocked_until = max(self._blocked_until, min(ends))
            self.pauses += 1


class Lane:
    """One chat's messages of the last minute, and its penalties."""

    def __init__(self, pace: Pace, *, is_group: bool = False) -> None:
        self._pace = pace
        self._bucket = (
            Bucket(pace.per_minute / WINDOW, pace.group_burst)
            if is_group
            else Bucket(pace.per_second, pace.burst)
        )
        self._sent: deque[float] = deque()
        self._unasked: deque[float] = deque()  # of those: what answers nobody
        self._asked: deque[float] = deque(maxlen=TAPS)  # the last answers, however old
        self._news: deque[float] = deque()  # of those: states told beyond the live edits' share
        self._penalties: deque[float] = deque()
        self._blocked_until = -math.inf

    def wait(self, now: float, urgency: Urgency = Urgency.TAP) -> float:
        """Seconds until one more of this kind may go; 0.0 if it may go now.

        What nobody asked for leaves one message of the burst to what somebody may ask for next.
        """
        self._forget(now)
        longest = max(
            self._blocked_until - now,
            self._bucket.wait(now, kept=1.0 if urgency >= Urgency.LIVE else 0.0),
            self._room(now, urgency),
            self._gap(urgency) - (now - self._sent[-1]) if self._sent else 0.0,
        )
        return longest if longest > INSTANT else 0.0

    def spend(self, now: float, urgency: Urgency = Urgency.TAP) -> None:
        self._forget(now)
        if urgency is Urgency.STATE and self._among_live(now) > 0:
            self._news.append(now)
        (self._asked if urgency in ANSWERS else self._unasked).append(now)
        self._sent.append(now)
        self._bucket.spend(now)

    def give_back(self, now: float) -> None:
        """The last one that was spent did not go."""
        if self._sent:
            at = self._sent.pop()
            for times in (self._news, self._asked, self._unasked):
                if times and times[-1] == at:
                    times.pop()
            self._bucket.spend(now, -1.0)

    def penalize(self, now: float, seconds: float) -> None:
        """Telegram refused for `seconds`: silence, then half the pace for ten minutes."""
        self._blocked_until = max(self._blocked_until, now + seconds)
        self._penalties.append(now)

    def is_idle(self, now: float) -> bool:
        """Nothing of what it remembers matters any more."""
        self._forget(now)
        return not self._sent and not self._penalties and self._blocked_until <= now

    def _room(self, now: float, urgency: Urgency) -> float:
        """Until the minute's count allows one more."""
        if urgency >= Urgency.LIVE:
            return self._among_live(now)
        in_all = self._until(now, self._sent, self._most(urgency))
        if urgency is not Urgency.STATE:
            return in_all
        beyond = max(in_all, self._until(now, self._news, self._pace.kept_for_news))
        return min(self._among_live(now), beyond)

    def _among_live(self, now: float) -> float:
        """Until one more fits into the share that is left to what nobody asked for."""
        reserve = self._until(now, self._sent, self._most(Urgency.LIVE))
        return max(reserve, self._beside_taps(now))

    def _beside_taps(self, now: float) -> float:
        """Until a minute of taps at the pace of the last three has room beside one more.

        Where nothing unasked went in a minute one may.
        """
        if len(self._asked) < TAPS:
            return 0.0
        free = self._most(Urgency.TAP) - SPARE - 1
        waits = [self._when_slower(now, free - len(self._unasked))]
        for left, at in zip(range(len(self._unasked) - 1, -1, -1), self._unasked, strict=True):
            expiry = at + WINDOW - now
            waits.append(max(expiry, self._when_slower(now, free - left) if left else 0.0))
        return min(waits) if self._unasked else 0.0

    def _when_slower(self, now: float, taps: int) -> float:
        """Until the last taps are of a pace of so many a minute; infinite for none."""
        if taps >= BUSIEST:
            return 0.0
        if taps <= 0:
            return math.inf
        return max(0.0, self._asked[0] + TAPS * WINDOW / taps - now)

    def _until(self, now: float, sent: deque[float], most: int) -> float:
        """Until fewer than `most` of `sent` are of the last minute."""
        return sent[len(sent) - most] + WINDOW - now if len(sent) >= most else 0.0

    def _most(self, urgency: Urgency) -> int:
        return max(1, self._pace.most(urgency) >> self._doublings)

    def _gap(self, urgency: Urgency) -> float:
        """Doubles with each penalty; only in a chat that has none may messages burst."""
        doubled = float(1 << self._doublings)
        if urgency is not Urgency.LIVE:
            return WINDOW / self._pace.per_minute * doubled if self._penalties else 0.0
        # Half of the minute's live edits may come quickly; the rest is spread over it.
        is_half_used = len(self._sent) * 2 > self._most(Urgency.LIVE)
        spread = WINDOW / self._most(Urgency.LIVE) if is_half_used else 0.0
        return max(spread, self._pace.live_gap * doubled)

    @property
    def _doublings(self) -> int:
        return min(len(self._penalties), MAX_DOUBLINGS)

    def _forget(self, now: float) -> None:
        for times in (self._sent, self._unasked, self._news):
            while times and times[0] <= now - WINDOW:
                times.popleft()
        while self._penalties and self._penalties[0] <= now - PENALTY:
            self._penalties.popleft()
