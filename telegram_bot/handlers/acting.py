"""What answers an action, in the one form in which it is called."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from functools import partial
from typing import TypeAlias

from telegram_bot.actions import Action
from telegram_bot.context import BotContext

Act: TypeAlias = Callable[..., Awaitable[None]]
"""Called with the context and the action."""


def by_fields(handler: Callable[..., Awaitable[None]]) -> Act:
    """For a handler that takes, after the context, the fields of its action by their names."""
    return partial(_call, handler)


async def _call(
    handler: Callable[..., Awaitable[None]], context: BotContext, action: Action
) -> None:
    await handler(context, **{each.name: getattr(action, each.name) for each in fields(action)})
