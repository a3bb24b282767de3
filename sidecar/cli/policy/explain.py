"""``policy explain``: why one question is answered as it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import click

from sidecar.authoring.inquiry.inquiry import Inquirer
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.suite import Person, Stated, Suite
from sidecar.cli.attribute import HELP, parse_attributes
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import output_option, show_json
from sidecar.cli.policy.argument import bundle_argument
from sidecar.cli.policy.explain_view import inquiry_to_plain, show_inquiry
from sidecar.cli.value import INSTANT
from sidecar.model import instant
from sidecar.model.decision import FieldResult, Request
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Action, AgeBand, Basis, ConsentState
from sidecar.policy.bundle import Draft, read_draft
from sidecar.policy.problems import did_you_mean

_F = TypeVar("_F", bound=Callable[..., Any])

_FACTS: Final = ("consent", "explicit", "by_guardian", "objected", "restricted", "erased", "age", "basis")

_QUESTION: Final = (
    click.option("--service", required=True, metavar="KEY", help="Who asks."),
    click.option("--field", required=True, metavar="KEY", help="For what."),
    click.option("--purpose", required=True, metavar="KEY", help="What for."),
    click.option("--action", type=click.Choice([a.value for a in Action]), default="use", show_default=True),
    click.option("--channel", metavar="NAME", help="Through which channel, if the purpose has several."),
    click.option("--recipient", metavar="KEY", help="To whom; with --action share, and only then."),
    click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help=HELP),
)
_PERSON: Final = (
    click.option("--consent", type=click.Choice([s.value for s in ConsentState]), help="The state of consent."),
    click.option("--explicit", is_flag=True, help="Consent was an own, unbundled act."),
    click.option("--by-guardian", is_flag=True, help="A guardian consented."),
    click.option("--objected", is_flag=True, help="The person objected."),
    click.option("--restricted", is_flag=True, help="Processing is restricted."),
    click.option("--erased", is_flag=True, help="The person was erased."),
    click.option("--age", type=click.Choice([a.value for a in AgeBand]), help="The age band."),
    click.option("--basis", type=click.Choice([b.value for b in Basis]), help="Another basis than the catalog's."),
    click.option("--timeline", metavar="SUITE:SUBJECT", help="A person of the bundle's tests, instead of facts."),
    click.option("--at", type=INSTANT, metavar="TIME", help="With --timeline: when; default: the suite's clock."),
)


def _options(command: _F) -> _F:
    for option in reversed((*_QUESTION, *_PERSON)):
        command = option(command)
    return command


@click.command("explain", short_help="Say why a bundle answers one question as it does.")
@bundle_argument()
@_options
@output_option
def explain_question(*, bundle: str, output: str, timeline: str | None, at: Instant | None, **asked: Any) -> None:  # noqa: ANN401 - click's
    """Say why BUNDLE answers one question as it does: every policy, and the clause that decides whether it applies.

    The person is described by facts, all of them as little as can be where nothing is said, or is one of the bundle's
    tests. No server is asked. A deny is an answer like any other: it exits 0.
    """
    facts = {name: asked.pop(name) for name in _FACTS}
    request = _request(**asked)
    draft = read_draft(bundle)
    person, now = _person(draft, facts, timeline, at)
    inquirer = Inquirer(draft)
    (item,) = inquirer.questions(request)
    known = None if isinstance(item, FieldResult) else inquirer.facts(item, person, now)
    inquiry = inquirer.inquire(request, item, known, now)
    if output == "json":
        show_json(inquiry_to_plain(inquiry))
    else:
        show_inquiry(inquiry, draft)


def _request(*, field: str, action: str, attributes: tuple[str, ...], **names: Any) -> Request:  # noqa: ANN401
    if (action == Action.SHARE) != (names["recipient"] is not None):
        hint = "--action share names a --recipient" if action == Action.SHARE else "--recipient is for --action share"
        raise click.UsageError(hint)
    try:
        values = parse_attributes(attributes)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    sent = {name: value if isinstance(value, bool | int | str) else frozenset(value) for name, value in values.items()}
    return Request(subject="somebody", action=Action(action), fields=(field,), attributes=sent, **names)


def _person(draft: Draft, facts: dict[str, Any], timeline: str | None, at: Instant | None) -> tuple[Person, Instant]:
    """Whom the question is about, and when it is asked."""
    said = [name for name, value in facts.items() if value]
    if timeline is None:
        if at is not None:
            raise click.UsageError("--at is for --timeline: facts hold at any time")
        return _stated(facts), instant.from_datetime(datetime.now(UTC))
    if said:
        raise click.UsageError(f"--timeline and --{said[0].replace('_', '-')} both say who it is about: leave one out")
    suite, person = _found(load_suites(draft), timeline)
    now = at if at is not None else suite.now
    if now is None:
        raise click.UsageError(f"suite `{suite.name}` has no clock of its own: say when, --at 2026-01-31")
    return person, now


def _stated(facts: dict[str, Any]) -> Stated:
    return Stated(
        consent=ConsentState(facts["consent"] or "unknown"),
        age=AgeBand(facts["age"] or "unknown"),
        basis=None if facts["basis"] is None else Basis(facts["basis"]),
        **{name: facts[name] for name in ("explicit", "by_guardian", "objected", "restricted", "erased")},
    )


def _found(suites: tuple[Suite, ...], text: str) -> tuple[Suite, Person]:
    """The person that *text* names, as ``SUITE:SUBJECT``; a suite goes by its name or its file."""
    named, _, subject = text.rpartition(":")
    by_name = {name: suite for suite in suites for name in (suite.place.file, suite.name, _stem(suite))}
    if named not in by_name:
        message = f"`{text}` names no suite" if named else f"`{text}` is not SUITE:SUBJECT"
        raise _unfound(message, did_you_mean(named, [_stem(suite) for suite in suites]))
    suite = by_name[named]
    if subject not in suite.people:
        raise _unfound(f"nobody is called `{subject}` in suite `{named}`", did_you_mean(subject, suite.people))
    return suite, suite.people[subject]


def _stem(suite: Suite) -> str:
    return suite.place.file.rpartition("/")[2].removesuffix(".yaml")


def _unfound(message: str, hint: str) -> CommandError:
    return CommandError(Failure(code="explain.unknown", message=message, hint=hint))
