"""Telegram: does it know our token, and is anybody else taking the bot's messages.

Updates are never asked for: that would take them from the program that runs.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from telegram_bot.doctor.case import Case
from telegram_bot.doctor.findings import Finding, fail, ok, warn
from telegram_bot.doctor.venue_checks import milliseconds
from telegram_bot.reaching import REFUSAL

MANY: Final = 50  # updates that wait although somebody should read them
RECENT: Final = timedelta(minutes=10)
ANOTHER: Final = "another program uses this bot: give this one a token of its own, or end the other"


async def check_telegram(case: Case) -> Finding:
    """One getMe and one getWebhookInfo."""
    secret = case.settings.telegram_bot_token
    if secret is None:
        return ok("no TELEGRAM_BOT_TOKEN: the chat page on this machine is used")
    base = case.settings.telegram_api_base_url
    began = time.monotonic()
    try:
        async with Bot(
            secret.get_secret_value(), f"{base}/bot", f"{base}/file/bot", request=_request(case)
        ) as bot:
            answers = f"answers as @{bot.username} in {milliseconds(time.monotonic() - began)}"
            info = await bot.get_webhook_info()
    except InvalidToken:
        problem, _, mend = REFUSAL.partition("; ")
        return fail(problem, mend)
    except TelegramError as error:
        return fail(
            f"{base} does not answer as Telegram ({type(error).__name__})",
            "check the network and TELEGRAM_API_BASE_URL",
        )
    return intake(
        answers, info, ours=case.settings.telegram_webhook_url, is_running=case.holder is not None
    )


def _request(case: Case) -> HTTPXRequest:
    seconds = case.patience.telegram / 2
    return HTTPXRequest(connect_timeout=seconds, read_timeout=seconds, write_timeout=seconds)


def intake(answers: str, info: WebhookInfo, *, ours: str | None, is_running: bool) -> Finding:
    """Verdict on how updates reach us: `ours` is TELEGRAM_WEBHOOK_URL.

    Of an address only its host is named; some people put a secret into the path.
    """
    waiting = info.pending_update_count
    if info.url and info.url != (ours or ""):
        found = f"{answers}, but a webhook at {urlsplit(info.url).hostname} takes its updates"
        if is_running:
            return fail(found, ANOTHER)
        return warn(found, f"the next start ends that; if it comes back, {ANOTHER}")
    way = "pushed to us" if ours else "polled"
    found = f"{answers}, {way}, {waiting} updates wait"
    if is_running and ours and not info.url:
        return fail(f"{found}, but no webhook is registered", "restart the program")
    if info.url and _failed_recently(info):
        return warn(
            f"{found}; pushing failed: {info.last_error_message}",
            "let your proxy forward TELEGRAM_WEBHOOK_URL to OPS_HOST:OPS_PORT/webhook",
        )
    if is_running and waiting > MANY:
        return warn(found, "nobody reads them: look into the program's log, restart it")
    return ok(found)


def _failed_recently(info: WebhookInfo) -> bool:
    failed = info.last_error_date
    return failed is not None and datetime.now(UTC) - failed < RECENT
