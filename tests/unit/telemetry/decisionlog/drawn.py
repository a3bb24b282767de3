"""Questions and results of all kinds, drawn."""

from dataclasses import replace

from hypothesis import strategies as st

from sidecar.model.decision import FieldResult, Others, Request
from sidecar.model.vocabulary import Action, Effect, Mask, Reason
from tests.drawn import facts

texts = st.text(max_size=8)
results = st.builds(
    FieldResult,
    field=st.just("customer.email"),
    effect=st.sampled_from(Effect),
    reason=st.sampled_from(Reason),
    determining=st.lists(texts, max_size=3).map(tuple),
    mask=st.one_of(st.none(), st.sampled_from(Mask)),
    unknown_name=texts,
    facts=facts,
)
unasked = st.builds(
    FieldResult, field=texts, effect=st.just(Effect.DENY), reason=st.sampled_from(Reason), unknown_name=texts
)
of_several = st.builds(
    replace,
    results,
    held=st.booleans(),
    others=st.builds(Others, facts=st.lists(facts, max_size=2).map(tuple), deny=st.booleans()),
)
values = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), texts, st.frozensets(texts, max_size=3), st.none())
requests = st.builds(
    Request,
    service=texts,
    action=st.sampled_from(Action),
    subject=texts,
    fields=st.just(("customer.email",)),
    purpose=st.just("marketing.email"),
    channel=st.sampled_from((None, "email")),
    recipient=st.one_of(st.none(), texts),
    attributes=st.dictionaries(st.sampled_from(("premium", "count", "region", "tags", "x")), values),
)
