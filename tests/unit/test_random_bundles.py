"""The random bundles that differential tests are fed with: they load, they repeat, they say all that can be said."""

from random import Random

from sidecar.model.vocabulary import FIRST_PARTY, Action, Effect
from sidecar.policy.verdict import reach_verdict
from tests.random_bundles import RandomBundle, edited, questions_of, random_bundle

SEEDS = range(60)
BUNDLES = tuple(map(random_bundle, SEEDS))

SAID = (
    *("permit (", "forbid (", "when {", "unless {", "@reason(", "@mask("),
    *("principal ==", "principal in Service", "principal is Service in", "action ==", "action in ["),
    *("resource ==", "resource in DataCategory", "resource is Field in"),
    *("&&", "||", "!(", "(if ", " like ", r"\*", ".contains(", ".containsAll(", ".containsAny(", ".isEmpty()"),
    *("context has attributes.", "context.attributes has", 'context["attributes"] has', " is Purpose"),
    *("context.purpose in", ".direct_marketing", "context == context", "[context].contains(", "{a: context."),
    *("{r: context.attributes", "-9223372036854775808", "9223372036854775807", "}.e", "context.recipient in"),
)
"""What must be in some policy, so that whoever is tested with these has met it."""


def test_the_same_seed_is_the_same_bundle() -> None:
    """A failure can be repeated from its seed alone."""
    again = random_bundle(7)

    assert BUNDLES[7].texts == again.texts
    assert questions_of(BUNDLES[7].draft, Random(1), 20) == questions_of(again.draft, Random(1), 20)


def test_bundles_differ_and_say_everything() -> None:
    """No form of expression is missing from all of them."""
    policies = "\n".join(text for bundle in BUNDLES for path, text in bundle.texts.items() if path.endswith(".cedar"))

    assert [] == [form for form in SAID if form not in policies]
    assert {1, 8} <= {len(bundle.draft.policies) for bundle in BUNDLES}
    assert {0, 4} <= {len(bundle.draft.catalog.attributes) for bundle in BUNDLES}
    assert any("guardrails.cedar" in bundle.texts for bundle in BUNDLES)


def test_questions_are_declared_and_get_every_kind_of_answer() -> None:
    """Services ask only for what they declared; some is allowed, some is not, and nothing errs."""
    effects: set[Effect] = set()
    kinds: set[type] = set()
    for bundle in BUNDLES:
        evaluate = bundle.draft.bundle().policies.evaluate
        for question, facts in questions_of(bundle.draft, Random(2), 5):
            service = bundle.draft.catalog.services[question.service]
            verdict = reach_verdict(question, facts, evaluate)
            effects.add(verdict.effect)
            kinds.update(type(value) for _, _, value in question.attributes)

            assert verdict.erring == ()
            assert service.declares(question.action, question.field, question.purpose, question.recipient)
            assert (question.action is Action.SHARE) >= (question.recipient != FIRST_PARTY)

    assert effects == set(Effect)
    assert kinds == {bool, int, str, frozenset}


def test_an_edit_changes_one_policy() -> None:
    """For tests of what a change does."""

    def changed(bundle: RandomBundle) -> int:
        after = edited(bundle, 1)
        assert after.texts.keys() == bundle.texts.keys()
        return sum(after.texts[path] != text for path, text in bundle.texts.items())

    assert {changed(bundle) for bundle in BUNDLES[:10]} <= {0, 1}
