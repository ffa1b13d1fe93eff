"""Which links Telegram takes: in texts it drops others silently, on buttons it refuses them."""

import re
from typing import Final
from urllib.parse import urlsplit

SCHEMES: Final = frozenset({"http", "https", "tg", "ton", "tonsite"})
HOST: Final = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}|(?:\d{1,3}\.){3}\d{1,3}")
USER_LINK: Final = re.compile(r"tg:(?://)?user\?id=(\d{1,15})$")


def checked_link(url: str) -> str | None:
    """The link as Telegram stores it, a scheme added if there was none; None if it takes it not."""
    url = url.strip()
    if not re.match(r"[a-zA-Z][\w+.-]*:(?!\d)", url):
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if parts.scheme.lower() not in SCHEMES or re.search(r"[\s<>]", url):
        return None
    if parts.scheme.lower() == "tg":
        return url
    if not has_valid_port or not HOST.fullmatch(parts.hostname or ""):
        return None
    return url if parts.path else parts._replace(path="/").geturl()


def linked_user(url: str) -> int | None:
    """The user that a `tg://user?id=` link points at; None for any other link."""
    match = USER_LINK.match(url)
    return int(match[1]) if match else None
