"""A kind's own settings, checked by its own model, with every complaint at the place in the file that it is about."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from relay.config.value import Value
from relay.redact import remember
from relay.suggest import choices

M = TypeVar("M", bound=BaseModel)
_LOGIN = re.compile(r"://[^/@\s:]*:([^/@\s]+)@")
_SENTENCES = {
    "string_type": "must be text",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "path_type": "must be the path of a file",
}


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that settings take in the file."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def read_kind(value: Value, name: str, kinds: Collection[str], what: str) -> str | None:
    """The kind that is named, or that the name itself is; what is none is noted."""
    given = value.entries().get("kind")
    if given is None:
        if name not in kinds:
            _miss_kind(value, kinds)
        return name if name in kinds and value.is_mapping else None
    kind = given.text()
    if kind is not None and kind not in kinds:
        given.problem(f"no kind of {what} is called {kind!r}{choices(kind, kinds)}")
    return kind if kind in kinds else None


def _miss_kind(value: Value, kinds: Collection[str]) -> None:
    slip = next((key for key in value.keys if key.startswith("kind:")), None)
    if slip:
        value.problem(f"a space is missing after the colon: kind: {slip.removeprefix('kind:')}", value.key)
    elif value.is_mapping:
        value.problem(f"needs kind: {' or '.join(kinds)}", value.key)


def read_settings(model: type[M], value: Value, given: Mapping[str, Value]) -> M | None:
    """The settings made of `given`, the values under `value`; each complaint of the model is noted where it belongs.

    Every secret among them is remembered, so that it is never shown.
    """
    data = {name: inner.plain() for name, inner in given.items()}
    for name in _secret_keys(model):
        if name in given:
            _keep_secret(given[name], data[name])
    for inner in given.values():
        _advise_on_login(inner)
    try:
        settings = model.model_validate(data)
    except ValidationError as error:
        for complaint in error.errors(include_url=False, include_input=False):
            _note(complaint, value, given)
        return None
    remember(_secrets(settings))
    return settings


def _note(complaint: ErrorDetails, value: Value, given: Mapping[str, Value]) -> None:
    """One complaint; not where something is known to be wrong already, which is likely its cause."""
    place, broken = _follow(complaint["loc"], value, given), value.file.broken
    if complaint["type"] == "missing":
        name = complaint["loc"][-1]
        if f"{place.path}.{name}" not in broken:
            place.problem(f"needs {name}", place.key)
    elif not any(path == place.path or path.startswith((f"{place.path}.", f"{place.path}[")) for path in broken):
        about_key = complaint["type"] == "extra_forbidden" or place is value
        place.problem(_sentence(complaint), place.key if about_key else None)


def _follow(path: tuple[int | str, ...], value: Value, given: Mapping[str, Value]) -> Value:
    """The value that a complaint is about; a part that leads nowhere is the name of a union's member, or is missing."""
    inner: Mapping[Any, Value] = given
    for part in path:
        if part in inner:
            value = inner[part]
            inner = value.entries() if value.is_mapping else dict(enumerate(value.items()))
    return value


def _sentence(complaint: ErrorDetails) -> str:
    kind, message = complaint["type"], complaint["msg"]
    if kind in ("value_error", "assertion_error"):
        return message.partition(", ")[2]
    if kind == "extra_forbidden":
        return "there is no such key"
    return _SENTENCES.get(kind) or message.replace("Input should", "must").replace("must be a valid", "must be a")


def _secret_keys(model: type[BaseModel]) -> Iterator[str]:
    fields = model.model_fields.items()
    return (field.alias or name for name, field in fields if "SecretStr" in str(field.annotation))


def _keep_secret(value: Value, content: Any) -> None:
    texts = [text for text in (content if isinstance(content, list) else [content]) if isinstance(text, str)]
    remember(texts)
    if not all(texts) and value.is_reference:
        value.problem("what it brings in is empty; leave it out where no secret is asked for")
    elif any(texts):
        advise_on_secret(value)


def advise_on_secret(value: Value) -> None:
    """Note a secret that anybody who reads the file knows."""
    if not value.is_reference:
        value.warning("this secret stands in the file itself; write ${NAME} and keep it in the environment")


def _advise_on_login(value: Value) -> None:
    """Note an address, or one of a list, in which a password stands."""
    for item in value.items():
        login = _LOGIN.search(item.written)
        if login and "${" not in login[1]:
            item.warning("the password in this address stands in the file itself; write ${NAME} in its place")


def _secrets(value: object) -> Iterator[str]:
    """Every SecretStr in settings, however deep."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, list | tuple):
        yield from (secret for item in value for secret in _secrets(item))
    elif isinstance(value, BaseModel):
        yield from (secret for item in vars(value).values() for secret in _secrets(item))
    elif is_dataclass(value):
        yield from (secret for item in fields(value) for secret in _secrets(getattr(value, item.name)))
