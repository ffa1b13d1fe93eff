"""What the price writer counts, and whom it tells."""

from dataclasses import dataclass
from typing import Protocol


class WriterTelemetry(Protocol):
    """Where the writer's figures go."""

    def flushed(self, tokens: int, seconds: float) -> None: ...

    def failed(self) -> None: ...

    def committed(self, latency: float) -> None:
        """Seconds from the receipt of the oldest unsaved change to the committed row."""
        ...


@dataclass(slots=True)
class WriterStatistics:
    flushes: int = 0
    failures: int = 0
    tokens: int = 0  # written, over all flushes
    positions: int = 0  # rows that changed, over all flushes
    put_off: int = 0  # tokens whose positions had to wait for the budget, over all flushes
