from collections.abc import Callable
from dataclasses import replace

import pytest

from sidecar.consent.footing import Footing, Footings
from sidecar.model.catalog import Catalog, Field, Notice, Purpose
from sidecar.model.renames import Renames
from sidecar.model.vocabulary import Basis, Channel, Survival
from tests.worlds import CATALOG, EMAIL

NOW = 1_000


def footing(catalog: Catalog = CATALOG, field: str = "email", purpose: str = EMAIL, now: int = NOW) -> Footing:
    """Of a question about the small catalog."""
    channel = Channel.EMAIL if purpose == EMAIL else None
    return Footings(catalog).footing(field, purpose, channel, now)


def differing(one: Footing, other: Footing) -> set[str]:
    """The parts in which the two differ."""
    return {name for name in Footing._fields if getattr(one, name) != getattr(other, name)}


def with_purpose(key: str, **changes: object) -> Callable[[Catalog], Catalog]:
    """The catalog with one purpose changed, or added."""

    def changed(catalog: Catalog) -> Catalog:
        purpose = catalog.purposes.get(key) or Purpose(key=key, title="new")
        return replace(catalog, purposes={**catalog.purposes, key: replace(purpose, **changes)})  # type: ignore[arg-type]

    return changed


def with_field(*categories: str) -> Callable[[Catalog], Catalog]:
    """The catalog with the address in other categories."""
    return lambda c: replace(c, fields={**c.fields, "email": Field(key="email", title="", categories=categories)})


def with_notice(version: int, valid_from: int, *, reconsent: bool) -> Callable[[Catalog], Catalog]:
    """The catalog with a further version of a notice."""
    first = CATALOG.notices["home", 1]
    notice: Notice = replace(first, version=version, valid_from=valid_from, reconsent=reconsent)
    return lambda catalog: replace(catalog, notices={**catalog.notices, ("home", version): notice})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            with_field("user.contact.email", "user.health"), {"categories"}, id="the field is in another category"
        ),
        pytest.param(with_purpose(EMAIL, basis=Basis.CONTRACT), {"purpose"}, id="the basis is another"),
        pytest.param(
            with_purpose(EMAIL, basis_by_jurisdiction={"DE": Basis.CONTRACT}), {"purpose"}, id="it is another somewhere"
        ),
        pytest.param(
            with_purpose(EMAIL, survives=frozenset({Survival.ERASURE})), {"purpose"}, id="it survives an erasure"
        ),
        pytest.param(
            with_purpose(EMAIL, channels=(Channel.EMAIL, Channel.SMS)), {"marketing"}, id="an objection gets broader"
        ),
        pytest.param(
            with_purpose("marketing.post", direct_marketing=True), {"marketing"}, id="more counts as direct marketing"
        ),
        pytest.param(
            with_purpose(EMAIL, direct_marketing=False), {"marketing"}, id="it does not, and was tied to one channel"
        ),
        pytest.param(with_notice(3, NOW, reconsent=True), {"notices"}, id="a notice supersedes another"),
        pytest.param(with_notice(3, NOW + 1, reconsent=True), set(), id="a notice will supersede another later"),
        pytest.param(with_notice(3, NOW, reconsent=False), set(), id="a notice supersedes none"),
        pytest.param(with_purpose("content", basis=Basis.CONTRACT), set(), id="another purpose has another basis"),
        pytest.param(with_purpose(EMAIL, reask_after_seconds=1.0, title="t"), set(), id="what no fact depends on"),
    ],
)
def test_a_footing_changes_with_what_facts_are_drawn_from(
    change: Callable[[Catalog], Catalog], expected: set[str]
) -> None:
    """And with nothing else; the part that changed says what it was."""
    assert expected == differing(footing(), footing(change(CATALOG)))


def test_what_is_no_marketing_does_not_stand_on_marketing() -> None:
    """A new way of marketing leaves all other purposes as they were."""
    changed = with_purpose("marketing.post", direct_marketing=True)(CATALOG)

    assert "" == footing(purpose="improve").marketing
    assert footing(purpose="improve") == footing(changed, purpose="improve")


def test_a_purpose_above_marketing_stands_on_it() -> None:
    """An objection to what lies below a purpose touches the purpose."""
    above = with_purpose("improve.ads", direct_marketing=True)(CATALOG)

    assert {"marketing"} == differing(footing(purpose="improve"), footing(above, purpose="improve"))


def test_a_footing_is_that_of_its_instant() -> None:
    """Before a notice supersedes, at that instant, and after."""
    assert set() == differing(footing(now=0), footing(now=4_999))
    assert {"notices"} == differing(footing(now=4_999), footing(now=5_000))
    assert set() == differing(footing(now=5_000), footing(now=9_000_000))


@pytest.mark.parametrize(
    ("renames", "concerned"),
    [
        pytest.param(Renames(purposes={"marketing.mail": EMAIL}), True, id="the purpose"),
        pytest.param(Renames(purposes={"marketing.email.daily": "content.daily"}), True, id="what lay below it"),
        pytest.param(Renames(purposes={"advertising": "marketing"}), True, id="what it lies below"),
        pytest.param(Renames(purposes={"contents": "content"}), False, id="another purpose"),
        pytest.param(Renames(categories={"user.mail": "user.contact.email"}), True, id="the category"),
        pytest.param(Renames(categories={"user.contact.email.work": "user.job"}), True, id="what lay below that"),
        pytest.param(Renames(categories={"user.wellbeing": "user.health"}), False, id="another category"),
        pytest.param(
            Renames(categories={"user.mail": "user.contact.email", "user.mail.x": "user.y"}),
            True,
            id="below an old name",
        ),
        pytest.param(Renames(recipients={"shop": "grocer"}), True, id="any recipient"),
        pytest.param(Renames(notices={"house": "home"}), True, id="any notice"),
        pytest.param(Renames(services={"a": "b"}, fields={"a": "b"}), False, id="what no record names"),
    ],
)
def test_renames_that_concern_the_question_change_its_footing(renames: Renames, concerned: bool) -> None:  # noqa: FBT001
    """Others do not."""
    after = footing(replace(CATALOG, renames=renames))

    assert ({"renames"} if concerned else set()) == differing(footing(), after)


def test_a_footing_is_made_once() -> None:
    """Asked again it is the same object."""
    footings = Footings(CATALOG)

    assert footings.footing("email", EMAIL, Channel.EMAIL, 0) is footings.footing("email", EMAIL, Channel.EMAIL, 1)


def test_marketing_that_a_purpose_once_lay_below_is_part_of_its_footing() -> None:
    """A no reaches what it reached under an old name, so an objection that is read as one to all marketing does too."""
    moved = replace(CATALOG, renames=Renames(purposes={"marketing.content": "content"}))
    less = with_purpose("marketing", direct_marketing=False)(moved)

    assert {"marketing"} == differing(footing(moved, purpose="content"), footing(less, purpose="content"))
