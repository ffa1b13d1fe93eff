"""Secret bytes in an object that shows nothing, opened for one call at a time."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, final

from infrastructure.security.errors import KeyClosed

HIDDEN: Final = "SecretKey(***)"
RANDOM_SOURCE: Final = "/dev/urandom"  # readable into our own buffer, which can be wiped


@final
class SecretKey:
    """Takes `material` over: a bytearray is zero afterwards; `bytes` stay with whoever gave them.

    It cannot be printed, formatted, compared in a measurable time, hashed, copied, pickled or
    iterated over. Python may still have copied bytes that went through other hands, such as those
    of a library that takes only `bytes`.
    """

    __slots__ = ("_is_closed", "_material")

    def __init__(self, material: bytes | bytearray) -> None:
        self._material = bytearray(material)
        self._is_closed = False
        if isinstance(material, bytearray):
            material[:] = bytes(len(material))
        if not self._material:
            raise ValueError("a key of no bytes")

    @classmethod
    def random(cls, length: int = 32) -> "SecretKey":
        """A new key of `length` random bytes from the kernel."""
        fresh = bytearray(length)
        with open(RANDOM_SOURCE, "rb", buffering=0) as source:  # noqa: PTH123 - no path, a device
            if source.readinto(fresh) != length:
                raise OSError("the kernel gave too few random bytes")
        return cls(fresh)

    @contextmanager
    def opened(self) -> Iterator[memoryview]:
        """The bytes, for the duration of one call.

        They are a copy that becomes zero at the end of the block, whoever still refers to it.
        Raises: KeyClosed.
        """
        if self._is_closed:
            raise KeyClosed("this key was closed; open it anew from its record")
        copy = memoryview(bytearray(self._material))  # a view: what shows variables shows no bytes
        material = copy.toreadonly()
        try:
            yield material
        finally:
            copy[:] = bytes(len(copy))
            material.release()

    def close(self) -> None:
        """Zero the bytes; again is fine. Blocks that are open keep their copy until their end."""
        self._is_closed = True
        self._material[:] = bytes(len(self._material))  # no global: the interpreter may be ending

    def __del__(self) -> None:
        self.close()

    def __eq__(self, other: object) -> bool:
        """In a time that tells nothing of the bytes. Raises: KeyClosed."""
        if not isinstance(other, SecretKey):
            return NotImplemented
        with self.opened() as ours, other.opened() as theirs:
            return hmac.compare_digest(ours, theirs)

    __hash__ = None  # type: ignore[assignment] # a hash would tell equal keys apart from others

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, specification: str) -> str:
        return HIDDEN

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret key is never pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a secret key is never pickled or copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a secret key is never pickled or copied")
