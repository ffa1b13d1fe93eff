"""Who may speak to the sandbox: no other web page, and no name that only resolves here."""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

ANY_HOST: Final = "*"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def guard(allowed_hosts: Collection[str]) -> Middleware:
    """Refuses foreign `Host` (DNS rebinding) and foreign `Origin` (a page pressing buttons)."""
    names = {host.lower() for host in allowed_hosts}

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = _host_name(request.host)
        if not (is_loopback(host) or host in names or ANY_HOST in names):
            raise web.HTTPForbidden(text="This name is not served here.")
        origin = request.headers.get("Origin")
        is_foreign = origin is not None and origin.partition("://")[2] != request.host
        # A picture or a form of another site carries no Origin, but says where it came from.
        is_embedded = request.headers.get("Sec-Fetch-Site") == "cross-site"
        if is_foreign or (is_embedded and request.path != "/"):
            raise web.HTTPForbidden(text="Requests from other sites are refused.")
        return await handler(request)

    return checked


def _host_name(host: str) -> str:
    """Without the port; empty for what is no host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
