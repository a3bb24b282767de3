"""What git says, with bounds on time and memory."""

import os
import subprocess
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Final

from sidecar.policy.source.refusal import RefusedError

SECONDS: Final = 60.0
"""How long one call may take."""
OUTPUT_BYTES: Final = 32 * 1024 * 1024
"""How much of its output is taken."""


@dataclass(frozen=True, slots=True)
class Said:
    """The *output* of a call; *error* is the first line of its complaint, empty if it succeeded."""

    output: bytes
    error: str


def ask_git(*words: str, given: bytes = b"") -> Said:
    """What git says when run with *words* in the working folder, with *given* as its input.

    Raises ``RefusedError`` if there is no git, or if it takes too long or says too much.
    """
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    with TemporaryFile() as said:
        try:
            done = subprocess.run(  # noqa: S603 - no shell reads the words, and none begins with a dash unmeant
                ("git", *words),  # noqa: S607 - the git that the author uses
                input=given,
                stdout=said,
                stderr=subprocess.PIPE,
                env=environ,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            hint = "install it, or name a folder or an archive"
            raise RefusedError("bundle.revision", "reading a revision needs git, which is not there", hint) from error
        except subprocess.TimeoutExpired as error:
            message = f"git took longer than {SECONDS:.0f} seconds"
            raise RefusedError("bundle.revision", message, "check out the revision, then name its folder") from error
        said.seek(0)
        output = said.read(OUTPUT_BYTES + 1)
    if len(output) > OUTPUT_BYTES:
        hint = "is this the folder of a bundle, and of nothing else?"
        raise RefusedError("bundle.size", "more than a bundle can have", hint)
    first = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
    return Said(output, (first or f"exit status {done.returncode}") if done.returncode else "")
