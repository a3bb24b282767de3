"""A session as a suite: what was done is a timeline, what was asked are tests, and the answers are what is wanted."""

from typing import Any

import yaml

from sidecar.authoring.trial.session import PERSON, Asked, Session
from sidecar.model.instant import show


def to_suite(session: Session, name: str) -> str:
    """*session* as the text of a suite called *name*."""
    suite = {
        "suite": name,
        "subjects": {PERSON: [dict(done.written) for done in session.done]},
        "tests": [_test(asked, number) for number, asked in enumerate(session.asked, start=1)],
    }
    text: str = yaml.dump(
        suite, Dumper=_Dumper, sort_keys=False, default_flow_style=None, allow_unicode=True, width=110
    )
    return text


def _test(asked: Asked, number: int) -> dict[str, Any]:
    ask = asked.ask
    asks: dict[str, Any] = {"service": ask.service, "subject": PERSON, "field": ask.field, "purpose": ask.purpose}
    asks |= {} if ask.action == "use" else {"action": ask.action.value}
    asks |= {} if ask.channel is None else {"channel": ask.channel}
    asks |= {} if ask.recipient is None else {"recipient": ask.recipient}
    if ask.attributes:
        values = {
            name: sorted(value) if isinstance(value, frozenset) else value for name, value in ask.attributes.items()
        }
        asks["attributes"] = values
    want = {key: asked.seen[key] for key in ("effect", "reason")}
    want |= {} if asked.seen["mask"] is None else {"mask": asked.seen["mask"]}
    # The number keeps names apart: the same may be asked, and answered, twice.
    return {"name": f"{number}. {asked.why}", "now": show(asked.at), "ask": asks, "want": want}


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, which suites do not have."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature of PyYAML
        return True
