"""Texts that are deep in every way Cedar's grammar has, of any depth."""

from collections.abc import Callable, Mapping
from typing import Final

EXPRESSIONS: Final[Mapping[str, Callable[[int], str]]] = {
    "parentheses": lambda n: "(" * n + "true" + ")" * n,
    "sets": lambda n: "[" * n + "1" + "]" * n + " == 1",
    "records": lambda n: "{a: " * n + "1" + "}" * n + " == 1",
    "if in then": lambda n: "if true then " * n + "true" + " else true" * n,
    "if in a condition": lambda n: "if " * n + "true" + " then true else true" * n,
    "else if": lambda n: "if true then true else " * n + "true",
    "if between and": lambda n: "true && if true then true else " * n + "true",
    "if in brackets": lambda n: ("if true then true else " * 40 + "(") * (n // 40 + 1) + "true" + ")" * (n // 40 + 1),
    "and": lambda n: "context.explicit" + " && context.explicit" * n,
    "or": lambda n: "context.explicit" + " || context.explicit" * n,
    "and in or": lambda n: "true" + " || true && true" * n,
    "attributes": lambda n: "context" + ".a" * n,
    "indexes": lambda n: "context" + '["a"]' * n,
    "has": lambda n: "context has a" + ".a" * n,
    "sums": lambda n: "1" + " + 1" * n + " == 2",
    "not": lambda n: "!" * n + "true",
    "not in parentheses": lambda n: "!(" * n + "true" + ")" * n,
    "negations": lambda n: "-" * n + "1 == 1",
    "calls": lambda n: "context.contains(" * n + "1" + ")" * n,
    "calls in a row": lambda n: "context" + ".contains(1)" * n,
    "functions": lambda n: "decimal(" * n + '"1"' + ")" * n,
    "comparisons": lambda n: "1" + " == 1" * n,
    "open parentheses": lambda n: "(" * n,
    "closed parentheses": lambda n: "true" + ")" * n,
    "conditions": lambda n: "true} " + "when {true} " * n + "when {true",
    "paths": lambda n: "A::" * n + 'A::"x" == 1',
    "texts": lambda n: '"' + "x" * n + '" == ""',
    "patterns": lambda n: '"x" like "' + "*" * n + '"',
    "numbers": lambda n: "9" * n + " == 1",
    "a wide set": lambda n: "1 in [" + "1, " * n + "1]",
    "a wide record": lambda n: "{" + ", ".join(f"a{i}: 1" for i in range(n)) + "} == 1",
}
"""What stands between the braces of a `when`, by what it is full of."""

SCHEMAS: Final[Mapping[str, Callable[[int], str]]] = {
    "sets": lambda n: "type T = " + "Set<" * n + "Long" + ">" * n + ";",
    "records": lambda n: "type T = " + "{a: " * n + "Long" + "}" * n + ";",
    "optional records": lambda n: "entity E {a?: " + "{b?: " * n + "Long" + "}" * n + "};",
    "open records": lambda n: "type T = " + "{a: " * n,
    "namespaces": lambda n: "namespace A { " * n + "}" * n,
    "lists": lambda n: "entity E in " + "[" * n + "]" * n + ";",
    "annotations": lambda n: '@a("x") ' * n + "entity E;",
    "types": lambda n: "".join(f"type T{i} = T{i + 1}; " for i in range(n)) + f"type T{n} = Long;",
    "records by name": lambda n: "".join(f"type T{i} = {{a: T{i + 1}}}; " for i in range(n)) + f"type T{n} = Long;",
    "doubled by name": lambda n: (
        "".join(f"type T{i} = {{a: T{i + 1}, b: T{i + 1}}}; " for i in range(n)) + f"type T{n} = Long;"
    ),
    "parents": lambda n: "".join(f"entity E{i} in [E{i + 1}]; " for i in range(n)) + f"entity E{n};",
}
"""Schemas, by what they are full of."""


def policy(kind: str, depth: int) -> str:
    """A policy with the expression *kind*."""
    return f'@id("deep")\npermit (principal, action, resource)\nwhen {{ {EXPRESSIONS[kind](depth)} }};\n'
