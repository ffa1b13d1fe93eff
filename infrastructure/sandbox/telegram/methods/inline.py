"""The answer to what somebody typed after the bot's name."""

from typing import Final

from aiogram.methods import AnswerInlineQuery
from aiogram.types import InlineQueryResultArticle, InputTextMessageContent
from aiogram.types.inline_query_result_union import InlineQueryResultUnion

from infrastructure.sandbox.telegram.errors import STALE_QUERY, bad_request
from infrastructure.sandbox.telegram.keyboards import checked_keyboard
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.text import message_text
from infrastructure.sandbox.telegram.violations import ViolationKind

MOST_RESULTS: Final = 50
ID_BYTES: Final = range(1, 65)
OFFSET_BYTES: Final = 64


def answer_inline_query(desk: TelegramSandbox, call: AnswerInlineQuery) -> bool:
    asked = desk.inline.find(call.inline_query_id)
    if asked is not None and asked.answer is not None:
        desk.complain(ViolationKind.ANSWERED_TWICE, call.__api_method__, f"query {asked.id}")
    if asked is None or asked.answer is not None or desk.inline.is_stale(asked):
        raise bad_request(STALE_QUERY)
    if len(call.results) > MOST_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len({result.id for result in call.results}) != len(call.results):
        raise bad_request("RESULT_ID_DUPLICATE")
    if len((call.next_offset or "").encode()) > OFFSET_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    for result in call.results:
        _check(desk, result)
    desk.inline.settle(asked, call)
    return True


def _check(desk: TelegramSandbox, result: InlineQueryResultUnion) -> None:
    if len(result.id.encode()) not in ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    if not isinstance(result, InlineQueryResultArticle):
        raise bad_request(f"a result of type {result.type} is not part of the sandbox")
    if not result.title:
        raise bad_request("ARTICLE_TITLE_EMPTY")
    content = result.input_message_content
    if not isinstance(content, InputTextMessageContent):
        raise bad_request("only texts as results are part of the sandbox")
    body = message_text(
        content.message_text, content.parse_mode, content.entities, "MESSAGE_TOO_LONG"
    )
    checked_keyboard(result.reply_markup)
    desk.chats.said += [result.title, result.description or "", body.text]
