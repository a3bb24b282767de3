"""Commands against a real sidecar in this process, with the demo bundle."""

import json
from dataclasses import dataclass

from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from sidecar.cli.running import Reach

NEWS = ("--purpose", "marketing.communications.email")


EMAIL = ("check", "newsletter", "customer.email", *NEWS)


YES = ("consent", "record", "--given", *NEWS, "--category", "user.contact.email")


@dataclass(frozen=True)
class Shell:
    """Runs commands against one sidecar."""

    reach: Reach

    def run(self, *words: str, stdin: str = "") -> Result:
        """The outcome of one command."""
        environ = {"SIDECAR_ADDRESS": self.reach.address, "SIDECAR_TOKEN_FILE": str(self.reach.token_file)}
        return CliRunner().invoke(sidecar, list(words), env=environ, input=stdin, prog_name="sidecar")

    def json(self, *words: str) -> dict[str, object]:
        """What one command prints with ``--output json``, on whichever stream."""
        result = self.run(*words, "--output", "json")
        parsed = json.loads(result.stdout or result.stderr)
        assert isinstance(parsed, dict)
        return parsed


GOOD = (
    '{{"subject":"{0}","id":"e1","occurred_at":"2026-01-01T00:00:00Z","submission":{{"choices":[{{"kind":"given",'
    '"scope":{{"purposes":["marketing.communications.email"],"categories":["user.contact.email"]}}}}]}}}}'
)
