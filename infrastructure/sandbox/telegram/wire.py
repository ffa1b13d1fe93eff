"""Requests and answers on the wire: any body that Telegram takes in, plain JSON out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aiogram.client.default import Default
from aiogram.types import BufferedInputFile
from aiohttp import web
from pydantic import BaseModel

from infrastructure.sandbox.telegram.errors import bad_request


@dataclass(slots=True)
class Parameters:
    """Values as they came (strings in forms, anything in JSON) and the uploaded files by part."""

    values: dict[str, object] = field(default_factory=dict)
    files: dict[str, BufferedInputFile] = field(default_factory=dict)


async def read_parameters(request: web.Request) -> Parameters:
    """Query and body together. Raises: BotApiError for a body that cannot be read."""
    parameters = Parameters(dict(request.query))
    if request.content_type == "application/json":
        parameters.values |= await _json_object(request)
        return parameters
    try:
        form = await request.post()
    except ValueError as error:
        raise bad_request("can't parse multipart/form-data") from error
    for name, part in form.items():
        if isinstance(part, web.FileField):
            with part.file as content:
                parameters.files[name] = BufferedInputFile(content.read(), part.filename)
        else:
            parameters.values[name] = (
                part.decode(errors="surrogateescape")
                if isinstance(part, bytes | bytearray)
                else part
            )
    return parameters


async def _json_object(request: web.Request) -> dict[str, object]:
    try:
        body: object = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(body, dict):
        raise bad_request("can't parse JSON object")
    return {str(name): value for name, value in body.items()}


def plain(value: object) -> object:
    """Telegram's JSON for a model: absent fields left out, times as Unix seconds."""
    match value:
        case BaseModel():
            return plain(value.model_dump(by_alias=True, exclude_none=True))
        case Mapping():
            return {
                name: plain(each) for name, each in value.items() if not isinstance(each, Default)
            }
        case str() | int() | float() | None:
            return value
        case Iterable():
            return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no place in an answer")
