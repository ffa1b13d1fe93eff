"""Who has been quiet for how long: tokens, and whole connections."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.websocket_client.shard import Shard


class Connections(Protocol):
    """What carries the tokens."""

    def shards(self) -> Collection[Shard]: ...

    def recycle(self, tokens: Collection[TokenId]) -> None: ...


@dataclass(frozen=True, slots=True)
class Quiet:
    """Looks at the board and the connections; `followed` are the tokens that somebody wants."""

    board: PriceBoard
    connections: Connections
    followed: Callable[[], Collection[TokenId]]
    clock: Callable[[], float]

    def watched(self) -> frozenset[TokenId]:
        """Followed tokens and canaries."""
        canaries = (shard.canaries for shard in self.connections.shards())
        return frozenset(self.followed()).union(*canaries)

    def of(self, token: TokenId) -> float:
        """Seconds since the stream spoke of a live token; 0 for one that is not live."""
        age = self.board.age(token) if self.board.is_live(token) else None
        return age or 0.0

    def of_shard(self, shard: Shard) -> float:
        """Seconds since an open connection with traffic, or its canaries, brought anything."""
        if shard.opened_at is None or shard.last_data is None:
            return 0.0
        canaries = min((self.of(token) for token in shard.canaries), default=0.0)
        return max(self.clock() - shard.last_data, canaries)

    def on_connections(self, seconds: float) -> frozenset[TokenId]:
        """All tokens of connections that have been quiet for so long."""
        shards = self.connections.shards()
        silent = (shard.tokens for shard in shards if self.of_shard(shard) >= seconds)
        return frozenset[TokenId]().union(*silent)

    def on_mute_connections(self) -> frozenset[TokenId]:
        """All tokens of open connections that have brought nothing at all."""
        shards = self.connections.shards()
        mute = (s.tokens for s in shards if s.opened_at is not None and s.last_data is None)
        return frozenset[TokenId]().union(*mute)

    def has_talked(self, token: TokenId, since: float) -> bool:
        """Whether the stream spoke of it after that moment."""
        age = self.board.age(token)
        return age is not None and self.clock() - age > since
