"""Short answers: questions, refusals, and what could not be done."""

from types import MappingProxyType
from typing import Final, assert_never

from core.domain.errors import PolycoolError, Rejected
from core.domain.secrets import SecretKind
from core.domain.views import MarketView, PositionView
from telegram_bot.account_actions import (
    ChangeLimit,
    NewAddress,
    ShowLimits,
    ShowRisk,
    ShowWallet,
    ShowWithdrawals,
    WithdrawTo,
)
from telegram_bot.actions import (
    Action,
    Buy,
    Limit,
    SellOther,
    SellPercent,
    SellShares,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Spend,
    SpendOther,
    Status,
    Trending,
)
from telegram_bot.admin_actions import ShowAdmin, TypeBroadcast
from telegram_bot.alert_actions import NewAlert, TypeAlert
from telegram_bot.people_actions import ChangeRole, Invite, ShowPeople
from telegram_bot.questions import (
    Allowing,
    CodeFor,
    NewLimit,
    NewWeatherLimit,
    Paying,
    Purpose,
    Question,
    TypedSetting,
)
from telegram_bot.screens.failure_words import heading, meaning, way_out
from telegram_bot.screens.freshness import ask_line
from telegram_bot.screens.numbers import cents, counted, shares
from telegram_bot.screens.quick import ORDERED_AT_ONCE
from telegram_bot.screens.screen import Button, Row, Screen, blocks, home_button, lines, rows
from telegram_bot.screens.setting_questions import card_of
from telegram_bot.screens.text import LABEL, safe, told
from telegram_bot.settings_actions import (
    ClearSetting,
    SetConfirmMode,
    ShowConfirming,
    TypeSetting,
)
from telegram_bot.trigger_actions import ShowPositionTriggers, TypeTrigger
from telegram_bot.weather_actions import (
    ResetWeatherLimit,
    SetWeatherMode,
    ShowWeatherChoices,
    ShowWeatherLimits,
    TypeWeatherLimit,
)
from telegram_bot.whole_actions import BuyWhole, SellWhole
from telegram_bot.words import mark, plural, say

OLD_SCREEN = mark("This screen is old. Tap Home for a fresh one.")
TEXT_ONLY = mark("I read text and buttons only. Send a word to search, or a polymarket.com link.")
LOOKS_LIKE: Final = MappingProxyType(
    {
        SecretKind.PRIVATE_KEY: mark("<b>That looks like a private key.</b>"),
        SecretKind.SEED_PHRASE: mark("<b>That looks like a seed phrase.</b>"),
        SecretKind.AUTHENTICATOR: mark("<b>That looks like the secret of an authenticator.</b>"),
        SecretKind.API_SECRET: mark("<b>That looks like an API secret.</b>"),
        SecretKind.BOT_TOKEN: mark("<b>That looks like a bot token.</b>"),
    }
)
WHAT_TO_DO: Final = MappingProxyType(
    {
        SecretKind.PRIVATE_KEY: mark("move what it guards to a new wallet"),
        SecretKind.SEED_PHRASE: mark("move what it guards to a new wallet"),
        SecretKind.AUTHENTICATOR: mark("have a new one set up on the console"),
        SecretKind.API_SECRET: mark("delete that API key at the venue"),
        SecretKind.BOT_TOKEN: mark("revoke it with @BotFather"),
    }
)


def old_screen() -> Screen:
    return Screen(
        say(
            "This screen is old: I was restarted since. Its buttons do nothing more; here is "
            "the way to a fresh one."
        ),
        ((home_button(),),),
    )


def never_placed_screen() -> Screen:
    """A money button of an earlier run that became no order, and never will."""
    return Screen(
        say(
            "This screen is old: I was restarted before its ticket became an order. Nothing "
            "was bought or sold by it. Please open the market again."
        ),
        ((home_button(),),),
    )


def notice(text: str) -> Screen:
    """A sentence of our own, with the way home."""
    return Screen(text, ((home_button(),),))


def left_out_notice(tokens: int, limit: int) -> Screen:
    """For the owner: more prices are wanted than may be streamed."""
    return Screen(
        blocks(
            plural(
                "<b>{n} price is polled instead of streamed.</b>",
                "<b>{n} prices are polled instead of streamed.</b>",
                tokens,
            ),
            say(
                "More is wanted than the limit of {limit} streamed tokens. Held positions go "
                "first, then open orders, then open cards; the rest is polled and shown as such.",
                limit=limit,
            ),
            say("To stream all of them, raise <code>WS_MAX_SUBSCRIPTIONS</code> and restart."),
        ),
        ((Button(say("Status"), Status()), home_button()),),
        keeps_message=True,
    )


def amount_question(view: MarketView, ask: SpendOther, *, is_at_once: bool = False) -> Screen:
    """`is_at_once`: what is typed orders, where nothing speaks against it."""
    chosen = view.outcomes[ask.outcome]
    return Screen(
        blocks(
            say("<b>How many dollars on {outcome}?</b>", outcome=safe(chosen.outcome.name, LABEL)),
            lines(safe(view.market.question), ask_line(chosen)),
            say(
                "Type an amount before the fee, for example <code>25</code> or <code>12.50</code>."
            ),
            say(ORDERED_AT_ONCE) if is_at_once else None,
        ),
        ((Button(say("Cancel"), asker(ask)),),),
    )


def shares_question(view: PositionView, ask: SellOther, *, is_at_once: bool = False) -> Screen:
    """`is_at_once`: what is typed orders, where nothing speaks against it."""
    position = view.position
    return Screen(
        blocks(
            say("<b>How much {outcome} do you sell?</b>", outcome=safe(position.outcome, LABEL)),
            safe(view.market.question),
            lines(
                plural(
                    "You hold {shares} share.",
                    "You hold {shares} shares.",
                    counted(position.holding.amount),
                    shares=shares(position.holding.amount),
                ),
                None if view.bid is None else say("The bid is {bid}.", bid=cents(view.bid)),
                say("Type shares, like <code>12.5</code>, or a part, like <code>30%</code>."),
            ),
            say(ORDERED_AT_ONCE) if is_at_once else None,
        ),
        ((Button(say("Cancel"), asker(ask)),),),
    )


def secret_refused(kind: SecretKind, *, was_deleted: bool) -> Screen:
    """For a message that looked like something nobody else may know."""
    fate = (
        say("I deleted your message and kept nothing of it.")
        if was_deleted
        else say("I kept nothing of it. <b>Please delete the message yourself</b>: I cannot.")
    )
    return Screen(
        blocks(
            say(LOOKS_LIKE[kind]),
            fate,
            say(
                "It has passed through Telegram, so treat it as known to others: {advice}. This "
                "bot never asks for one.",
                advice=say(WHAT_TO_DO[kind]),
            ),
        ),
        ((home_button(),),),
    )


def try_again(error: Rejected, question: Question) -> Screen:
    """For a typed amount that cannot be used; the question stands."""
    return Screen(
        blocks(told(str(error), 500), _unchanged(question)),
        ((Button(say("Cancel"), asker(question)), home_button()),),
    )


def failure_screen(error: PolycoolError, back: Action | None = None, ways: Row = ()) -> Screen:
    """What went wrong, what it means in money, and where to go from here; `ways` stand first."""
    helps = way_out(error)
    buttons: Row = (Button(*helps), home_button()) if helps else (_way(back), home_button())
    return Screen(
        blocks(f"<b>{heading(error)}</b>", told(str(error), 500), meaning(error)),
        rows(ways, buttons),
    )


WRONG: Final = mark("Something went wrong here.")


def unexpected_screen(*, nothing_sent: bool, is_away: bool = False) -> Screen:
    """`is_away`: the database did not answer, which passes; else nobody knows why."""
    what = (
        say("The database did not answer. Please try again in a moment.") if is_away else say(WRONG)
    )
    if nothing_sent:
        return notice(
            say("<b>{trouble}</b> Nothing was sent, your money is as before.", trouble=what)
        )
    return Screen(
        blocks(
            f"<b>{what}</b>",
            say("Status unknown - check Positions before you try again."),
        ),
        ((Button(say("Positions"), ShowPositions()), home_button()),),
    )


def _unchanged(question: Question) -> str:
    if isinstance(question, SpendOther | Buy | SellOther | Limit):
        return say("Nothing was bought or sold. Type another amount, or cancel.")
    if isinstance(question, TypeBroadcast):
        return say("Nothing was sent. Write it again, or cancel.")
    return say("Nothing was changed. Type it again, or cancel.")


def asker(question: Question) -> Action:
    """The card that the question came from."""
    match question:
        case SpendOther(market_id) | Buy(market_id) | Limit(market_id):
            return ShowMarket(market_id)
        case SellOther(position_id):
            return ShowPosition(position_id)
        case TypeTrigger() | TypeAlert():
            return _list_of(question)
        case TypeSetting() | TypeWeatherLimit():
            return _card_of_setting(question)
        case TypeBroadcast():
            return ShowAdmin()
        case _:
            return _asker_about_account(question)


def _asker_about_account(
    question: ShowRisk | ChangeLimit | NewAddress | WithdrawTo | CodeFor,
) -> Action:
    match question:
        case ShowRisk():
            return ShowWallet()
        case ChangeLimit():
            return ShowLimits()
        case CodeFor(purpose):
            return _card_of_code(purpose)
        case NewAddress() | WithdrawTo():
            return ShowWithdrawals()
        case _:
            assert_never(question)


def _card_of_code(purpose: Purpose) -> Action:
    """Where what the code would allow was asked for."""
    match purpose:
        case NewLimit():
            return ShowLimits()
        case ClearSetting(what) | TypedSetting(what):
            return card_of(what)
        case SetConfirmMode():
            return ShowConfirming()
        case Invite() | ChangeRole():
            return ShowPeople()
        case SetWeatherMode() | NewWeatherLimit() | ResetWeatherLimit():
            is_mode = isinstance(purpose, SetWeatherMode)
            return ShowWeatherChoices() if is_mode else ShowWeatherLimits()
        case Allowing() | Paying():
            return ShowWithdrawals()


def _card_of_setting(question: TypeSetting | TypeWeatherLimit) -> Action:
    if isinstance(question, TypeWeatherLimit):
        return ShowWeatherLimits()
    return card_of(question.what)


def _list_of(question: TypeTrigger | TypeAlert) -> Action:
    if isinstance(question, TypeAlert):
        return NewAlert(question.market_id, question.outcome)
    return ShowPositionTriggers(question.position_id, question.percent)


def _way(back: Action | None) -> Button:
    match back:
        case None:
            return Button(say("Markets"), Trending())
        case ShowMarket() | ShowPosition():
            return Button(say("Back"), back)
        case Limit():
            return Button(say("Change it"), back)
        case Spend() | SellShares() | SellPercent() | BuyWhole() | SellWhole():
            return Button(say("Re-quote"), back)
        case _:
            return Button(say("Try again"), back)
