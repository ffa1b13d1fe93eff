"""The command: options and settings in, printed findings and an exit code out."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infrastructure.config.settings import Settings, load_settings, misspelt
from infrastructure.errors import CannotStart
from infrastructure.telemetry.logs import configure_logging
from infrastructure.telemetry.redaction import Redactor
from telegram_bot.doctor.examination import Examination
from telegram_bot.doctor.findings import Finding, lines, refused


def main(arguments: Sequence[str], root: Path, secrets: Mapping[str, str]) -> int:
    """Examine, print, and return the exit code: 0 if nothing failed, else 1."""
    stream: float | None = _arguments(arguments).stream
    try:
        settings = load_settings(root, os.environ, secrets)
        warnings = misspelt(root)
    except CannotStart as problem:  # nothing can be checked by settings that cannot be read
        _print("settings", refused(problem), Redactor(secrets.values()))
        return 1
    configure_logging("ERROR", settings.log_format, settings.secrets)
    redactor = Redactor(settings.secrets)
    return asyncio.run(_examine(settings, warnings, stream, redactor))


async def _examine(
    settings: Settings, warnings: Sequence[str], stream: float | None, redactor: Redactor
) -> int:
    def tell(name: str, finding: Finding) -> None:
        _print(name, finding, redactor)

    return await Examination(settings, warnings, tell, stream).run()


def _print(name: str, finding: Finding, redactor: Redactor) -> None:
    for line in lines(name, finding):
        sys.stdout.write(redactor.text(line) + "\n")
    sys.stdout.flush()


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="doctor", description="Check everything Polycool needs; changes nothing."
    )
    parser.add_argument(
        "--stream",
        type=_seconds,
        metavar="SECONDS",
        help="also listen to the busiest market for so long",
    )
    return parser.parse_args(given)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError("a number of seconds above 0, at most a day")
    return value
