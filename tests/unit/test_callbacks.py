"""Callback data: ours comes back as it went, anybody else's is nothing."""

from dataclasses import fields
from typing import get_args
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.alert import AlertId, AlertKind
from core.domain.custody import Tier
from core.domain.notice import NoticeKind
from core.domain.preferences import LANGUAGES, ConfirmMode, NoticeMode
from core.domain.risk import LimitKind
from core.domain.units import EventId, MarketId, OrderId, PositionId, UserId
from core.domain.user import Role
from core.domain.weather.choices import Mode
from core.domain.weather.choosing import Limit as WeatherLimit
from core.domain.withdrawal import AddressId, WithdrawalId
from telegram_bot.account_actions import (
    Approve,
    BeginWallet,
    CancelAll,
    CancelMarket,
    CancelOrder,
    CancelWithdrawal,
    ChangeLimit,
    CheckWallet,
    ChooseTier,
    GoLive,
    GoPaper,
    HaltTrading,
    LiftHalt,
    NewAddress,
    RecentOrders,
    Redeem,
    RemoveAddress,
    ResetBreaker,
    ResumeTrading,
    RevokeWallet,
    ShowDepositCode,
    ShowLimits,
    ShowOrder,
    ShowOrders,
    ShowRisk,
    ShowWallet,
    ShowWithdrawals,
    StopTrading,
    TakeOver,
    WithdrawTo,
)
from telegram_bot.actions import (
    Action,
    Buy,
    CancelTicket,
    Categories,
    Confirm,
    ConfirmAgain,
    Help,
    Home,
    Life,
    Limit,
    Search,
    SellOther,
    SellPercent,
    SellShares,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Spend,
    SpendOther,
    Status,
    Submitting,
    Trending,
    Unit,
    Way,
)
from telegram_bot.alert_actions import (
    MuteAlert,
    NewAlert,
    RemoveAlert,
    SetAlert,
    ShowAlerts,
    TypeAlert,
)
from telegram_bot.callback_readers import category_key, search_words
from telegram_bot.callbacks import FAMILIES, FORMS, MAX_BYTES, Codec, Tapped
from telegram_bot.finding_actions import Browse, SearchVenue, Shelf, Watch
from telegram_bot.people_actions import (
    BlockPerson,
    ChangeRole,
    Invite,
    ShowPeople,
    ShowPerson,
    UnblockPerson,
)
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.settings_actions import (
    ClearSetting,
    PickZone,
    SetConfirmMode,
    SetLanguage,
    SetNoticeMode,
    Setting,
    ShowConfirming,
    ShowLanguages,
    ShowNoticeModes,
    ShowPaper,
    ShowSettings,
    TypeSetting,
)
from telegram_bot.weather_actions import (
    ResetWeatherLimit,
    SetDaysAhead,
    SetSignals,
    SetWeatherMode,
    ShowCities,
    ShowDecisions,
    ShowEventDecisions,
    ShowLadder,
    ShowScores,
    ShowWeather,
    ShowWeatherChoices,
    ShowWeatherLimits,
    ToggleCity,
    ToggleEvent,
    TypeWeatherLimit,
)
from telegram_bot.whole_actions import BuyWhole, SellWhole

CODEC = Codec("aB3_")
numbers = st.integers(min_value=0, max_value=10**9 - 1)
market_ids = st.integers(min_value=0, max_value=10**9).map(lambda number: MarketId(str(number)))
event_ids = st.integers(min_value=0, max_value=10**9).map(lambda number: EventId(str(number)))
position_ids = st.integers(min_value=0, max_value=10**15).map(PositionId)
button_ids = st.text("ABCdef019_-", min_size=12, max_size=12)
words = st.text(max_size=80).map(lambda text: search_words(text.encode("utf-8", "ignore").decode()))
actions: st.SearchStrategy[Action] = st.one_of(
    st.sampled_from((Home(), Help(), Status(), Categories(), Submitting())),
    st.builds(Trending, numbers, st.sampled_from(("", category_key("Weather")))),
    st.builds(Search, st.integers(0, 99), words.filter(bool)),
    st.builds(ShowEvent, event_ids, numbers),
    st.builds(ShowMarket, market_ids),
    st.builds(Buy, market_ids, st.integers(0, 9)),
    st.builds(Spend, market_ids, st.integers(0, 9), numbers),
    st.builds(SpendOther, market_ids, st.integers(0, 9)),
    st.builds(Confirm, button_ids),
    st.builds(CancelTicket, button_ids),
    st.builds(ShowPositions, numbers),
    st.builds(ShowPosition, position_ids),
    st.builds(SellPercent, position_ids, st.integers(1, 100)),
    st.builds(SellShares, position_ids, numbers),
    st.builds(BuyWhole, market_ids, st.integers(0, 9), numbers),
    st.builds(SellWhole, position_ids, numbers),
    st.builds(SellOther, position_ids),
    st.builds(ConfirmAgain, button_ids),
    st.builds(
        Limit,
        market_ids,
        st.integers(0, 9),
        st.sampled_from(Way),
        st.integers(0, 9_999),
        st.sampled_from(Unit),
        st.integers(0, 10**13),
        st.sampled_from(Life),
        st.booleans(),
        st.booleans(),
    ),
    st.sampled_from((ShowWallet(), ChooseTier(), CheckWallet(), ShowRisk(), GoLive(), GoPaper())),
    st.sampled_from((Approve(), TakeOver(), ShowWithdrawals(), NewAddress(), ShowLimits())),
    st.sampled_from((ResumeTrading(), LiftHalt(), ShowDepositCode())),
    st.builds(ShowOrders, numbers),
    st.builds(RecentOrders, numbers),
    st.builds(ShowOrder, position_ids.map(OrderId)),
    st.builds(CancelOrder, position_ids.map(OrderId)),
    st.builds(CancelMarket, market_ids),
    st.builds(CancelAll, st.booleans()),
    st.builds(BeginWallet, st.sampled_from(Tier)),
    st.builds(RevokeWallet, st.booleans()),
    st.builds(Redeem, market_ids),
    st.builds(RemoveAddress, numbers.map(AddressId)),
    st.builds(WithdrawTo, numbers.map(AddressId)),
    st.builds(CancelWithdrawal, numbers.map(WithdrawalId)),
    st.builds(StopTrading, st.booleans()),
    st.builds(HaltTrading, st.booleans()),
    st.builds(ResetBreaker, numbers.map(UserId)),
    st.builds(ChangeLimit, st.sampled_from(LimitKind)),
    st.builds(Browse, st.sampled_from(Shelf), numbers),
    st.builds(SearchVenue, words.filter(bool)),
    st.builds(Watch, market_ids, st.booleans()),
    st.builds(QuickBuy, button_ids, st.integers(0, 9), numbers),
    st.builds(QuickSell, button_ids, position_ids, st.integers(1, 100)),
    st.builds(ShowAlerts, numbers),
    st.builds(NewAlert, market_ids, st.integers(0, 9)),
    st.builds(TypeAlert, market_ids, st.integers(0, 9)),
    st.builds(
        SetAlert,
        market_ids,
        st.integers(0, 9),
        st.sampled_from(AlertKind),
        st.integers(0, 100_000),
        st.integers(0, 10_080),
    ),
    st.builds(RemoveAlert, numbers.map(AlertId), st.integers(0, 9)),
    st.builds(MuteAlert, numbers.map(AlertId), st.integers(0, 24), st.integers(0, 9)),
    st.sampled_from((ShowSettings(), ShowConfirming(), ShowNoticeModes(), ShowLanguages())),
    st.just(ShowPaper()),
    st.builds(SetConfirmMode, st.sampled_from(ConfirmMode)),
    st.builds(TypeSetting, st.sampled_from(Setting)),
    st.builds(ClearSetting, st.sampled_from(Setting)),
    st.builds(PickZone, st.sampled_from(sorted(available_timezones()))),
    st.builds(SetNoticeMode, st.sampled_from(NoticeKind), st.sampled_from(NoticeMode)),
    st.builds(SetLanguage, st.sampled_from(LANGUAGES)),
    st.builds(ShowPeople, st.integers(0, 99)),
    *(st.builds(kind, st.integers(0, 99)) for kind in (ShowWeather, ShowDecisions, ShowScores)),
    st.builds(ShowLadder, numbers.map(str).map(EventId)),
    st.builds(ShowEventDecisions, numbers.map(str).map(EventId), st.integers(0, 99)),
    st.builds(ToggleEvent, numbers.map(str).map(EventId), st.booleans()),
    st.sampled_from((ShowWeatherChoices(), ShowWeatherLimits())),
    st.builds(SetWeatherMode, st.sampled_from(Mode)),
    st.builds(SetDaysAhead, st.integers(0, 9)),
    st.builds(SetSignals, st.booleans()),
    st.builds(ShowCities, st.integers(0, 99)),
    st.builds(ToggleCity, st.one_of(st.just(""), st.text().map(category_key)), st.integers(0, 99)),
    st.builds(TypeWeatherLimit, st.sampled_from(WeatherLimit)),
    st.builds(ResetWeatherLimit, st.sampled_from(WeatherLimit)),
    st.builds(Invite, st.sampled_from(Role)),
    st.builds(ChangeRole, numbers.map(UserId), st.sampled_from(Role)),
    *(st.builds(kind, numbers.map(UserId)) for kind in (ShowPerson, BlockPerson, UnblockPerson)),
)


def written(tapped: Tapped) -> set[str]:
    """The data that may stand for it: of this run alone, and of any."""
    action, keeps = tapped.action, tapped.keeps_message
    return {CODEC.encode(action, keeps_message=keeps, outlives=each) for each in (False, True)}


@given(actions, st.booleans())
def test_an_action_comes_back_as_it_was(action: Action, keeps: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    data = CODEC.encode(action, keeps_message=keeps)
    assert len(data.encode()) <= MAX_BYTES
    assert CODEC.decode(data) == Tapped(action, keeps_message=keeps)


@given(st.text(max_size=70))
def test_whatever_a_stranger_sends_is_read_as_nothing_or_as_we_would_write_it(data: str) -> None:
    tapped = CODEC.decode(data)
    if tapped is not None:
        assert data in written(tapped)


@given(actions, st.integers(0, 63), st.sampled_from("09azAZ.+-_ \n\u0663\u202e"))
def test_changed_data_never_breaks_the_reader(action: Action, place: int, char: str) -> None:
    data = CODEC.encode(action)
    changed = data[:place] + char + data[place + 1 :]
    tapped = CODEC.decode(changed)
    assert tapped is None or written(tapped) & {data, changed}


@pytest.mark.parametrize(
    "data",
    [
        "",
        "buy_yes_10",
        "2.aB3_.m.501",
        "1.aB3_.m",
        "1.aB3_.m.",
        "1.aB3_.m.501.7",
        "1.aB3_.m.-1",
        "1.aB3_.m.0501",
        "1.aB3_.m.\u0665",
        "1.aB3_.h",
        "1.-.k.a1B2c3D4e5F6",
        "1.-.b.501.0",
        "1.aB3_.q.501.0.1e3",
        "1.aB3_.k.'; DROP TABLE users",
        "1.aB3_.k.short",
        "1.aB3_.t.0.notahash",
        "1.aB3_.f.0.",
        "1.aB3_.l.0\n",
        "1.aB3_.dz.Europe/Par is",
        "1.aB3_.dz.",
        "1.aB3_.dl.de",
        "1.aB3_.dm.reckless",
        "1.aB3_.ur.7.king",
        "1.aB3_.jm.everything",
        "1.aB3_.jt.london.0",
        "1.-.h." + "x" * 80,
    ],
)
def test_forged_data_is_nothing(data: str) -> None:
    assert CODEC.decode(data) is None


def test_a_restart_makes_every_button_old_but_home() -> None:
    after = Codec("zz9-")
    assert after.decode(CODEC.encode(ShowMarket(MarketId("501")))) is None
    assert after.decode(CODEC.encode(Confirm("a1B2c3D4e5F6"))) is None
    assert after.decode(CODEC.encode(Home())) == Tapped(Home())


def test_what_stands_on_a_notice_is_read_by_later_runs_but_for_what_orders_by_memory() -> None:
    after = Codec("zz9-")
    lasting = ShowMarket(MarketId("501")), QuickBuy("a1B2c3D4e5F6", 0, 1000)
    for action in lasting:
        data = CODEC.encode(action, keeps_message=True, outlives=True)
        assert after.decode(data) == Tapped(action, keeps_message=True)
        assert CODEC.decode(data) == after.decode(data)
    confirm = CODEC.encode(Confirm("a1B2c3D4e5F6"), outlives=True)
    assert after.decode(confirm) is None


def test_a_confirming_button_carries_nothing_but_its_id() -> None:
    assert [field.name for field in fields(Confirm)] == ["button_id"]
    assert CODEC.encode(Confirm("a1B2c3D4e5F6")) == "1.aB3_.k.a1B2c3D4e5F6"


def test_data_that_would_not_fit_is_refused_when_written() -> None:
    with pytest.raises(ValueError, match="longer than 64 bytes"):
        CODEC.encode(Search(0, "x" * 60))


def test_a_long_search_is_cut_between_its_words() -> None:
    assert search_words("  who\n wins  ") == "who wins"
    assert search_words("highest temperature in new york city on sunday") == (
        "highest temperature in new york city on"
    )
    assert search_words("😀" * 40) == "😀" * 11


def test_a_button_of_another_run_is_known_for_what_it_was_and_not_acted_upon() -> None:
    of_another = Codec("zZ9-").encode(Confirm("a1B2c3D4e5F6"))
    assert CODEC.decode(of_another) is None
    assert CODEC.earlier(of_another) == Confirm("a1B2c3D4e5F6")


@pytest.mark.parametrize(
    "data", [CODEC.encode(Confirm("a1B2c3D4e5F6")), CODEC.encode(Home()), "1.zZ9-.k.?", "🤡", ""]
)
def test_neither_our_own_buttons_nor_garbage_are_of_another_run(data: str) -> None:
    assert CODEC.earlier(data) is None


def test_no_two_families_share_a_code_and_every_action_has_one() -> None:
    assert sum(len(family) for family in FAMILIES) == len(FORMS)
    assert {make for make, _ in FORMS.values()} == set(get_args(Action))
