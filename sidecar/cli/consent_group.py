"""``consent``: the group itself; its commands are loaded on demand."""

from typing import Final

from sidecar.cli.lazy import LazyGroup

COMMANDS: Final = {
    "record": "sidecar.cli.consent:record",
    "withdraw": "sidecar.cli.consent:withdraw",
    "lift": "sidecar.cli.consent:lift",
    "link": "sidecar.cli.consent:link",
    "show": "sidecar.cli.consent:show",
    "history": "sidecar.cli.consent:history",
    "erase": "sidecar.cli.consent:erase",
    "import": "sidecar.cli.importing:import_command",
    "export": "sidecar.cli.consentlog.export:export_log",
    "restore": "sidecar.cli.consentlog.restore:restore_log",
    "watch": "sidecar.cli.feed:watch",
    "status": "sidecar.cli.propagation:status",
    "verify": "sidecar.cli.consentlog.verify:verify_log",
    "init": "sidecar.cli.consentlog.init:init_log",
}

consent = LazyGroup(
    name="consent",
    commands_at=COMMANDS,
    help="Record and show what people decided, and keep the log of it. Most need the operator's token.",
)
