"""Values of a YAML file with something in them changed, put in or taken out."""

import json
from collections.abc import Sequence
from random import Random


class Written(str):
    """YAML to be put down as it is."""

    __slots__ = ()


def spoilt(value: object, dice: Random, spoilers: Sequence[Written], keys: Sequence[str]) -> object:
    """*value* with one part replaced by one of *spoilers*, left out, or added under one of *keys*."""
    if isinstance(value, dict) and value:
        key = dice.choice(list(value))
        match dice.randrange(6):
            case 0:
                return {other: item for other, item in value.items() if other != key}
            case 1:
                return {**value, dice.choice(keys): dice.choice(spoilers)}
            case _:
                return {**value, key: spoilt(value[key], dice, spoilers, keys)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        index = dice.randrange(len(value))
        return [*value[:index], spoilt(value[index], dice, spoilers, keys), *value[index + 1 :]]
    return dice.choice(spoilers)


def dumped(value: object) -> str:
    """*value* as YAML."""
    match value:
        case Written():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {dumped(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(dumped, value)) + "]"
    return json.dumps(value)
