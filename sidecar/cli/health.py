"""``healthcheck`` and ``status``."""

from pathlib import Path
from typing import Final, NoReturn

import click
from grpc_health.v1 import health_pb2

from sidecar.api.v1 import status_pb2
from sidecar.cli.connection import Connection, Method, address_option, read_token, token_option
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.output import output_option, show_json, show_line, show_pairs, show_table
from sidecar.cli.plain import show_duration, show_timestamp, to_plain
from sidecar.errors import Problem

HEALTH: Final = Method("/grpc.health.v1.Health/Check")
STATUS: Final = Method.of("StatusService", "GetStatus")


@click.command()
@address_option
@output_option
def healthcheck(*, address: str, output: str) -> None:
    """Ask whether the sidecar answers questions; exits 1 if not. Needs no token."""
    request = health_pb2.HealthCheckRequest(service="authz")
    with Connection(address) as connection:
        answer = connection.call(HEALTH, request, health_pb2.HealthCheckResponse)
    status = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status).lower()
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        hint = "`sidecar status` says why"
        raise CommandError(Failure(code="not_serving", message=f"the sidecar at `{address}` is {status}", hint=hint))
    if output == "json":
        show_json({"status": status})
    else:
        show_line(status)


@click.command(short_help="Show how the sidecar is, and what it serves.")
@address_option
@token_option
@output_option
def status(*, address: str, token_file: Path, output: str) -> NoReturn:
    """Show how the sidecar is: revisions, ages, last reload, listeners, last errors; exits 1 if it is not ready."""
    with Connection(address, read_token(token_file)) as connection:
        answer = connection.call(STATUS, status_pb2.GetStatusRequest(), status_pb2.GetStatusResponse)
    if output == "json":
        show_json(to_plain(answer))
    else:
        _show(answer)
    click.get_current_context().exit(ExitCode.SUCCESS if answer.ready else ExitCode.ERROR)


def _show(answer: status_pb2.GetStatusResponse) -> None:
    policy, consent = answer.policy, answer.consent
    show_pairs(
        [
            ("ready", "yes" if answer.ready else f"no: {answer.not_ready_because}"),
            ("version", answer.version),
            ("started", show_timestamp(answer.started_at)),
            ("bundle", f"{policy.source} ({policy.policies} policies, {policy.verdicts} verdicts known)"),
            ("policy revision", policy.revision or "-"),
            ("policy checked", f"{show_duration(policy.age_ms)} ago"),
            ("last reload", _reload(policy)),
            ("consent log", f"{consent.backend}, {consent.mode.replace('_', ' ')}, as {consent.instance}"),
            ("consent revision", consent.revision or "-"),
            ("consent age", show_duration(consent.age_ms)),
            ("on hold", f"{consent.holds}, see `sidecar holds`" if consent.holds else "nothing"),
            ("subjects", f"{consent.subjects} in {consent.profiles} profiles"),
        ]
    )
    for problem in policy.last_reload.problems:
        for line in _problem(problem).splitlines():
            show_line(line)
    if policy.last_reload.problems_left_out:
        show_line(f"and {policy.last_reload.problems_left_out} more problems")
    show_table(
        ["listener", "transport", "service"],
        [
            [
                listener.address,
                listener.transport,
                listener.pinned_service or ("any, as callers say" if listener.trusts_callers else "who calls"),
            ]
            for listener in answer.listeners
        ],
    )
    for error in answer.last_errors:
        show_line(f"{show_timestamp(error.at)}  {error.component}: {error.message}")


def _reload(policy: status_pb2.PolicyStatus) -> str:
    if not policy.HasField("last_reload"):
        return "none since the start"
    last = policy.last_reload
    at = show_timestamp(last.at)
    found = f"revision {last.revision}" if last.revision else "what is there"
    match last.outcome:
        case status_pb2.RELOAD_OUTCOME_SWAPPED:
            return f"{at}: a new bundle is served"
        case status_pb2.RELOAD_OUTCOME_UNCHANGED:
            return f"{at}: the same bundle was found again"
        case status_pb2.RELOAD_OUTCOME_REFUSED:
            return f"{at}: refused, {found} is bad; the bundle above is still served"
        case _:
            return f"{at}: failed, {found} could not be examined; the bundle above is still served"


def _problem(problem: status_pb2.BundleProblem) -> str:
    return str(
        Problem(
            file=problem.file,
            line=problem.line,
            column=problem.column,
            code=problem.code,
            message=problem.message,
            hint=problem.hint,
            warning=problem.warning,
        )
    )
