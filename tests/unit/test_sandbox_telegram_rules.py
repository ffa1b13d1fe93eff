"""The sandbox's limits: flood, buttons, pictures, forms, faults, updates."""

import struct

import pytest
from aiogram.methods import EditMessageMedia, SendMessage, SendPhoto
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
)
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sandbox.telegram.errors import BotApiError
from infrastructure.sandbox.telegram.faults import Fault, FaultKind, Faults
from infrastructure.sandbox.telegram.flood import FloodLimits, FloodModel
from infrastructure.sandbox.telegram.judge import judge
from infrastructure.sandbox.telegram.keyboards import checked_keyboard
from infrastructure.sandbox.telegram.pictures import picture_size
from infrastructure.sandbox.telegram.profile import Profile
from infrastructure.sandbox.telegram.violations import ViolationKind
from infrastructure.sandbox.telegram.wire import Parameters

USER, GROUP = 1001, -100


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_group_takes_twenty_at_once_and_then_one_in_three_seconds() -> None:
    clock = Clock()
    flood = FloodModel(FloodLimits(), clock)
    assert [flood.spend(GROUP) for _ in range(20)] == [0] * 20
    assert flood.spend(GROUP) == 3
    clock.now += 3
    assert (flood.spend(GROUP), flood.spend(GROUP)) == (0, 3)


def test_a_private_chat_bursts_a_little_higher_and_others_are_not_touched() -> None:
    flood = FloodModel(FloodLimits(), Clock())
    assert sum(flood.spend(USER) == 0 for _ in range(40)) == 25
    assert flood.spend(USER + 1) == 0


def test_all_chats_together_have_a_limit() -> None:
    clock = Clock()
    flood = FloodModel(FloodLimits(bot_burst=5, bot_per_second=5), clock)
    assert [flood.spend(user) for user in range(1, 8)] == [0] * 5 + [1, 1]
    clock.now += 1
    assert flood.spend(9) == 0


@given(st.lists(st.floats(0, 30), min_size=1, max_size=80))
def test_waiting_as_long_as_told_is_always_enough(pauses: list[float]) -> None:
    clock = Clock()
    flood = FloodModel(FloodLimits(chat_burst=2, private_extra=0), clock)
    for pause in pauses:
        clock.now += pause
        if wait := flood.spend(USER):
            clock.now += wait
            assert flood.spend(USER) == 0


def keyboard(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[button] for button in buttons])


def button(**action: object) -> InlineKeyboardButton:
    return InlineKeyboardButton.model_validate({"text": "x"} | action)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (button(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (button(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
        (button(callback_data=""), "BUTTON_DATA_INVALID"),
        (button(copy_text={"text": "x" * 257}), "BUTTON_COPY_TEXT_INVALID"),
        (button(copy_text={"text": ""}), "BUTTON_COPY_TEXT_INVALID"),
        (button(url="javascript:alert(1)"), "Wrong HTTP URL"),
        (button(url="https://localhost/x"), "Wrong HTTP URL"),
        (button(url="https://exa mple.com"), "Wrong HTTP URL"),
        (button(), "Text buttons are unallowed"),
        (button(callback_data="a", url="https://x.com"), "one action"),
        (button(text=" ", callback_data="a"), "non-empty"),
        (button(callback_data="a", style="pink"), "style"),
    ],
)
def test_a_button_telegram_would_not_take_is_refused(
    wrong: InlineKeyboardButton, reason: str
) -> None:
    with pytest.raises(BotApiError, match=reason):
        checked_keyboard(keyboard(wrong))


def test_good_buttons_pass_up_to_a_hundred() -> None:
    good = [
        button(callback_data="x" * 64, style="success"),
        button(url="https://polymarket.com/event/x?a=1"),
        button(url="tg://user?id=1"),
        button(copy_text={"text": "0xabc"}),
    ]
    assert checked_keyboard(keyboard(*good)) == keyboard(*good)
    assert checked_keyboard(keyboard(*good * 25)) is not None
    with pytest.raises(BotApiError, match="reply markup is too long"):
        checked_keyboard(keyboard(*good * 25, good[0]))


def test_an_empty_keyboard_is_none() -> None:
    assert checked_keyboard(InlineKeyboardMarkup(inline_keyboard=[[]])) is None


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480), (640, 480)),
        (b"GIF89a" + struct.pack("<HH", 12, 34), (12, 34)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 7, 9), (9, 7)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x63\0\0\x31\0\0", (100, 50)),
        (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 99 | 49 << 14), (100, 50)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 100, 50), (100, 50)),
        (b"<svg/>", None),
        (b"\x89PNG\r\n\x1a\n\0\0", None),
        (b"\xff\xd8\xff\xe0\x00\x04ab", None),
    ],
)
def test_picture_sizes_are_read_from_headers(data: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(data) == size


@given(
    st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8\xff", b"GIF89a", b"RIFF0000WEBPVP8L"])
)
def test_no_bytes_break_the_picture_reader(data: bytes, start: bytes) -> None:
    size = picture_size(start + data)
    assert size is None or len(size) == 2


def test_a_forms_strings_are_read_as_the_method_wants_them() -> None:
    markup = '{"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}'
    form = {"chat_id": "1001", "text": "123", "reply_markup": markup, "protect_content": "true"}
    call = judge(SendMessage, Parameters(dict(form))).call
    assert (call.chat_id, call.text, call.protect_content) == (1001, "123", True)
    assert call.reply_markup == keyboard(InlineKeyboardButton(text="a", callback_data="b"))


def test_unknown_and_deprecated_parameters_are_noted_at_any_depth() -> None:
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b", "colour": "red"}]]}
    values = {
        "chat_id": 1, "text": "x", "txet": 1, "disable_web_page_preview": True,
        "reply_markup": markup,
    }  # fmt: skip
    verdict = judge(SendMessage, Parameters(values, {"stray": BufferedInputFile(b"x", "x")}))
    assert set(verdict.complaints) == {
        (ViolationKind.UNKNOWN_PARAMETER, "txet"),
        (ViolationKind.UNKNOWN_PARAMETER, "reply_markup.inline_keyboard.colour"),
        (ViolationKind.DEPRECATED_PARAMETER, "disable_web_page_preview"),
        (ViolationKind.UNUSED_ATTACHMENT, "stray"),
    }


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"chat_id": 1}, "message text is empty"),
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": 1, "text": 5}, "can't parse parameter text"),
        ({"chat_id": 1, "text": "x", "message_thread_id": "y"}, "message_thread_id"),
        ({"chat_id": 1, "text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        ({"chat_id": 1, "text": "\ud800"}, "must be encoded in UTF-8"),
    ],
)
def test_a_malformed_call_is_refused(values: dict[str, object], reason: str) -> None:
    with pytest.raises(BotApiError, match=reason):
        judge(SendMessage, Parameters(values))


def test_attachments_are_found_by_part_or_by_reference() -> None:
    picture = BufferedInputFile(b"x", "x.png")
    direct = judge(SendPhoto, Parameters({"chat_id": 1}, {"photo": picture}))
    assert (direct.call.photo, direct.complaints) == (picture, ())
    media = '{"type": "photo", "media": "attach://one"}'
    values: dict[str, object] = {"chat_id": 1, "message_id": 2, "media": media}
    nested = judge(EditMessageMedia, Parameters(values, {"one": picture}))
    assert isinstance(nested.call.media, InputMediaPhoto)
    assert nested.call.media.media is picture
    with pytest.raises(BotApiError, match="attached file two"):
        judge(SendPhoto, Parameters({"chat_id": 1, "photo": "attach://two"}))


def test_a_text_that_looks_like_an_attachment_is_a_text() -> None:
    call = judge(SendMessage, Parameters({"chat_id": 1, "text": "attach://x"})).call
    assert call.text == "attach://x"


def test_faults_apply_as_often_as_scripted_and_any_spares_polling() -> None:
    faults = Faults()
    faults.add(Fault("sendmessage", FaultKind.FLOOD, times=2))
    faults.add(Fault("*", FaultKind.DROP))

    def taken(method: str) -> FaultKind | None:
        fault = faults.take(method)
        return fault.kind if fault else None

    assert taken("getupdates") is None
    assert [taken("sendmessage") for _ in range(4)] == [
        FaultKind.FLOOD, FaultKind.FLOOD, FaultKind.DROP, None,
    ]  # fmt: skip


def test_the_narrowest_command_list_wins() -> None:
    def named(name: str) -> list[BotCommand]:
        return [BotCommand(command=name, description="x")]

    profile = Profile({("default", ""): named("all"), ("default", "de"): named("alle")})
    assert profile.commands_for(1, "fr") == named("all")
    assert profile.commands_for(1, "de") == named("alle")
    profile.commands["all_private_chats", ""] = named("private")
    profile.commands["chat 1", ""] = named("mine")
    assert profile.commands_for(1, "de") == named("mine")
    assert profile.commands_for(2, "de") == named("private")
