"""A kind's own settings, checked by its own model, with every complaint at the place in the file that it is about."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from relay.config.value import Value
from relay.redact import remember
from relay.suggest import perhaps

M = TypeVar("M", bound=BaseModel)
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
    if given is None and value.is_mapping and name not in kinds:
        value.problem(f"needs kind: {' or '.join(kinds)}", at_key=True)
    kind = given.text() if given else name
    if given and kind is not None and kind not in kinds:
        given.problem(f"no kind of {what} is called {kind!r}{perhaps(kind, kinds)}; there are {', '.join(kinds)}")
    return kind if kind in kinds and value.is_mapping else None


def read_settings(model: type[M], value: Value, given: Mapping[str, Value]) -> M | None:
    """The settings made of `given`, the values under `value`; each complaint of the model is noted where it belongs.

    Every secret among them is remembered, so that it is never shown.
    """
    data = {name: inner.plain() for name, inner in given.items()}
    remember(_texts(data.get(field.alias or name) for name, field in model.model_fields.items() if _is_secret(field)))
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
            place.problem(f"needs {name}", at_key=True)
    elif not any(path == place.path or path.startswith((f"{place.path}.", f"{place.path}[")) for path in broken):
        place.problem(_sentence(complaint), at_key=complaint["type"] == "extra_forbidden" or place is value)


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


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)


def _secrets(value: object) -> Iterator[str]:
    """Every SecretStr in settings, however deep."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, list | tuple):
        yield from (secret for item in value for secret in _secrets(item))
    elif isinstance(value, BaseModel) or is_dataclass(value):
        yield from (secret for item in vars(value).values() for secret in _secrets(item))
