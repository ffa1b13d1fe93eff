"""Keeps an instance that was overtaken from claiming orders, however late it notices."""

from core.domain.errors import Rejected


class Fenced(Rejected):
    """Another instance has taken over this database."""


class Fence:
    """`epoch` is the number of the taking-over by which this instance is in charge."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def refuse(self, epoch: int) -> None:
        """`epoch` is the newest, read in the transaction that claims: it stays so to its end.

        Raises: Fenced.
        """
        if epoch != self._epoch:
            raise Fenced(
                "Another copy of this bot has taken over, so this one sends no orders. "
                "Nothing was sent; tap again."
            )
