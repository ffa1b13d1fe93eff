"""The local side: the running program by its own report, and the ports of our servers."""

import asyncio
import errno
import os
import socket
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from infrastructure.errors import PortInUse
from telegram_bot.doctor.case import Case, base_url
from telegram_bot.doctor.findings import Finding, ok, warn

STARTING: Final = "wait if it is just starting; else look into its log"


class PartReport(msgspec.Struct, frozen=True):
    ok: bool
    state: str


class TokenReport(msgspec.Struct, frozen=True):
    token: str
    state: str
    why: str


class HealthAnswer(msgspec.Struct, frozen=True):
    """The body of `/health`, as far as it is used here."""

    parts: dict[str, PartReport]
    uptime_seconds: float = 0.0
    tokens_wanted: int = 0
    tokens_live: int = 0
    tokens_not_live: list[TokenReport] = []


@dataclass(frozen=True, slots=True)
class OurPort:
    """One of our servers: the setting that names its port, and what it answers to."""

    variable: str
    host: str
    port: int
    path: str


async def check_program(case: Case) -> Finding:
    """Who runs on the database, and how it feels."""
    holder = case.holder
    if holder is None:
        return ok("not running")
    running = f"running with pid {holder.pid} on {holder.host}"
    if not case.runs_here or not case.settings.ops_port:
        return ok(f"{running}; its /health is not known here")
    url = base_url(case.settings.ops_host, case.settings.ops_port) + "/health"
    try:
        answer = await case.client.get(url, timeout=case.patience.local)
        report = msgspec.json.decode(answer.content, type=HealthAnswer)
    except (httpx.HTTPError, msgspec.MsgspecError):
        return warn(f"{running}, but {url} does not answer", STARTING)
    return wellbeing(running, report)


def wellbeing(running: str, report: HealthAnswer) -> Finding:
    """Verdict on what the program says of itself."""
    found = f"{running} for {report.uptime_seconds:.0f} s"
    ill = [f"{name}: {part.state}" for name, part in report.parts.items() if not part.ok]
    if ill:
        return warn(f"{found}; {'; '.join(ill)}", "see the other lines here, and the log")
    if late := report.tokens_not_live:
        first = late[0]
        count = f"{report.tokens_wanted - report.tokens_live} of {report.tokens_wanted}"
        told = f"{first.token[:12]}… is {first.state}: {first.why}"
        return ok(f"{found}, healthy; {count} tokens are not live, {told}")
    return ok(f"{found}, healthy")


def our_ports(case: Case) -> list[OurPort]:
    """The ports that this configuration listens on."""
    settings = case.settings
    ports = [OurPort("OPS_PORT", settings.ops_host, settings.ops_port, "/health")]
    if settings.telegram_bot_token is None:
        page = OurPort("SANDBOX_PORT", settings.sandbox_host, settings.sandbox_port, "/")
        ports.append(page)
    if case.is_sandbox:
        port = settings.sandbox_exchange_port
        ports.append(OurPort("SANDBOX_EXCHANGE_PORT", settings.sandbox_host, port, "/time"))
    return ports


async def check_port(case: Case, ours: OurPort) -> Finding:
    """Served by the program that runs here, or free for the next one.

    Raises: PortInUse.
    """
    if not ours.port:
        return ok("any free port")
    where = f"{ours.host}:{ours.port}"
    if not case.runs_here:
        await asyncio.to_thread(try_port, ours)
        return ok(f"{where} is free")
    try:
        await case.client.get(
            base_url(ours.host, ours.port) + ours.path, timeout=case.patience.local
        )
    except httpx.HTTPError:
        return warn(f"the program runs, but nothing answers at {where}", STARTING)
    return ok(f"{where} answers")


def try_port(ours: OurPort) -> None:
    """Listen there for a moment. Raises: PortInUse."""
    family = socket.AF_INET6 if ":" in ours.host else socket.AF_INET
    try:
        with socket.create_server((ours.host, ours.port), family=family):
            pass
    except OSError as error:
        is_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        variable = ours.variable.replace("EXCHANGE_", "").replace("PORT", "HOST")
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise PortInUse(
            variable if is_host else ours.variable, f"{ours.host}:{ours.port}", reason
        ) from error
