"""What takes long to compute is computed by somebody else."""

from typing import Final, Protocol

PATIENCE: Final = 60.0  # seconds, with all that waits before


class Jobs(Protocol):
    """The worker process."""

    async def call(self, function: str, argument: object, patience: float, /) -> object:
        """What `package.module:name` returns for `argument`. Raises: Unavailable."""
        ...
