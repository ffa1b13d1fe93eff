"""Telegram counts text in UTF-16 units: an emoji is often two of them."""


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def utf16_units(text: str) -> list[bytes]:
    encoded = text.encode("utf-16-le")
    return [encoded[at : at + 2] for at in range(0, len(encoded), 2)]
