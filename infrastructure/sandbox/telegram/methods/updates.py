"""Methods that fetch updates or say where to send them."""

import re
from typing import Final
from urllib.parse import urlsplit

from aiogram.methods import DeleteWebhook, GetUpdates, GetWebhookInfo, SetWebhook
from aiogram.types import Update, WebhookInfo

from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.guards import is_loopback
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.updates import Webhook

MOST_UPDATES: Final = 100
LONGEST_POLL: Final = 50  # seconds
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")


async def get_updates(desk: TelegramSandbox, call: GetUpdates) -> list[Update]:
    desk.updates.allow(call.allowed_updates)
    limit = min(max(call.limit or MOST_UPDATES, 1), MOST_UPDATES)
    seconds = min(max(call.timeout or 0, 0), LONGEST_POLL)
    return await desk.updates.poll(call.offset or 0, limit, seconds)


def set_webhook(desk: TelegramSandbox, call: SetWebhook) -> bool:
    if call.drop_pending_updates:
        desk.updates.clear()
    desk.updates.allow(call.allowed_updates)
    if not call.url:
        desk.updates.set_webhook(None)
        return True
    address = urlsplit(call.url)
    is_local = address.scheme == "http" and is_loopback(address.hostname or "")
    if address.scheme != "https" and not is_local:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if call.secret_token is not None and not SECRET.fullmatch(call.secret_token):
        raise bad_request("secret token contains unallowed characters")
    webhook = Webhook(call.url, call.secret_token, call.max_connections or 40)
    desk.updates.set_webhook(webhook)
    return True


def delete_webhook(desk: TelegramSandbox, call: DeleteWebhook) -> bool:
    if call.drop_pending_updates:
        desk.updates.clear()
    desk.updates.set_webhook(None)
    return True


def get_webhook_info(desk: TelegramSandbox, _call: GetWebhookInfo) -> WebhookInfo:
    webhook = desk.updates.webhook
    return WebhookInfo(
        url=webhook.url if webhook else "",
        has_custom_certificate=False,
        pending_update_count=len(desk.updates),
        max_connections=webhook.max_connections if webhook else None,
        last_error_date=webhook.last_error_at if webhook else None,
        last_error_message=webhook.last_error if webhook else None,
        allowed_updates=desk.updates.allowed,
    )
