"""The laws, each against the slow model of `tests/model` or against nothing but the real code itself.

`SIDECAR_EXAMPLES=20000 pytest tests/properties` asks for more than the handful of examples of every day.

That these tests can fail was checked by breaking one clause of the code at a time, in a copy of the tree (a hundred and
some such changes). They notice each of these:

- record: what the horizon voids, and that it spares objections and not its own instant; each part of a grant's key and
  of a no's; which of two equal times stays; the event id in the order; traits and erased categories by the latest.
- fold: every effective time, claimed, accepted, imported, behind the record; what is refused for its date and what is
  not; equal atoms of one submission, also only as written; a repeated no that stands for the earlier one; who lifts.
- bounds: noes dropped, refused or left unbounded instead of broadened; a broadened no that keeps its old time or is
  lifted by its own event.
- scope: the defaults of a grant, third parties by name, the cut by a notice; dots that only look like a hierarchy.
- profile: both sides of every instant, every missing next instant, who ends an erasure and when, which event is which.
- facts: covering, touching, later, narrower, live, each with its region; superseded before expired; the latest no; the
  expansion of objections and each of its conditions; refusals of legitimate interests; the basis by jurisdiction; how
  restrictions end; what survives; how several categories combine; erased categories above, at and below.
- memo: each part of its key, and the end of a season; verdict: errors, masks, the order of reasons.

Rare ones (the notice in a grant's key, the flag of a broadened no, the channel in the memo's key) take some hundreds of
examples. Changes that no test notices, because they change no answer: whether a live grant is sought for the shared
region or for the whole question; whether grants before the horizon, which merging drops, are looked at again; whether a
scope of very many combinations is spelt out before it is broadened.
"""
