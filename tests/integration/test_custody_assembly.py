"""The parts of custody as the program builds them."""

from pathlib import Path

import sqlalchemy as sa

from core.storage.models import Sessions
from infrastructure.config.settings import load_settings
from infrastructure.custody.assembly import build_custody
from infrastructure.polymarket.http import open_client
from tests.support.custody_venue import PASSPHRASE, SECRET, custody_venue
from tests.support.rows import add_user

OWNER = "0x" + "33" * 20


async def test_under_dry_run_nothing_is_built_that_could_sign(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with open_client() as client:
        for dry in ("true", "false"):
            environ = {"DRY_RUN_MODE": dry, "KEYS_DIR": str(tmp_path / "keys")}
            settings = load_settings(tmp_path, environ, {})
            parts = build_custody(settings, sessions, client, "http://127.0.0.1:1")
            assert (parts.account_keys is None) == (dry == "true")
    assert not (tmp_path / "keys").exists()


async def test_a_wallet_is_set_up_and_given_up_with_the_parts_alone(
    sessions: Sessions, tmp_path: Path
) -> None:
    environ = {"DRY_RUN_MODE": "false", "KEYS_DIR": str(tmp_path / "keys")}
    settings = load_settings(tmp_path, environ, {})
    async with sessions.begin() as session:
        user = await add_user(session)
    async with custody_venue() as (venue, url), open_client() as client:
        parts = build_custody(settings, sessions, client, url)
        parts.keys.create(1)
        waiting = await parts.wallets.begin(user)
        venue.listed[waiting.key_address] = (["CLOB"], 4_000_000_000)
        await parts.wallets.verify(user)
        assert parts.account_keys is not None
        assert await parts.account_keys.api_key(user)
        await parts.wallets.revoke(user)
        assert await parts.wallets.ready(user) is None


async def test_the_owners_credentials_come_from_the_settings(
    sessions: Sessions, tmp_path: Path
) -> None:
    environ = {
        "DRY_RUN_MODE": "false",
        "KEYS_DIR": str(tmp_path / "keys"),
        "CLOB_API_KEY": "given-key",
        "CLOB_API_SECRET": SECRET,
        "CLOB_API_PASSPHRASE": PASSPHRASE,
        "CLOB_API_ADDRESS": OWNER,
    }
    async with sessions.begin() as session:
        user = await add_user(session)
        await session.execute(
            sa.text("UPDATE users SET role = 'owner' WHERE id = :id"), {"id": user}
        )
    settings = load_settings(tmp_path, environ, {})
    async with open_client() as client:
        parts = build_custody(settings, sessions, client, "http://127.0.0.1:1")
        assert parts.account_keys is not None
        headers = await parts.account_keys.l2_headers(user, "GET", "/data/orders")
    assert (headers["POLY_ADDRESS"], headers["POLY_API_KEY"]) == (OWNER, "given-key")
