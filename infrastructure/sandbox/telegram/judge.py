"""The judge of requests: aiogram's models of the Bot API decide what is well formed."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Final, Generic, TypeVar, Union, get_args, get_origin

from aiogram.types import BufferedInputFile, InputFile
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.violations import ViolationKind
from infrastructure.sandbox.telegram.wire import Parameters

M = TypeVar("M", bound=BaseModel)
INTEGER: Final = re.compile(r"-?\d{1,18}")
NESTED_FILES: Final = frozenset({"media", "thumbnail", "cover"})
MISSING: Final = {
    "text": "message text is empty",
    "chat_id": "chat_id is empty",
    "message_id": "message identifier is not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
}


@dataclass(frozen=True, slots=True)
class Verdict(Generic[M]):
    call: M
    complaints: tuple[tuple[ViolationKind, str], ...]  # what Telegram would swallow in silence


def judge(model: type[M], parameters: Parameters) -> Verdict[M]:
    """The request as the model's value. Raises: BotApiError if the model does not accept it."""
    model.model_rebuild()  # else its fields may not know their types yet
    used: set[str] = set()
    values: dict[str, object] = dict(parameters.files) | parameters.values
    known = {
        name: _read(name, value, model.model_fields[name])
        for name, value in values.items()
        if name in model.model_fields
    }
    used.update(name for name in known if name in parameters.files)
    attached = {
        name: _attached(value, parameters.files, used, is_file=_takes_file(model, name))
        for name, value in known.items()
    }
    unknown = [name for name in parameters.values if name not in model.model_fields]
    try:
        call = model.model_validate(attached)
    except ValidationError as error:
        raise _refusal(error) from error
    complaints = [(ViolationKind.UNKNOWN_PARAMETER, name) for name in unknown]
    complaints += [
        (ViolationKind.UNUSED_ATTACHMENT, name) for name in parameters.files if name not in used
    ]
    return Verdict(call, (*complaints, *_complaints(call)))


def _read(name: str, value: object, field: FieldInfo) -> object:
    """A form's string as the number or object that the field wants; other values untouched."""
    if not isinstance(value, str):
        return value
    kinds = set(_kinds(field.annotation))
    if str in kinds:
        return int(value) if int in kinds and INTEGER.fullmatch(value) else value
    if any(kind is list or issubclass(kind, BaseModel) for kind in kinds):
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from error
    return value


def _kinds(annotation: object) -> Iterator[type]:
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        for each in get_args(annotation):
            yield from _kinds(each)
    elif isinstance(origin, type):
        yield origin
    elif isinstance(annotation, type):
        yield annotation


def _takes_file(model: type[BaseModel], name: str) -> bool:
    return InputFile in _kinds(model.model_fields[name].annotation)


def _must_be_utf8(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise bad_request("strings must be encoded in UTF-8") from error


def _attached(
    value: object, files: Mapping[str, BufferedInputFile], used: set[str], *, is_file: bool
) -> object:
    """The value with every `attach://name`, where a file may stand, replaced by that file."""
    match value:
        case str() if is_file and value.startswith("attach://"):
            name = value.removeprefix("attach://")
            if name not in files:
                raise bad_request(f"can't find the attached file {name}")
            used.add(name)
            return files[name]
        case str():
            _must_be_utf8(value)
        case dict():
            return {
                name: _attached(each, files, used, is_file=name in NESTED_FILES)
                for name, each in value.items()
            }
        case list():
            return [_attached(each, files, used, is_file=is_file) for each in value]
    return value


def _refusal(error: ValidationError) -> Exception:
    first = error.errors(include_url=False, include_input=False)[0]
    path = [str(part) for part in first["loc"]]
    if first["type"] == "missing" and len(path) == 1:
        return bad_request(MISSING.get(path[0], f'parameter "{path[0]}" is required'))
    return bad_request(f"can't parse parameter {'.'.join(path)}: {first['msg']}")


def _complaints(value: object, path: str = "") -> Iterator[tuple[ViolationKind, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _complaints(each, path)
    if not isinstance(value, BaseModel):
        return
    for name in value.model_extra or {}:
        yield ViolationKind.UNKNOWN_PARAMETER, f"{path}{name}"
    for name in sorted(value.model_fields_set & type(value).model_fields.keys()):
        if type(value).model_fields[name].json_schema_extra == {"deprecated": True}:
            yield ViolationKind.DEPRECATED_PARAMETER, f"{path}{name}"
        yield from _complaints(getattr(value, name), f"{path}{name}.")
