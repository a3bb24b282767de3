"""How plans and their outcomes come about: by what every answer is drawn from, once for all who are alike."""

from collections.abc import Sequence
from dataclasses import replace

from sidecar.consent.profile import Standing
from sidecar.engine.judge import People, judge, reask_after
from sidecar.engine.outcome import Again, Ground, Outcome
from sidecar.engine.plan import Plan
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.validity import reusable_ms
from sidecar.model.decision import FieldResult, Question, Request
from sidecar.model.instant import Instant


def plan_of(request: Request, snapshot: Snapshot) -> Plan | None:
    """The plan of *request*; ``None`` if nothing of it is put to policies, whoever it is about."""
    asked = questions(request, snapshot.catalog)
    if not any(isinstance(item, Question) for item in asked):
        return None
    nobody = replace(request, subject="", co_subjects=(), at_least_as_fresh="")
    return Plan(nobody, asked)


def outcome_of(
    plan: Plan, standings: Sequence[Standing], ground: Ground, snapshot: Snapshot, *, now: Instant
) -> Outcome | None:
    """The outcome of *plan*, on *ground*, for everybody with the profiles of *standings*; it is remembered.

    ``None`` if policies would have to be asked: whoever may take that long decides without a plan first.
    """
    alike = standings[0].profile if len(standings) == 1 else tuple(standing.profile for standing in standings)
    asked = [item for item in plan.asked if isinstance(item, Question)]
    knowns = tuple(snapshot.facts.known(one.profile, item, now) for item in asked for one in standings)
    outcome = snapshot.plans.by_facts.get((plan, knowns))
    if outcome is None or outcome.ground is not ground:
        pairs = zip((item for item in asked for _ in standings), knowns, strict=True)
        if not all(snapshot.verdicts.knows(item, known.facts) for item, known in pairs):
            return None
        outcome = _work_out(plan, standings, ground, snapshot, now)
        snapshot.plans.by_facts.put((plan, knowns), outcome)
    snapshot.plans.by_profile.put((plan, alike), outcome)
    return outcome


def _work_out(plan: Plan, standings: Sequence[Standing], ground: Ground, snapshot: Snapshot, now: Instant) -> Outcome:
    purpose = snapshot.catalog.purposes[plan.request.purpose]
    judged = judge(plan.asked, People(standings, ground.everyone), snapshot, now=now)
    again: list[Again | None] = []
    for item, result in zip(plan.asked, judged.results, strict=True):
        after = reask_after(result.reason, purpose)
        if result.ask is None or isinstance(item, FieldResult) or after is None:
            again.append(None)
            continue
        order = snapshot.facts.known(standings[0].profile, item, now).no_order
        again.append(None if order is None else Again(order, after))
    return Outcome(
        judged.results,
        co_subjects=len(standings) - 1,
        co_subjects_denied=judged.co_subjects_denied,
        again=again,
        reusable_ms=reusable_ms(judged.results, plan.request.purpose, snapshot.catalog),
        ground=ground,
    )
