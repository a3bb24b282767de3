"""From a file, the environment and flags to one configuration: the later wins, and nothing unknown is ignored."""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_type_hints

import yaml

from sidecar.config.consumer import Consumer
from sidecar.config.listener import Listener
from sidecar.config.sections import Config
from sidecar.errors import ConfigError

PREFIX: Final = "SIDECAR_"

_Item = TypeVar("_Item", Listener, Consumer)

_CLIENT: Final = frozenset({"SIDECAR_ADDRESS", "SIDECAR_CONFIG"})
"""Of the command line, not of the server."""

_KUBERNETES: Final = re.compile(r"SIDECAR_(SERVICE_(HOST|PORT)|PORT)(_.*)?")
"""What Kubernetes adds to every pod beside a Service named "sidecar"."""


def load(
    *, file: Path | None = None, environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> Config:
    """The configuration: *flags* before *environ* before *file* before defaults.

    Args:
        file: a YAML file with a mapping for each section.
        environ: ``SIDECAR_<SECTION>_<FIELD>``; every other name without that prefix is ignored.
        flags: from ``section.field`` to a value, as text or of its own type; ``None`` was not given.

    Raises:
        ConfigError: naming the key, and the value unless it may be a secret in the wrong place.
    """
    given: dict[str, object] = {}
    given.update({} if file is None else _from_file(file))
    given.update(_from_environ(environ or {}))
    given.update({key: value for key, value in (flags or {}).items() if value is not None})
    sections: dict[str, dict[str, object]] = {}
    for key, value in given.items():
        section, name, kind = _find(key)
        sections.setdefault(section, {})[name] = _read(key, value, kind)
    kinds = get_type_hints(Config)
    return Config(**{section: kinds[section](**values) for section, values in sections.items()})


def keys() -> dict[str, tuple[Field[Any], Any]]:
    """Every setting, ``section.field``, with its field and type, in their order."""
    return {
        f"{section}.{each.name}": (each, get_type_hints(kind)[each.name])
        for section, kind in get_type_hints(Config).items()
        for each in fields(kind)
    }


def variable(key: str) -> str:
    """The environment variable of setting *key*."""
    return PREFIX + key.replace(".", "_").upper()


def _find(key: str) -> tuple[str, str, Any]:
    known = keys()
    if key not in known:
        raise ConfigError(f"unknown setting `{key}`{_did_you_mean(key, known)}")
    section, _, name = key.partition(".")
    return section, name, known[key][1]


def _did_you_mean(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    known = {variable(key): key for key in keys()}
    found: dict[str, str] = {}
    for name, value in sorted(environ.items()):
        if name in known:
            found[known[name]] = value
        elif name.startswith(PREFIX) and name not in _CLIENT and not _KUBERNETES.fullmatch(name):
            raise ConfigError(f"unknown environment variable `{name}`{_did_you_mean(name, known)}")
    return found


class _UniqueKeys(yaml.SafeLoader):
    """YAML without the surprise that of two equal keys the last one wins."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """Build the mapping of *node*; raises ``yaml.YAMLError`` for a repeated key."""
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise yaml.constructor.ConstructorError(None, None, f"key `{repeated}` is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _from_file(file: Path) -> dict[str, object]:
    try:
        content = yaml.load(file.read_bytes(), Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise ConfigError(f"cannot read the configuration `{file}`: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot parse the configuration `{file}`: {error}") from error
    if content is None:
        return {}
    sections = get_type_hints(Config)
    if not isinstance(content, dict):
        raise ConfigError(f"the configuration `{file}` is not a mapping of sections")
    found: dict[str, object] = {}
    for section, values in content.items():
        if section not in sections:
            raise ConfigError(f"unknown section `{section}` in `{file}`{_did_you_mean(str(section), sections)}")
        if values is not None and not isinstance(values, dict):
            raise ConfigError(f"section `{section}` in `{file}` is not a mapping of settings")
        found.update({f"{section}.{name}": value for name, value in (values or {}).items()})
    return found


def _read(key: str, value: object, kind: Any) -> object:  # noqa: ANN401 - a type, or a union of types
    """*value* as a *kind*; text is parsed, other values must be of their own type."""
    if isinstance(kind, UnionType):
        if value is None or value == "none":
            return None
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
    if kind == tuple[Listener, ...]:
        return _read_items(key, value, Listener, "a listener such as 127.0.0.1:7070")
    if kind == tuple[Consumer, ...]:
        return _read_items(key, value, Consumer, "a consumer such as mail-provider,token=FILE")
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is kind:
        return value
    if not isinstance(value, str | Path) or (kind is str and not isinstance(value, str)):
        several = isinstance(value, list) and kind is str
        hint = "; what takes several is one text, with blanks between" if several else ""
        raise ConfigError(f"`{key}`: {_shown(value)} is not {_NAMES[kind]}{hint}")
    try:
        return _READERS[kind](str(value).strip())
    except ValueError as error:
        raise ConfigError(f"`{key}`: `{value}` is not {_NAMES[kind]}") from error


def _read_items(key: str, value: object, kind: type[_Item], such: str) -> tuple[_Item, ...]:
    """A list of *kind*, or text with blanks between them."""
    items = value.split() if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ConfigError(f"`{key}`: {_shown(value)} is not a list, each {such}")
    read = []
    for item in items:
        if not isinstance(item, str | kind):
            raise ConfigError(f"`{key}`: {_shown(item)} is not {such}")
        read.append(kind.parse(item) if isinstance(item, str) else item)
    return tuple(read)


def _shown(value: object) -> str:
    """*value* for a message; of a list or a mapping only that it is one: a password may be in it."""
    match value:
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
    return f"`{value}`"


def _read_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _read_path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(text)
    return Path(text)


_READERS: Final[dict[type, Callable[[str], object]]] = {
    bool: _read_bool,
    int: int,
    float: float,
    str: str,
    Path: _read_path,
}
_NAMES: Final[dict[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
}
