"""The values that each dimension of a question can have, as far as policies can tell them apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.model.vocabulary import FIRST_PARTY, Action, AgeBand, Basis, ConsentState
from sidecar.policy.analysis.texts import witnesses
from sidecar.policy.cedar.atoms import Atom, literals_of
from sidecar.policy.cedar.tabulate import Value

USES: Final = ("service", "field", "purpose", "action", "recipient", "channel")
"""Dimensions of what is declared, in the order of the diagrams: the first tell most apart."""

FACTS: Final = ("basis", "consent", "explicit", "by_guardian", "objected", "restricted", "erased", "age")
"""Dimensions of what is known of the person, likewise."""

FACT_VALUES: Final[Mapping[str, tuple[Value, ...]]] = {
    "basis": tuple(map(str, Basis)),
    "consent": tuple(map(str, ConsentState)),
    **dict.fromkeys(("explicit", "by_guardian", "objected", "restricted", "erased"), (False, True)),
    "age": tuple(map(str, AgeBand)),
}

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1  # what a Long of Cedar holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One question that a service has declared, but for the person: the values are in the order of ``USES``."""

    service: str
    field: str
    purpose: str
    action: Action
    recipient: str = FIRST_PARTY
    channel: str

    @property
    def values(self) -> tuple[str, ...]:
        """One value for each dimension of ``USES``."""
        return (self.service, self.field, self.purpose, str(self.action), self.recipient, self.channel)

    def to_plain(self) -> dict[str, object]:
        """As JSON has it."""
        return dict(zip(USES, self.values, strict=True))


def attribute_values(name: str, type_: str, atoms: Iterable[Atom]) -> tuple[Value, ...] | None:
    """Values of the caller's attribute *name* that stand for all that *atoms* tell apart, absence first.

    ``None`` if its texts have too many patterns.
    """
    if type_ == "Bool":
        return (None, False, True)
    tests = [literal for atom in atoms if atom.compares == name for literal in literals_of(atom.expression)]
    if type_ == "Long":
        return (None, *_numbers([test for test in tests if isinstance(test, int)]))
    if type_ == "String":
        texts = witnesses(
            (test for test in tests if isinstance(test, str)), (test for test in tests if isinstance(test, tuple))
        )
        return None if texts is None else (None, *texts)
    return (None, frozenset())


def _numbers(bounds: Sequence[int]) -> tuple[int, ...]:
    """Each bound, and one number of each stretch between them: its neighbours do."""
    near = {number for bound in bounds for number in (bound - 1, bound, bound + 1)}
    return tuple(sorted(number for number in near if _LOWEST <= number <= _HIGHEST)) or (0,)
