"""``python -m tests.unit.policy.hostile``: loads bundles with deep texts, one line of problems for each.

In a process of its own, since what this is about ends the process, and on a small stack. Reads lines, each
`policy KIND DEPTH` or `schema KIND DEPTH`.
"""

import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

from tests.unit.policy.bundles import FILES, problems
from tests.unit.policy.deep import SCHEMAS, policy

STACK: Final = 2**20


def answer() -> None:
    """Answer each line."""
    for line in sys.stdin:
        what, _, rest = line.strip().partition(" ")
        kind, _, depth = rest.rpartition(" ")
        if what == "policy":
            changes: dict[str, str | bytes | None] = {"deep.cedar": policy(kind, int(depth))}
        else:
            changes = {"schema.cedarschema": FILES["schema.cedarschema"] + SCHEMAS[kind](int(depth))}
        with tempfile.TemporaryDirectory() as folder:
            told = [f"{problem.file}:{problem.line} {problem.code}" for problem in problems(Path(folder), changes)]
        print(f"{line.strip()} -> {' '.join(told)}", flush=True)  # noqa: T201 - what is asked for


if __name__ == "__main__":
    threading.stack_size(STACK)
    worker = threading.Thread(target=answer)
    worker.start()
    worker.join()
