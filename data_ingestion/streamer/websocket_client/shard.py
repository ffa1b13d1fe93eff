"""What one share of the subscribed tokens and its connections look like at a moment."""

from dataclasses import dataclass

from core.domain.units import TokenId


@dataclass(frozen=True, slots=True)
class Shard:
    """Tokens that travel together, and how their connections do; moments in monotonic seconds."""

    number: int
    tokens: frozenset[TokenId]  # carried, canaries included
    canaries: frozenset[TokenId]
    opened_at: float | None  # of the oldest open connection; None: none is open
    last_data: float | None  # newest data frame, never a PONG, over all copies; None: none yet
    canary_room: int = 0  # canaries that it may carry: they give way to wanted tokens
    heard: tuple[float | None, ...] = ()  # by copy: newest data frame, else its opening; None: shut
