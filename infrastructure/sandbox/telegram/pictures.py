"""The size of a picture, read from the first bytes of the formats that Telegram takes."""

import struct
from typing import Final

# Start-of-frame markers; C4, C8 and CC in the same range mean something else.
JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_MARKER: Final = 0xFF
TYPES: Final = {b"\x89PNG": "image/png", b"GIF8": "image/gif", b"\xff\xd8": "image/jpeg"}


def picture_type(data: bytes) -> str:
    """The media type of what `picture_size` can read."""
    return next((kind for start, kind in TYPES.items() if data.startswith(start)), "image/webp")


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None if this is no whole PNG, JPEG, GIF or WebP header."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _pair(">II", data, 16)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return _pair("<HH", data, 6)
        if data.startswith(b"\xff\xd8"):
            return _jpeg_size(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp_size(data)
    except struct.error:
        return None
    return None


def _pair(layout: str, data: bytes, at: int) -> tuple[int, int]:
    first, second = struct.unpack_from(layout, data, at)
    return int(first), int(second)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while True:
        marker, kind = _pair(">BB", data, at)
        if marker != JPEG_MARKER:
            return None
        if kind in JPEG_FRAMES:
            height, width = _pair(">HH", data, at + 5)
            return width, height
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))


def _webp_size(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(
                data[27:30], "little"
            )
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = _pair("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
    return None
