"""How many tokens a connection carries, how many all of them do, and who gives way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from core.domain.units import TokenId


@dataclass(frozen=True, slots=True)
class Layout:
    """How tokens are spread over connections."""

    tokens: int = 200  # most on one connection, canaries included
    copies: int = 1  # connections for the same tokens
    canaries: int = 0  # tokens of each connection that nobody wants, see `Canaries`
    most: int = 1000  # in all, canaries included; whoever wants tokens keeps to it

    @property
    def room(self) -> int:
        """For wanted tokens, on one connection."""
        return max(1, self.tokens - self.canaries)

    def canary_rooms(self, placed: Mapping[int, Collection[TokenId]]) -> dict[int, int]:
        """By shard of wanted tokens, the canaries it may carry: what those leave, shared evenly."""
        rooms = dict.fromkeys(sorted(placed), 0)
        free = self.most - sum(len(tokens) for tokens in placed.values())
        for number in [*rooms] * self.canaries:
            if free > 0 and len(placed[number]) + rooms[number] < self.tokens:
                rooms[number] += 1
                free -= 1
        return rooms


USUAL: Final = Layout()
