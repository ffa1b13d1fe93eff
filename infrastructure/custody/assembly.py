"""Builds the parts of custody once, for the program and for the console."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from core.services.custody.second_factor import SecondFactor
from core.services.custody.wallets import VenueKeys, Wallets
from core.services.milestones import Reached, unwatched
from core.storage.models import Sessions
from infrastructure.config.settings import Settings
from infrastructure.custody.account_keys import SealedAccountKeys
from infrastructure.custody.api_access import VenueApiAccess
from infrastructure.custody.codes import SealedCodes
from infrastructure.custody.credentials import Given, OwnersCredentials, nobody
from infrastructure.custody.data_keys import StoredDataKeys
from infrastructure.custody.key_place import key_files
from infrastructure.custody.session_registry import VenueSessionRegistry
from infrastructure.custody.vault import Vault
from infrastructure.custody.venue_requests import SetUpHttp
from infrastructure.polymarket.signing.headers import ApiCredentials
from infrastructure.polymarket.signing.wallet import Address, address
from infrastructure.security.rotation import KeyFiles


@dataclass(frozen=True, slots=True)
class Custody:
    """`account_keys` is None under DRY_RUN_MODE: then nothing here can sign."""

    keys: KeyFiles
    data_keys: StoredDataKeys
    vault: Vault
    wallets: Wallets
    registry: VenueSessionRegistry
    codes: SealedCodes
    factor: SecondFactor
    account_keys: SealedAccountKeys | None


def build_custody(
    settings: Settings,
    sessions: Sessions,
    client: httpx.AsyncClient,
    clob_url: str,
    *,
    clock: Callable[[], float] = time.time,
    reached: Reached = unwatched,
) -> Custody:
    """`clock`: Unix seconds at the venue. `client` is the caller's to close. Opens nothing yet.

    Raises: KeyFileRefused.
    """
    keys = key_files(settings)
    vault = Vault(sessions, keys)
    given = _given(settings, sessions)
    account_keys = SealedAccountKeys(sessions, vault, clock=clock, given=given)
    http = SetUpHttp(client, clob_url)
    registry = VenueSessionRegistry(http, vault, clock=clock, given=given)
    access = VenueApiAccess(http, vault, clock=clock)
    codes = SealedCodes(vault)
    keys_of_venue = VenueKeys(vault, access, registry)
    wallets = Wallets(sessions, keys_of_venue, is_dry_run=settings.dry_run_mode, reached=reached)
    wallets.on_change(account_keys.forget)
    return Custody(
        keys=keys,
        data_keys=StoredDataKeys(sessions),
        vault=vault,
        wallets=wallets,
        registry=registry,
        codes=codes,
        factor=SecondFactor(sessions, codes),
        account_keys=None if settings.dry_run_mode else account_keys,
    )


def _given(settings: Settings, sessions: Sessions) -> Given:
    secrets = (settings.clob_api_key, settings.clob_api_secret, settings.clob_api_passphrase)
    key, secret, passphrase = (one.get_secret_value() if one else "" for one in secrets)
    if not (key and secret and passphrase):
        return nobody
    owner = Address("") if settings.clob_api_address is None else address(settings.clob_api_address)
    return OwnersCredentials(sessions, ApiCredentials(owner, key, secret, passphrase))
