"""The group itself; its commands are loaded on demand."""

from typing import Final

from sidecar.cli.lazy import LazyGroup

COMMANDS: Final = {
    "new": "sidecar.cli.policy.new:new_bundle",
    "check": "sidecar.cli.policy.check:check_bundle",
    "matrix": "sidecar.cli.policy.matrix:show_matrix",
    "diff": "sidecar.cli.policy.diff:diff_bundles",
    "guardrails": "sidecar.cli.policy.guardrails:check_guardrails",
    "test": "sidecar.cli.policy.test:test_bundle",
    "try": "sidecar.cli.policy.prompt:try_bundle",
    "explain": "sidecar.cli.policy.explain:explain_question",
    "fmt": "sidecar.cli.policy.fmt:format_policies",
    "replay": "sidecar.cli.policy.replay:replay_log",
    "ci": "sidecar.cli.policy.ci:review_bundle",
    "stats": "sidecar.cli.policy.stats:show_statistics",
    "schemas": "sidecar.cli.policy.schemas:show_schemas",
    "build": "sidecar.cli.policy.build:build_bundle",
    "keygen": "sidecar.cli.policy.keygen:make_keys",
    "sign": "sidecar.cli.policy.sign:sign_bundle",
    "verify": "sidecar.cli.policy.verify:verify_bundle",
}

policy = LazyGroup(name="policy", commands_at=COMMANDS, help="Work on a bundle. Needs no server.")
