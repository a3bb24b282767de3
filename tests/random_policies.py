"""Random policies over a catalog: texts that the loader nearly always accepts, with all that policies can say.

Expressions are built by type, so that Cedar's validator has little to refuse; an optional attribute is read only behind
its ``has``.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import Action, AgeBand, Basis, Channel, ConsentState, Mask
from sidecar.policy.cedar.policy import REASONS

BOOLS: Final = ("explicit", "by_guardian", "objected", "restricted", "erased")
ENUMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "consent": ("Consent", tuple(ConsentState)),
    "basis": ("Basis", tuple(Basis)),
    "age": ("AgeBand", tuple(AgeBand)),
    "channel": ("Channel", ("none", *Channel)),
}
LONGS: Final = (-(2**63), -(2**63) + 1, -7, -1, 0, 1, 2, 3, 10, 10_000, 2**63 - 2, 2**63 - 1)
STRINGS: Final = ("", "a", "b", "eu", "eu-west", "True", "1", "a*b", "'", "x y", "ä")
PATTERNS: Final = ("*", "eu*", "*west", "e*-*t", r"a\*b", r"*\**", "*a*b*", "", "a", r"\*", "eu-*")
LIKELY: Final = ("explicit", "by_guardian", "objected", *3 * ('consent == Consent::"given"',))
"""Beginnings of what policies really ask; without them random ones would hardly ever depend on consent."""

_ON_CONSENT: Final = {
    "permit": 'when { context.consent == Consent::"given" }',
    "forbid": "unless { context.explicit || context.by_guardian }",
}


def random_policy(dice: Random, catalog: Catalog, id_: str, *, effect: str | None = None) -> str:
    """The text of one policy named *id_*; a ``permit`` or a ``forbid`` if *effect* is not given."""
    return _Author(dice, catalog).policy(id_, effect or dice.choice(("permit", "permit", "forbid")))


class _Author:
    def __init__(self, dice: Random, catalog: Catalog) -> None:
        self._dice = dice
        self._attributes = catalog.attributes
        self._keys = {
            "Service": tuple(catalog.services),
            "Field": tuple(catalog.fields),
            "DataCategory": tuple(catalog.categories),
            "Purpose": tuple(catalog.purposes),
            "Recipient": tuple(catalog.recipients),
            "Action": tuple(map(str, Action)),
            **dict(ENUMS.values()),
        }
        self._variables = {
            "Service": "principal",
            "Field": "resource",
            "Action": "action",
            "Purpose": "context.purpose",
            "Recipient": "context.recipient",
            **{type_: f"context.{name}" for name, (type_, _) in ENUMS.items()},
        }
        self._present: list[str] = []  # attributes behind whose `has` we are

    # --- The policy ------------------------------------------------------------------------------------------------

    def policy(self, id_: str, effect: str) -> str:
        lines = [f'@id("{id_}")']
        if self._one_in(3):
            lines.append(f'@title("what {id_} is for")')
        if effect == "forbid" and self._one_in(2):
            lines.append(f'@reason("{self._dice.choice(REASONS)}")')
        if effect == "permit" and self._one_in(3):
            lines.append(f'@mask("{self._dice.choice(tuple(Mask))}")')
        lines.append(f"{effect} ({self._principal()}, {self._action()}, {self._resource()})")
        for _ in range(self._dice.choice((0, 1, 1, 1, 1, 2, 3))):
            keyword = self._dice.choice(("when", "when", "unless"))
            lines.append(f"{keyword} {{ {self._bool(self._dice.randint(0, 3))} }}")
        if self._one_in(2):
            likely = f"unless {{ !(context.{self._dice.choice(LIKELY)}) }}"
            lines.append(self._dice.choice((_ON_CONSENT[effect], likely)))
        return "\n".join(lines) + ";\n"

    def _principal(self) -> str:
        return self._pick(
            *4 * [lambda: "principal"],
            lambda: f"principal == {self._literal('Service')}",
            lambda: f"principal in {self._literal('Service')}",
            lambda: "principal is Service",
            lambda: f"principal is Service in {self._literal('Service')}",
        )

    def _action(self) -> str:
        return self._pick(
            *3 * [lambda: "action"],
            lambda: f"action == {self._literal('Action')}",
            lambda: f"action in {self._literals('Action')}",
        )

    def _resource(self) -> str:
        return self._pick(
            *4 * [lambda: "resource"],
            lambda: f"resource == {self._literal('Field')}",
            lambda: f"resource in {self._literal(self._dice.choice(('DataCategory', 'DataCategory', 'Field')))}",
            lambda: "resource is Field",
            lambda: f"resource is Field in {self._literal('DataCategory')}",
        )

    # --- Booleans --------------------------------------------------------------------------------------------------

    def _bool(self, depth: int) -> str:
        if depth <= 0:
            return self._leaf()
        return self._pick(
            *3 * [lambda: f"({self._bool(depth - 1)} && {self._bool(depth - 1)})"],
            *3 * [lambda: f"({self._bool(depth - 1)} || {self._bool(depth - 1)})"],
            *2 * [lambda: f"!({self._bool(depth - 1)})"],
            *2 * [lambda: self._if(self._bool, depth)],
            *5 * [lambda: self._guarded(depth)],
            lambda: f"(({self._bool(depth - 1)}) == ({self._bool(depth - 1)}))",
            *3 * [self._leaf],
        )

    def _guarded(self, depth: int) -> str:
        """Something about an attribute, behind its ``has``."""
        names = [name for name in self._attributes if name not in self._present]
        if not names:
            return self._bool(depth - 1)
        name = self._dice.choice(names)
        has = self._has(name)
        self._present.append(name)
        inside = self._pick(lambda: self._about(name), lambda: self._bool(depth - 1))
        self._present.remove(name)
        return self._pick(
            lambda: f"({has} && {inside})",
            lambda: f"({has} && ({inside}))",
            lambda: f"(if {has} then {inside} else {self._bool(depth - 1)})",
        )

    def _has(self, name: str) -> str:
        return self._pick(
            lambda: f"context.attributes has {name}",
            lambda: f'context["attributes"] has "{name}"',
            lambda: f"context has attributes.{name}",
        )

    def _leaf(self) -> str:
        about = [lambda: self._about(self._dice.choice(self._present))] if self._present else []
        presence = [lambda: self._has(self._dice.choice(tuple(self._attributes)))] if self._attributes else []
        return self._pick(
            *3 * [self._fact],
            *4 * [lambda: f"context.{self._dice.choice(LIKELY)}"],
            *3 * [self._compared],
            self._membership,
            self._kind,
            self._marketing,
            self._existing,
            *2 * [self._whole],
            *presence,
            *6 * about,
        )

    def _fact(self) -> str:
        one, other = self._dice.choice(BOOLS), self._dice.choice(BOOLS)
        return self._pick(
            *3 * [lambda: f"context.{one}"],
            lambda: f'context["{one}"]',
            lambda: f"context.{one} == context.{other}",
            lambda: f"true != context.{one}",
            lambda: f"[context.{one}, false].contains(context.{other})",
            lambda: f"(if context.{one} then context else context).{other}",
        )

    def _compared(self) -> str:
        """Two entities of one type."""
        type_ = self._dice.choice((*self._variables, "Purpose", "Consent", "Consent"))
        left, right = self._entity(type_, 1), self._pick(lambda: self._literal(type_), lambda: self._entity(type_, 1))
        return self._pick(
            lambda: f"{left} == {right}",
            lambda: f"{right} == {left}",
            lambda: f"{left} != {right}",
            lambda: f"{self._literals(type_)}.contains({left})",
            lambda: f"[{right}, {self._literal(type_)}].contains({left})",
            lambda: f"[{left}, {right}].containsAll([{self._entity(type_, 1)}])",
            lambda: f"{self._literals(type_)}.containsAny([{left}, {right}])",
        )

    def _membership(self) -> str:
        below, above = self._dice.choice(
            (
                ("Purpose", "Purpose"),
                ("Purpose", "Purpose"),
                ("Field", "DataCategory"),
                ("Field", "DataCategory"),
                ("Recipient", "Recipient"),
                ("Service", "Service"),
                ("Action", "Action"),
                ("Field", "Field"),
                ("Consent", "Consent"),
            )
        )
        return self._pick(
            lambda: f"{self._variables[below]} in {self._literal(above)}",
            lambda: f"{self._variables[below]} in {self._literals(above)}",
            lambda: f"{self._entity(below, 1)} in {self._entity(above, 1)}",
            lambda: f"{self._literal(below)} in [{self._entity(above, 1)}]",
        )

    def _kind(self) -> str:
        return self._pick(
            lambda: f"{self._entity('Purpose', 1)} is Purpose",
            lambda: f"{self._entity('Purpose', 1)} is Purpose in {self._literal('Purpose')}",
            lambda: f"resource is Field in {self._literal('DataCategory')}",
            lambda: f"context.recipient is Recipient in {self._literals('Recipient')}",
            lambda: "principal is Service",
        )

    def _marketing(self) -> str:
        return f"{self._entity('Purpose', 1)}.direct_marketing"

    def _existing(self) -> str:
        """Whether something is there that always is."""
        return self._pick(
            lambda: f"context has {self._dice.choice(('purpose', 'attributes', *BOOLS))}",
            lambda: f"{self._entity('Purpose', 1)} has direct_marketing",
            lambda: "context has purpose.direct_marketing",
        )

    def _whole(self) -> str:
        """Records as a whole."""
        one, other, third = (f"context.{self._dice.choice(BOOLS)}" for _ in range(3))
        purpose = self._literal("Purpose")
        shared = (
            lambda: "[context.attributes].contains(context.attributes)",
            lambda: "context == context",
            lambda: "[context].contains(context)",
            lambda: f"{{a: {one}}} == {{a: {other}}}",
            lambda: f"{{r: context.attributes, f: {one}}} == {{r: context.attributes, f: {other}}}",
            lambda: f"[{{p: context.purpose, f: {one}}}].contains({{p: {purpose}, f: {other}}})",
            lambda: f"[[{one}], [{other}]].contains([{third}])",
            lambda: f"{{c: context, f: {one}}}.c.{self._dice.choice(BOOLS)}",
        )
        if not self._attributes:
            return self._pick(*shared)
        name = self._dice.choice(tuple(self._attributes))
        return self._pick(
            *shared,
            lambda: f"(if {one} then context.attributes else context.attributes) has {name}",
            lambda: f"{{c: context}}.c.attributes has {name}",
            lambda: self._through(name),
        )

    def _through(self, name: str) -> str:
        """The value of an attribute, by a way that only who follows records would see."""
        record = self._dice.choice(("{a: context.attributes}.a", "{a: {b: context}}.a.b.attributes"))
        return f"({record} has {name} && {self._about(name, f'{record}.{name}')})"

    # --- The caller's attributes -----------------------------------------------------------------------------------

    def _about(self, name: str, path: str | None = None) -> str:
        """Something about the attribute *name*, which must be there."""
        value = path or self._value(name)
        about = {"Bool": self._about_bool, "Long": self._about_long, "String": self._about_string}
        return about.get(self._attributes[name], self._about_set)(value, self._same_type(name))

    def _value(self, name: str) -> str:
        return self._dice.choice(
            (f"context.attributes.{name}", f"context.attributes.{name}", f'context["attributes"]["{name}"]')
        )

    def _same_type(self, name: str) -> str | None:
        """Another attribute that is there, of the same type; now and then the same one."""
        type_ = self._attributes[name]
        return self._value(self._dice.choice([one for one in (*self._present, name) if self._attributes[one] == type_]))

    def _about_bool(self, value: str, other: str | None) -> str:
        return self._pick(
            *2 * [lambda: value],
            lambda: f"!{value}",
            lambda: f"{value} == context.{self._dice.choice(BOOLS)}",
            lambda: f"{value} != true",
            lambda: self._versus(value, "==", other),
        )

    def _about_long(self, value: str, other: str | None) -> str:
        sign = self._dice.choice(("<", "<=", ">", ">=", "==", "!="))
        literal = str(self._dice.choice(LONGS))
        return self._pick(
            *2 * [lambda: f"{value} {sign} {literal}"],
            *2 * [lambda: f"{literal} {sign} {value}"],
            lambda: f"[{literal}, {self._dice.choice(LONGS)}].contains({value})",
            lambda: self._versus(value, sign, other),
        )

    def _about_string(self, value: str, other: str | None) -> str:
        text = self._dice.choice(STRINGS)
        return self._pick(
            *3 * [lambda: f'{value} like "{self._dice.choice(PATTERNS)}"'],
            lambda: f'{value} == "{text}"',
            lambda: f'"{text}" != {value}',
            lambda: f"{self._texts()}.contains({value})",
            lambda: self._versus(value, "==", other),
        )

    def _about_set(self, value: str, other: str | None) -> str:
        return self._pick(
            lambda: f'{value}.contains("{self._dice.choice(STRINGS)}")',
            lambda: f"{value}.containsAll({self._texts()})",
            lambda: f"{self._texts()}.containsAll({value})",
            lambda: f"{value}.containsAny({self._texts()})",
            lambda: f"{value} == {self._texts()}",
            lambda: f"{value}.isEmpty()",
            lambda: f"{value}.containsAny({other})" if other else f"{value}.isEmpty()",
        )

    def _versus(self, value: str, sign: str, other: str | None) -> str:
        return f"{value} {sign} {other or value}"

    def _texts(self) -> str:
        chosen = self._dice.sample(STRINGS, self._dice.randint(1, 3))
        return "[" + ", ".join(f'"{text}"' for text in chosen) + "]"

    # --- Entities --------------------------------------------------------------------------------------------------

    def _entity(self, type_: str, depth: int) -> str:
        variable = self._variables.get(type_)
        if variable is None:
            return self._literal(type_)
        if depth <= 0:
            return self._pick(*2 * [lambda: variable], lambda: self._literal(type_))
        return self._pick(
            *6 * [lambda: variable],
            lambda: self._literal(type_),
            lambda: self._if(lambda below: self._entity(type_, below), depth),
            lambda: f"{{e: {self._entity(type_, depth - 1)}}}.e",
        )

    def _literal(self, type_: str) -> str:
        return f'{type_}::"{self._dice.choice(self._keys[type_])}"'

    def _literals(self, type_: str) -> str:
        keys = self._keys[type_]
        chosen = self._dice.sample(keys, self._dice.randint(1, min(3, len(keys))))
        return "[" + ", ".join(f'{type_}::"{key}"' for key in chosen) + "]"

    # --- Dice ------------------------------------------------------------------------------------------------------

    def _if(self, of: Callable[[int], str], depth: int) -> str:
        return f"(if {self._bool(depth - 1)} then {of(depth - 1)} else {of(depth - 1)})"

    def _pick(self, *options: Callable[[], str]) -> str:
        return self._dice.choice(options)()

    def _one_in(self, sides: int) -> bool:
        return self._dice.randrange(sides) == 0


def some(dice: Random, values: Sequence[str], *, least: int = 0, most: int) -> tuple[str, ...]:
    """A few of *values*, in their order."""
    chosen = set(dice.sample(values, dice.randint(min(least, len(values)), min(most, len(values)))))
    return tuple(value for value in values if value in chosen)
