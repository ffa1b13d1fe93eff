"""What a viewer may tap: nothing that trades or moves money; every new button is asked about."""

import pytest

from telegram_bot.callbacks import FORMS
from telegram_bot.screens.looking import LOOKING, to_look_at
from telegram_bot.screens.market import market_screen
from telegram_bot.screens.screen import Button, Screen
from tests.support import account_examples, alert_examples, examples, portfolio_examples

NOT_FOR_VIEWERS = """
    Approve ArmTrigger BeginWallet BlockPerson Buy BuyOtherSide BuyWhole CancelAll CancelMarket
    CancelOrder CancelTicket CancelWithdrawal ChangeLimit ChangeRole CheckWallet ChooseTier Confirm
    ConfirmAgain GoLive HaltTrading Invite LiftHalt Limit MakeBackup NewAddress QuickBuy QuickSell
    Redeem RemoveAddress RemoveTrigger ResetBreaker ResetWeatherLimit SellAll SellEverything
    SellOther SellPercent SellShares SellWhole SendBroadcast SetDaysAhead SetPreset SetSignals
    SetWeatherMode ShowAdmin ShowBackup ShowBroadcast ShowCities ShowDepositCode ShowErrors
    ShowHealth ShowPeople ShowPerson ShowPositionTriggers ShowPresets ShowRisk ShowTriggers
    ShowVersion ShowWeatherChoices ShowWeatherLimits ShowWithdrawals Spend SpendOther Submitting
    SwitchSide TakeOver ToggleCity ToggleEvent TypeBroadcast TypeTrigger TypeWeatherLimit
    UnblockPerson WithdrawTo
"""
SCREENS = {
    **examples.examples(),
    **account_examples.account_examples(),
    **alert_examples.alert_examples(),
    **portfolio_examples.examples(),
}


def actions(screen: Screen) -> set[type]:
    buttons = (button for row in screen.rows for button in row)
    return {type(button.action) for button in buttons if isinstance(button, Button)}


def test_every_kind_of_button_is_for_looking_or_is_known_to_be_more() -> None:
    kinds = {make for make, _ in FORMS.values()}
    assert {each.__name__ for each in kinds - LOOKING} == set(NOT_FOR_VIEWERS.split())
    assert kinds >= LOOKING


@pytest.mark.parametrize("name", SCREENS)
def test_a_viewers_screen_says_the_same_and_carries_nothing_that_trades(name: str) -> None:
    screen = SCREENS[name]
    seen = to_look_at(screen)
    assert actions(seen) == actions(screen) & LOOKING
    assert seen.full_text == screen.full_text
    assert all(seen.rows)


def test_a_viewer_keeps_the_chart_the_book_the_watchlist_and_alerts_of_a_market() -> None:
    card = market_screen(examples.market_view(examples.position_view()), examples.NOW)
    labels = [button.label for row in to_look_at(card).rows for button in row]
    assert {"Chart", "Order book", "Refresh", "Home"} <= set(labels)
    assert not {"Yes", "No", "$10", "Sell 50%"} & set(labels)
