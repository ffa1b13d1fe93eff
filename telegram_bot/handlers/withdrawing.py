"""Taking money out: addresses, amounts, codes. Nothing leaves without all three."""

from core.domain.amounts import typed_usdc
from core.domain.custody import CodeRefused, TradesPlayMoneyOnly
from core.domain.errors import NotFound, Rejected
from core.domain.units import Usdc
from core.domain.withdrawal import AddressId, AllowedAddress, WithdrawalId
from core.services.custody.second_factor import NO_FACTOR
from core.services.custody.wallets import DRY_RUN
from core.services.custody.withdrawals import Withdrawals
from telegram_bot.account_actions import NewAddress, WithdrawTo
from telegram_bot.context import BotContext
from telegram_bot.questions import Allowing, CodeFor, NewLimit, Paying
from telegram_bot.screens.notices import asker
from telegram_bot.screens.numbers import money
from telegram_bot.screens.safety import LABELS
from telegram_bot.screens.text import safe
from telegram_bot.screens.withdrawals import (
    address_added_screen,
    address_question,
    can_withdraw,
    cancelled_withdrawal_screen,
    cannot_withdraw_screen,
    code_question,
    requested_screen,
    withdrawal_question,
    withdrawals_screen,
)
from telegram_bot.words import say


async def open_withdrawals(context: BotContext) -> None:
    services, user = context.services, context.user.id
    ready = None if services.wallets is None else await services.wallets.ready(user)
    if services.withdrawals is None or not can_withdraw(ready.tier if ready else None):
        await context.show(cannot_withdraw_screen())
        return
    addresses = await services.withdrawals.addresses(user)
    recent = await services.withdrawals.recent(user)
    screen = withdrawals_screen(
        addresses, recent, context.desk.now(), has_factor=await has_factor(context)
    )
    await context.show(screen)


async def ask_address(context: BotContext) -> None:
    """Raises: CodeRefused where no authenticator is set up."""
    await _need_factor(context)
    context.desk.pending.ask(context.user.id, NewAddress())
    await context.show(address_question())


async def ask_amount(context: BotContext, address_id: AddressId) -> None:
    """Raises: NotFound, CodeRefused where no authenticator is set up."""
    await _need_factor(context)
    address = await _address(context, address_id)
    context.desk.pending.ask(context.user.id, WithdrawTo(address_id))
    await context.show(withdrawal_question(address, None))


async def remove_address(context: BotContext, address_id: AddressId) -> None:
    await _withdrawals(context).disallow(context.user.id, address_id)
    await open_withdrawals(context)


async def cancel_withdrawal(context: BotContext, withdrawal_id: WithdrawalId) -> None:
    """Raises: NotFound, WithdrawalRefused once it is on its way."""
    cancelled = await _withdrawals(context).cancel(context.user.id, withdrawal_id)
    await context.show(cancelled_withdrawal_screen(cancelled))


async def take_address(context: BotContext, text: str) -> None:
    """Raises: Rejected for what is no address."""
    address, _, label = text.strip().partition(" ")
    if not address:
        raise Rejected(say("That is no address."))
    what = say("It puts <code>{address}</code> on your list.", address=safe(address, 60))
    await ask_code(context, CodeFor(Allowing(address, label.strip())), what)


async def take_amount(context: BotContext, address_id: AddressId, text: str) -> None:
    """Raises: InvalidQuantity, NotFound."""
    amount = typed_usdc(text)
    address = await _address(context, address_id)
    what = say(
        "It sends <b>{amount}</b> to {label}.", amount=money(amount), label=safe(address.label, 40)
    )
    await ask_code(context, CodeFor(Paying(address_id, amount)), what)


async def ask_code(context: BotContext, question: CodeFor, what: str) -> None:
    """`what` is safe to stand in a message."""
    context.desk.pending.ask(context.user.id, question)
    await context.show(code_question(what, asker(question)))


async def allow(context: BotContext, address: str, label: str, code: str) -> None:
    """Raises: CodeRefused, Rejected."""
    added = await _withdrawals(context).allow(context.user.id, address, label, code)
    await context.show(address_added_screen(added))


async def pay(context: BotContext, address_id: AddressId, amount: Usdc, code: str) -> None:
    """Raises: CodeRefused, Rejected."""
    made = await _withdrawals(context).request(context.user.id, address_id, amount, code)
    await context.show(requested_screen(made))


def limit_code_words(question: NewLimit) -> str:
    return say("It raises a limit: {limit}.", limit=say(LABELS[question.kind]))


async def has_factor(context: BotContext) -> bool:
    factor = context.services.second_factor
    return factor is not None and await factor.is_set_up(context.user.id)


async def _need_factor(context: BotContext) -> None:
    if not await has_factor(context):
        raise CodeRefused(NO_FACTOR)


async def _address(context: BotContext, address_id: AddressId) -> AllowedAddress:
    listed = await _withdrawals(context).addresses(context.user.id)
    found = next((each for each in listed if each.id == address_id), None)
    if found is None:
        raise NotFound(say("This address is not on your list any more."))
    return found


def _withdrawals(context: BotContext) -> Withdrawals:
    if context.services.withdrawals is None:
        raise TradesPlayMoneyOnly(DRY_RUN)
    return context.services.withdrawals
