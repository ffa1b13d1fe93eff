"""The time of day, for whoever is given no other."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
