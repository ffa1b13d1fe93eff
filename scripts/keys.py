"""The console of custody: key files and their rotation, keys that are brought, authenticators."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.custody import Tier, after_revoking
from core.domain.errors import PolycoolError
from core.domain.units import UserId
from core.storage import custody, custody_factors
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.config.secrets_handover import hand_over_secrets
from infrastructure.config.settings import Settings, load_settings
from infrastructure.custody.addresses import typed_address
from infrastructure.custody.assembly import Custody, build_custody
from infrastructure.custody.brought_key import BroughtKeyRefused, brought_key, key_text
from infrastructure.custody.codes import Enrolment, new_enrolment
from infrastructure.database.engine import create_engine
from infrastructure.errors import CannotStart
from infrastructure.polymarket.http import open_client
from infrastructure.polymarket.signing.key import opened as signing
from infrastructure.security.own_memory import keep_memory_private
from infrastructure.security.rotation import retire, rotate
from scripts.database import opened_database

ROOT: Final = Path(__file__).parents[1]
TIERS: Final = (Tier.DEPOSIT.value, Tier.EOA.value)
EOA_WARNING: Final = (
    "The key of an ordinary account can take everything out of it, and approve others to. A "
    "session key cannot. If you want it all the same, add --accept-risk."
)


@dataclass(frozen=True, slots=True)
class Console:
    arguments: argparse.Namespace
    sessions: Sessions
    custody: Custody


def main() -> None:
    handed_over = hand_over_secrets()
    keep_memory_private()
    arguments = _arguments()
    try:
        settings = load_settings(ROOT, os.environ, handed_over)
        sys.exit(asyncio.run(_run(settings, arguments)))
    except PolycoolError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2 if isinstance(error, CannotStart) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts.keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="which key files are here, and what needs them")
    rotating = commands.add_parser("rotate", help="bring every data key under a new key file")
    rotating.add_argument("--to", type=int, help="its number; to finish one that was cut short")
    retiring = commands.add_parser("retire", help="set an old key file aside")
    retiring.add_argument("version", type=int)
    bringing = commands.add_parser("import", help="bring a private key, typed unseen or in a file")
    bringing.add_argument("--tier", choices=TIERS, required=True)
    bringing.add_argument("--funder", default="", help="address of the deposit wallet")
    bringing.add_argument("--file", type=Path, help="a file of yours with mode 0400")
    bringing.add_argument("--accept-risk", action="store_true")
    enrolling = commands.add_parser("totp", help="set up a user's authenticator app")
    revoking = commands.add_parser("revoke", help="give up every key of a user")
    for command in (bringing, enrolling, revoking):
        command.add_argument("--user", type=int, required=True, help="Telegram id")
    return parser.parse_args()


async def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    async with _console(settings, arguments) as console:
        match arguments.command:
            case "status":
                return await _status(console)
            case "rotate":
                return await _rotate(console)
            case "retire":
                return await _retire(console)
            case "import":
                return await _import(console)
            case "totp":
                return await _totp(console)
            case _:
                return await _revoke(console)


@asynccontextmanager
async def _console(settings: Settings, arguments: argparse.Namespace) -> AsyncIterator[Console]:
    async with opened_database(settings) as url, open_client() as client:
        engine = create_engine(url, application_name="polycool-keys")
        try:
            sessions = async_sessionmaker(engine, expire_on_commit=False)
            parts = build_custody(settings, sessions, client, settings.clob_api_url)
            yield Console(arguments, sessions, parts)
        finally:
            await engine.dispose()


async def _status(console: Console) -> int:
    """1 if a data key needs a key file that is not here."""
    versions = console.custody.keys.versions()
    in_use = await console.custody.data_keys.in_use()
    for version in sorted({*versions, *in_use}):
        where = "here" if version in versions else "MISSING: bring it back"
        _say(f"kek-{version}: {where}, {in_use.get(version, 0)} data keys need it")
    if not versions and not in_use:
        _say("No key file and no sealed key: nothing was ever kept here.")
    return 0 if in_use.keys() <= set(versions) else 1


async def _rotate(console: Console) -> int:
    """Without a number: finish what was begun, else begin a new one. 1 if data keys are left."""
    keys, store = console.custody.keys, console.custody.data_keys
    newest = max(keys.versions(), default=0)
    is_unfinished = any(version != newest for version in await store.in_use())
    to = console.arguments.to or newest + (0 if is_unfinished else 1)
    done = await rotate(keys, store, to=to)
    _say(f"{done.moved} data keys moved to kek-{done.to}, {done.left} left under others")
    for user, version in done.unreadable:
        _say(f"data key {version} of user {user} cannot be opened")
    if done.is_complete:
        _say("Copy the new key file to where you keep the others, then retire the old one.")
    return 0 if done.is_complete else 1


async def _retire(console: Console) -> int:
    version = console.arguments.version
    await retire(console.custody.keys, console.custody.data_keys, version)
    _say(f"kek-{version} is set aside; backups from before the rotation still need it")
    return 0


async def _import(console: Console) -> int:
    arguments, tier = console.arguments, Tier(console.arguments.tier)
    if tier is Tier.EOA and not arguments.accept_risk:
        raise BroughtKeyRefused(EOA_WARNING)
    if tier is Tier.DEPOSIT and not arguments.funder:
        raise BroughtKeyRefused("--funder: write the address of the deposit wallet")
    user = await _user(console)
    text = key_text(arguments.file) if arguments.file else getpass.getpass("Private key: ")
    with closing(brought_key(text)) as secret:
        with signing(secret) as key:
            funder = key.address if tier is Tier.EOA else typed_address(arguments.funder)
        wallet = await console.custody.wallets.bring(
            user, tier, funder, lambda: console.custody.vault.keep_key(user, tier, secret)
        )
    _say(f"The key of {wallet.key_address} is sealed. Now tap Check under Wallet in the chat.")
    return 0


async def _totp(console: Console) -> int:
    """The secret is shown on this terminal once, and nowhere else."""
    user = await _user(console)
    with new_enrolment() as enrolment:
        _say(enrolment.link(str(console.arguments.user)))
        _say("Enter that into an authenticator app, then type the code it shows:")
        step = _typed_step(enrolment)
        await console.custody.codes.keep(user, enrolment)
        async with as_user(console.sessions, user) as session:
            await custody_factors.add(session, user, step)
    _say("The authenticator is set up.")
    return 0


def _typed_step(enrolment: Enrolment) -> int:
    step = enrolment.matching_step(sys.stdin.readline(), datetime.now(UTC))
    if step is None:
        raise BroughtKeyRefused("that code is wrong; nothing was changed. Begin again")
    return step


async def _revoke(console: Console) -> int:
    wallet = await console.custody.wallets.revoke(await _user(console))
    if wallet is None:
        _say("That user has no live wallet.")
        return 0
    _say(after_revoking(wallet))
    return 0


async def _user(console: Console) -> UserId:
    telegram_id = console.arguments.user
    async with as_worker(console.sessions) as session:
        user = await custody.user_by_telegram_id(session, telegram_id)
    if user is None:
        raise BroughtKeyRefused(f"--user: nobody with Telegram id {telegram_id} has used this bot")
    return user


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
