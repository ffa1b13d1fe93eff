"""Secrets leave the environment before anything else happens.

What a process was started with can be read in `/proc/<pid>/environ` for as long as it lives. So a
process that got secrets that way starts itself anew without them, and hands them over in a pipe.
Only the standard library is imported: this runs first.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import NoReturn

SECRETS = frozenset(
    {
        "TELEGRAM_BOT_TOKEN",
        "TELEGRAM_WEBHOOK_SECRET",
        "DATABASE_URL",
        "CLOB_API_KEY",
        "CLOB_API_SECRET",
        "CLOB_API_PASSPHRASE",
        "RELAYER_API_KEY",
        "BUILDER_API_KEY",
        "BUILDER_API_SECRET",
        "BUILDER_API_PASSPHRASE",
        "OPEN_METEO_API_KEY",
    }
)
DESCRIPTOR = "POLYCOOL_SECRETS_FD"
LONGEST = 16_384  # bytes; every pipe takes this much with nobody reading


def hand_over_secrets() -> Mapping[str, str]:
    """The secrets that were in the environment; by the time this returns they are not.

    Call it first thing in the program: where there are secrets, it does not return but replaces
    the process by itself (same pid, interpreter, arguments and working directory).
    """
    descriptor = os.environ.pop(DESCRIPTOR, None)
    if descriptor is not None:
        return _received(int(descriptor))
    found = {name: os.environ[name] for name in sorted(SECRETS & os.environ.keys())}
    if any(found.values()):
        _start_anew(found)
    return {}


def _start_anew(secrets: Mapping[str, str]) -> NoReturn:
    kept = {name: value for name, value in os.environ.items() if name not in SECRETS}
    kept[DESCRIPTOR] = str(_sent(secrets))
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], kept)  # noqa: S606 - ourselves


def _sent(secrets: Mapping[str, str]) -> int:
    content = json.dumps(secrets).encode()
    if len(content) > LONGEST:
        sys.exit("The secrets in the environment are longer than 16 kB; use their *_FILE variables")
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    os.set_inheritable(reader, True)
    return reader


def _received(descriptor: int) -> dict[str, str]:
    with open(descriptor, "rb") as pipe:
        given: dict[str, str] = json.loads(pipe.read())
    return given
