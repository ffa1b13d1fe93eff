"""What became of something that somebody sent to the bot."""

from enum import StrEnum


class UpdateOutcome(StrEnum):
    ANSWERED = "answered"
    FAILED = "failed"  # its handler raised; its sender was told
    LATE = "late"  # a tap or words about money that came too late to act on
    GIVEN_UP = "given up"  # the program died over it too often
