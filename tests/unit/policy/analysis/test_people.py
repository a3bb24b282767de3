"""Persons: exactly those whom some record describes; and what facts they come to for a purpose."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

import pytest

from sidecar.model.catalog import Catalog, Category, Field, Notice, Purpose, Recipient
from sidecar.model.decision import Question
from sidecar.model.event import Choice, Erasure, Event, NoticeRef, Restriction, Submission, Traits
from sidecar.model.facts import Facts
from sidecar.model.instant import SECOND
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Action, Actor, AgeBand, Basis, ChoiceKind, ConsentState, Survival
from sidecar.policy.analysis.dimensions import FACT_VALUES, FACTS
from sidecar.policy.analysis.examples import facts_of
from sidecar.policy.analysis.people import PERSON, Law, facts_for, for_person, laws, reachable
from sidecar.policy.analysis.space import Diagram, Space, Variable
from sidecar.policy.cedar.tabulate import Value
from tests.properties.lived import live, real_facts
from tests.strategies import START, Step

NOW: Final = START + 100 * SECOND
SCOPE: Final = Scope(purposes=("p",), categories=("c",))
SURVIVALS: Final = tuple(
    frozenset(some) for some in ((), (Survival.RESTRICTION,), (Survival.ERASURE,), tuple(Survival))
)


def purpose_of(basis: Basis = Basis.CONTRACT, survives: frozenset[Survival] = frozenset(), **bases: Basis) -> Purpose:
    """A purpose on *basis*, elsewhere on others."""
    return Purpose(key="p", title="p", basis=basis, survives=survives, basis_by_jurisdiction=bases)


def _notice(version: int) -> Notice:
    return Notice(
        key="n", version=version, title="n", purposes=("p",), categories=("c",), channels=(),
        recipients=("first_party",), reconsent=version > 1, valid_from=START,
    )  # fmt: skip


CATALOG: Final = Catalog(
    services={},
    fields={"f": Field(key="f", title="f", categories=("c",))},
    categories={"c": Category(key="c", title="c")},
    purposes={"p": purpose_of()},
    recipients={"first_party": Recipient(key="first_party", title="us")},
    notices={("n", version): _notice(version) for version in (1, 2)},
)
QUESTION: Final = Question(
    service="any", action=Action.USE, field="f", purpose="p", channel=None, recipient="first_party"
)


class World:
    """A space of nothing but facts."""

    def __init__(self) -> None:
        self.space: Final = Space()
        self.variables: Final[Mapping[str, Variable]] = {
            name: self.space.add(name, len(FACT_VALUES[name])) for name in FACTS
        }

    def holds(self, diagram: Diagram, values: Mapping[str, Value]) -> bool:
        """Whether *diagram* holds where dimensions have *values*."""
        codes = (self.variables[n].codes[_number(n, value)] for n, value in values.items())
        return bool((diagram & self.space.all(codes)).satisfiable())

    def people(self) -> Iterator[dict[str, Value]]:
        """Everybody there can be."""
        where = reachable(self.space, self.variables)
        for values in product(*(FACT_VALUES[name] for name in PERSON)):
            person = dict(zip(PERSON, values, strict=True))
            if self.holds(where, person):
                yield person


def _number(name: str, value: Value) -> int:
    return next(number for number, one in enumerate(FACT_VALUES[name]) if one == value and type(one) is type(value))


def values_of(facts: Facts) -> dict[str, Value]:
    """*facts* as diagrams name them."""
    return {name: value if isinstance(value, bool) else str(value) for name, value in facts._asdict().items()}


def _life(person: Mapping[str, Value]) -> Iterator[tuple[Actor, Submission | Erasure | Restriction | Traits]]:
    """What must have happened for *person* to be as said."""
    consent = ConsentState(str(person["consent"]))
    if person["erased"]:
        yield Actor.OPERATOR, Erasure()
    # Who was erased and begins anew is erased no more; what an operator enters for somebody does not begin anew.
    actor = Actor.GUARDIAN if person["by_guardian"] else Actor.OPERATOR if person["erased"] else Actor.SUBJECT
    explicit = bool(person["explicit"])
    given = ConsentState.GIVEN, ConsentState.SUPERSEDED, ConsentState.EXPIRED
    if consent in given or explicit or person["by_guardian"]:
        yes = Choice(
            kind=ChoiceKind.GIVEN,
            scope=SCOPE,
            explicit=explicit,
            expires_at=START + 50 * SECOND if consent is ConsentState.EXPIRED else None,
            notice=NoticeRef(key="n", version=1) if consent is ConsentState.SUPERSEDED else None,
        )
        yield actor, Submission(choices=(yes,))
    noes = {ConsentState.WITHDRAWN: ChoiceKind.WITHDRAWN, ConsentState.REFUSED: ChoiceKind.REFUSED}
    said = [noes[consent]] if consent in noes else []
    said += [ChoiceKind.OBJECTED] if person["objected"] else []
    for kind in said:
        yield Actor.SUBJECT, Submission(choices=(Choice(kind=kind, scope=SCOPE),))
    if person["restricted"]:
        yield Actor.SUBJECT, Restriction(scope=SCOPE)
    if person["age"] != AgeBand.UNKNOWN:
        digital = START if person["age"] == AgeBand.TEEN else NOW + SECOND
        of_age = START if person["age"] == AgeBand.ADULT else NOW + 2 * SECOND
        yield Actor.OPERATOR, Traits(digital_consent_at=digital, of_age_at=of_age)


def test_there_is_a_record_for_everybody() -> None:
    """Whoever counts as a person is one: these are no mere combinations of facts."""
    people = list(World().people())
    for person in people:
        life = [
            Step(Event(id=f"e{number}", act=act, actor=actor), START + (number + 1) * SECOND)
            for number, (actor, act) in enumerate(_life(person))
        ]
        facts = real_facts(CATALOG, live(CATALOG, life).record, QUESTION, NOW)

        assert {**person, "basis": "contract"} == values_of(facts), life

    # 3 states with any of 4 kinds of yes, 3 with none; 2 of the 4 kinds cannot be where somebody was erased.
    assert len(people) == 2 * 2 * 4 * ((3 * 4 + 3) + (3 * 2 + 3))


@pytest.mark.parametrize("survives", SURVIVALS)
@pytest.mark.parametrize("basis", Basis)
def test_facts_are_those_of_persons(basis: Basis, survives: frozenset[Survival]) -> None:
    """For a purpose people come to exactly the facts that are said to be known there, and are answered by them."""
    world, purpose = World(), purpose_of(basis, survives)
    known = facts_for(world.space, purpose, basis, world.variables)
    met = {facts_of(person, purpose, basis) for person in world.people()}

    assert met == {facts for facts in _every_fact(basis) if world.holds(known, values_of(facts))}
    assert not any(world.holds(known, {"basis": str(other)}) for other in Basis if other is not basis)
    for name in FACTS:
        for code in (*world.variables[name].codes, ~world.variables[name].codes[0]):
            asked = for_person(code, purpose, basis, world.variables)
            for person in world.people():
                expected = world.holds(code, values_of(facts_of(person, purpose, basis)))
                assert expected == world.holds(asked, person), (name, person)


def _every_fact(basis: Basis) -> Iterator[Facts]:
    for consent, age in product(ConsentState, AgeBand):
        for explicit, guardian, objected, restricted, erased in product((False, True), repeat=5):
            yield Facts(consent, explicit, guardian, objected, restricted, erased, age, basis)


def test_laws_are_told_apart_by_the_bases_of_all() -> None:
    """Where several bundles are compared, a law is one for all of them."""
    old = purpose_of(Basis.CONSENT, US=Basis.CONTRACT, DE=Basis.CONTRACT, FR=Basis.CONSENT)
    new = purpose_of(Basis.CONTRACT, DE=Basis.CONTRACT)

    expected = (
        Law((), (Basis.CONSENT, Basis.CONTRACT)),
        Law(("DE", "US"), (Basis.CONTRACT, Basis.CONTRACT)),
    )
    assert expected == laws((old, new))
    assert (Law((), (Basis.CONSENT, Basis.CONTRACT)),) == laws((None, new))
    assert (Law((), (Basis.CONSENT, Basis.CONSENT)),) == laws((None, Purpose(key="p", title="p")))
