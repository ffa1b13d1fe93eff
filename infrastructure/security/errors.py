"""What can be wrong with a sealed secret or with the keys. No text ever holds secret bytes."""

from core.domain.errors import PolycoolError
from infrastructure.errors import CannotStart


class KeyFileRefused(CannotStart):
    """A key file or its folder is missing, damaged, or open to others."""


class SealedFileRefused(CannotStart):
    """A sealed file was altered, is not whole, or needs another key."""


class RotationRefused(CannotStart):
    """A rotation or a retirement that would leave secrets nobody can open."""


class SecretUnavailable(PolycoolError):
    """A secret cannot be opened. Nothing was signed."""


class RecordUnreadable(SecretUnavailable):
    """Bytes that are no record of ours, or of a later release."""


class KeyUnknown(SecretUnavailable):
    """The record needs a key that is not here: a version too old, too new, or another file."""


class SealBroken(SecretUnavailable):
    """The record was altered, or was put in the place of another one."""


class KeyClosed(SecretUnavailable):
    """A key was to be used after its end."""
