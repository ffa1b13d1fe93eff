"""What the user side API takes: one model a request, nothing unknown accepted."""

import json
from typing import Annotated, Final, TypeVar

from aiogram.types import User
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infrastructure.sandbox.telegram.faults import FaultKind

LONGEST_WAIT: Final = 60.0  # seconds
Wait = Annotated[float, Field(ge=0, le=LONGEST_WAIT)]
B = TypeVar("B", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(_Body):
    """A user's own data; what is left out stays as it is, or gets its default at first use."""

    first_name: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None

    def applied_to(self, user_id: int, known: User | None) -> User:
        user = known or User(id=user_id, is_bot=False, first_name="You", language_code="en")
        given = self.model_dump(include=set(Profile.model_fields), exclude_none=True)
        return user.model_copy(update=given)


class NewUser(Profile):
    id: int = Field(gt=0)


class Writing(Profile):
    text: str


class Editing(_Body):
    message_id: int
    text: str


class Attaching(_Body):
    """One message of each kind; several make an album."""

    kinds: Annotated[list[str], Field(min_length=1, max_length=10)]
    caption: str | None = None


class Forwarding(_Body):
    """A message of another chat, or of this one, sent on to the bot."""

    chat_id: int
    message_id: int


class InlineAsking(_Body):
    query: str = ""
    offset: str = ""
    wait: Wait = 10.0


class InlineChoosing(_Body):
    """A result, sent to a chat; to the private one with the bot where none is named."""

    query_id: str
    result_id: str
    chat_id: int | None = None


class NewGroup(_Body):
    """A group that `by` has just added the bot to."""

    id: int = Field(lt=0)
    title: str = "Group"
    by: int = Field(gt=0)
    members: list[int] = []
    bot_is_admin: bool = False


class GroupWriting(Profile):
    user_id: int = Field(gt=0)
    text: str


class Tap(_Body):
    """A button of a message, by place, by data or by label."""

    message_id: int
    row: Annotated[int | None, Field(ge=0)] = None
    column: Annotated[int, Field(ge=0)] = 0
    callback_data: str | None = None
    label: str | None = None
    wait: Wait = 10.0


class GroupTap(Tap):
    user_id: int = Field(gt=0)


class ForgedTap(Profile):
    """On a message of a chat, or on one that was sent by way of the bot."""

    user_id: int = Field(gt=0)
    chat_id: int = 0
    message_id: int = 0
    inline_message_id: str | None = None
    data: str
    wait: Wait = 10.0


class Forgery(_Body):
    """A raw update without its id, or a tap; exactly one of the two."""

    update: dict[str, object] | None = None
    callback: ForgedTap | None = None


class ScriptedFault(_Body):
    method: str
    kind: FaultKind
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    retry_after: Annotated[int, Field(ge=1)] = 5
    seconds: Annotated[float, Field(ge=0)] = 60.0


async def read_body(request: web.Request, model: type[B]) -> B:
    """Raises: HTTPBadRequest saying what does not fit."""
    try:
        return model.model_validate(json.loads(await request.read() or b"{}"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise refused(f"{where}: {first['msg']}" if where else first["msg"]) from error
    except ValueError as error:
        raise refused("the body is no JSON") from error


def number(request: web.Request, name: str, default: float, most: float) -> float:
    """A number from the query, between 0 and `most`. Raises: HTTPBadRequest."""
    try:
        value = float(request.query.get(name, default))
    except ValueError as error:
        raise refused(f"{name} is no number") from error
    if not 0 <= value <= most:
        raise refused(f"{name} must be between 0 and {most:g}")
    return value


def refused(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": reason}), content_type="application/json")
