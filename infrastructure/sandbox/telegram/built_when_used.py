"""aiogram's models of the Bot API, each built when it is first used.

aiogram has pydantic build every one of its 440 models as it is imported: seconds of each start, of
which the sandbox needs a tenth. Whatever uses them imports this first; the package does.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

BUILD: Final = "model_rebuild"  # what aiogram calls on import, and pydantic at a first use
_build = vars(BaseModel)[BUILD].__func__
_names: dict[str, object] = {}  # what the models' annotations mean


def _not_yet(
    _model: type[BaseModel], /, *, _types_namespace: Mapping[str, object] | None = None
) -> None:
    _names.update(_types_namespace or {})


def _now(model: type[BaseModel], /, *, force: bool = False, **options: object) -> bool | None:
    built: bool | None = _build(model, force=force, **options | {"_types_namespace": _names})
    return built


def _postpone() -> None:
    setattr(BaseModel, BUILD, classmethod(_not_yet))
    try:
        from aiogram.methods.base import TelegramMethod
        from aiogram.types.base import TelegramObject
    finally:
        setattr(BaseModel, BUILD, classmethod(_build))
    for base in (TelegramObject, TelegramMethod):
        setattr(base, BUILD, classmethod(_now))


_postpone()
