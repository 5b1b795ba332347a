"""The wire judged by models nobody here wrote: aiogram's, for every request of the bot and every invented update."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin

import aiogram.methods
from aiogram.client.default import Default
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import ValidationError

JSON = dict[str, Any]
_FILES = {"photo", "document", "certificate", "thumbnail"}


def decoded(method: str, raw: Mapping[str, str]) -> JSON:
    """The parameters of a request with what travels as JSON inside the form taken apart; unknown methods stay text."""
    model = _models().get(method.lower())
    plain = _plain_text(model) if model else set()
    return {name: value if name in plain else _unpacked(value) for name, value in raw.items()}


def complaints(method: str, params: JSON) -> list[str]:
    """What aiogram's model of the method says against these parameters; nothing when they fit."""
    model = _models().get(method.lower())
    if model is None:
        return [f"{method}: no such method"]
    return _judged(f"{method} {json.dumps(params, ensure_ascii=False)[:300]}", model, params)


def check_update(update: JSON) -> None:
    """Raises ValueError for an update Telegram could not have sent."""
    found = _judged("update", Update, update)
    if found:
        raise ValueError("\n".join(found))


def known(method: str) -> bool:
    """Whether the Bot API has this method."""
    return method.lower() in _models()


def _judged(what: str, model: Any, values: JSON) -> list[str]:
    try:
        model.model_validate(values, extra="forbid")
    except ValidationError as error:
        return [f"{what}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)[:8]]
    return []


@cache
def _models() -> dict[str, type[TelegramMethod[Any]]]:
    exported = [m for m in vars(aiogram.methods).values() if isinstance(m, type) and issubclass(m, TelegramMethod)]
    return {m.__api_method__.lower(): m for m in exported if m is not TelegramMethod}


@cache
def _plain_text(model: type[TelegramMethod[Any]]) -> set[str]:
    return {name for name, field in model.model_fields.items() if name in _FILES or _only_text(field.annotation)}


def _only_text(annotation: object) -> bool:
    parts = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return all(part in (str, Default, type(None)) for part in parts)


def _unpacked(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
