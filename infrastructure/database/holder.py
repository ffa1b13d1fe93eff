"""Who uses a database: what the holder of its lock says about itself."""

from typing import NamedTuple


class Holder(NamedTuple):
    """`host` is "unknown" and `pid` 0 where the holder did not say."""

    host: str
    pid: int


def holder_from(host: str, pid: str) -> Holder:
    """The holder from the words of a lock.

    >>> holder_from("desk", "12")
    Holder(host='desk', pid=12)
    """
    return Holder(host or "unknown", int(pid) if pid.isdecimal() else 0)
