"""Photos and documents: send, caption, exchange, download."""

from aiogram.methods import (
    EditMessageCaption,
    EditMessageMedia,
    GetFile,
    SendDocument,
    SendPhoto,
)
from aiogram.types import File, InputMediaDocument, InputMediaPhoto, Message

from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.html_text import FormattedText
from infrastructure.sandbox.telegram.keyboards import checked_keyboard
from infrastructure.sandbox.telegram.methods.common import (
    changed_message,
    new_message,
    own_message,
)
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.text import caption_text


def send_photo(desk: TelegramSandbox, call: SendPhoto) -> Message:
    log = desk.open_chat(call.chat_id)
    caption = caption_text(call.caption, call.parse_mode, call.caption_entities)
    keyboard = checked_keyboard(call.reply_markup)
    photo = desk.files.photo(call.photo).photo()
    message = new_message(
        desk, log, call.reply_parameters, photo=photo, reply_markup=keyboard, **_captioned(caption)
    )
    desk.spend(log.chat.id)
    return desk.chats.post(log, message, is_silent=bool(call.disable_notification))


def send_document(desk: TelegramSandbox, call: SendDocument) -> Message:
    log = desk.open_chat(call.chat_id)
    caption = caption_text(call.caption, call.parse_mode, call.caption_entities)
    keyboard = checked_keyboard(call.reply_markup)
    document = desk.files.document(call.document).document()
    message = new_message(
        desk,
        log,
        call.reply_parameters,
        document=document,
        reply_markup=keyboard,
        **_captioned(caption),
    )
    desk.spend(log.chat.id)
    return desk.chats.post(log, message, is_silent=bool(call.disable_notification))


def edit_message_caption(desk: TelegramSandbox, call: EditMessageCaption) -> Message:
    caption = caption_text(call.caption, call.parse_mode, call.caption_entities)
    keyboard = checked_keyboard(call.reply_markup)
    log, entry = own_message(desk, call.chat_id, call.message_id)
    if not entry.message.photo and entry.message.document is None:
        raise bad_request("there is no caption in the message to edit")
    desk.spend(log.chat.id)
    changed = changed_message(desk, entry, reply_markup=keyboard, **_captioned(caption))
    return desk.chats.replace(log, entry, changed)


def edit_message_media(desk: TelegramSandbox, call: EditMessageMedia) -> Message:
    """A text message may become a photo or document, but never the other way round."""
    media = call.media
    if not isinstance(media, InputMediaPhoto | InputMediaDocument):
        raise bad_request(f"media of type {media.type} is not part of the sandbox")
    caption = caption_text(media.caption, media.parse_mode, media.caption_entities)
    keyboard = checked_keyboard(call.reply_markup)
    log, entry = own_message(desk, call.chat_id, call.message_id)
    content: dict[str, object] = {"photo": None, "document": None}
    if isinstance(media, InputMediaPhoto):
        content["photo"] = desk.files.photo(media.media).photo()
    else:
        content["document"] = desk.files.document(media.media).document()
    content |= {"text": None, "entities": None, "link_preview_options": None}
    desk.spend(log.chat.id)
    changed = changed_message(desk, entry, reply_markup=keyboard, **content, **_captioned(caption))
    return desk.chats.replace(log, entry, changed)


def get_file(desk: TelegramSandbox, call: GetFile) -> File:
    file = desk.files.find(call.file_id)
    if file is None:
        raise bad_request("invalid file_id")
    return file.description()


def _captioned(caption: FormattedText) -> dict[str, object]:
    return {
        "caption": caption.text or None,
        "caption_entities": list(caption.entities) or None,
    }
