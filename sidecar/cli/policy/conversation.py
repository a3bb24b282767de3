"""Lines taken one by one, and what is said to each."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import click
import yaml
from rich.text import Text

from sidecar.authoring.trial.help import COMMANDS, VERBS
from sidecar.authoring.trial.lines import SCOPED, TRAITS, read_question, read_step, read_time
from sidecar.authoring.trial.saved import to_suite
from sidecar.authoring.trial.session import Asked, Session
from sidecar.authoring.trial.words import QUESTION, SCOPE, WordError, vocabulary
from sidecar.authoring.writing import write_whole
from sidecar.cli.attribute import parse_attributes
from sidecar.cli.output import effect_text, show_line, show_pairs
from sidecar.cli.policy.explain_view import facts_line, inquiry_to_plain, show_inquiry
from sidecar.errors import RequestError
from sidecar.model.decision import AttributeValue, ConsentToAsk
from sidecar.model.facts import Facts
from sidecar.model.instant import show
from sidecar.policy.bundle import Draft
from sidecar.policy.problems import did_you_mean

_CHANGES: Final = (*SCOPED, "erase", "traits")


class Conversation:
    """A session, talked to in lines; counts its *mistakes*, none of which ends it."""

    def __init__(self, session: Session, draft: Draft, *, as_json: bool) -> None:
        self.session = session
        self.as_json = as_json
        self.mistakes = 0
        self._draft = draft
        self._commands: Mapping[str, Callable[[list[str]], None]] = {
            "ask": self._ask,
            "why": self._why,
            "at": self._at,
            "undo": self._undo,
            "history": self._history,
            "save": self._save,
            "help": self._help,
        }

    def take(self, line: str) -> bool:
        """Do what *line* says, and say what came of it; whether to go on."""
        try:
            return self._do(shlex.split(line, comments=True))
        except WordError as error:
            self._mistake(str(error), error.hint)
        except RequestError as error:
            self._mistake(f"refused: {error.detail}", "")
        except (ValueError, OSError) as error:  # a quote that is not closed, an attribute, a file
            self._mistake(str(error), "")
        return True

    def _do(self, words: list[str]) -> bool:
        if not words:
            return True
        verb, *rest = words
        if verb in ("quit", "exit"):
            return False
        if verb in _CHANGES:
            self._change(verb, rest)
        elif verb in self._commands:
            self._commands[verb](rest)
        else:
            raise WordError(f"`{verb}` is nothing that can be done", did_you_mean(verb, VERBS))
        return True

    def completions(self, begun: str) -> list[str]:
        """The words that may follow *begun*, a line up to its last blank or `=`."""
        words = begun.split()
        if not words:
            return sorted(VERBS)
        verb, catalog = words[0], self.session.catalog
        if begun.endswith("="):
            kind = begun.rpartition(" ")[2].removesuffix("=")
            kinds: tuple[str, ...] = (kind,) if kind in (*QUESTION, *SCOPE, "by", "notice") else ()
        else:
            kinds = {"ask": QUESTION, "erase": ("category",)}.get(verb, SCOPE if verb in SCOPED else ())
        names = {name for known in vocabulary(catalog, kinds).values() for name in known}
        extra = {"give": ("explicit", "until=", "by=", "notice="), "traits": tuple(f"{name}=" for name in TRAITS)}
        return sorted(names | set(() if begun.endswith("=") else extra.get(verb, ())))

    def _ask(self, words: list[str]) -> None:
        plain, attributes = _attributes(words)
        self._show(self.session.ask(read_question(plain, self.session, attributes)))

    def _why(self, words: list[str]) -> None:
        last = self.session.last
        if last is None:
            raise WordError("nothing was asked yet", "ask SERVICE FIELD PURPOSE")
        plain, attributes = _attributes(words)
        inquiry = self.session.explain(read_question(plain, self.session, attributes))
        if self.as_json:
            click.echo(json.dumps(inquiry_to_plain(inquiry), ensure_ascii=False))
        else:
            show_inquiry(inquiry, self._draft)

    def _change(self, verb: str, words: list[str]) -> None:
        done = self.session.change(read_step(verb, words, self.session))
        self._say(_inline(done.written))

    def _at(self, words: list[str]) -> None:
        if len(words) != 1:
            raise WordError("when?", "at 2027-01-31, or at +30d")
        self.session.move(read_time(words[0], self.session.now))
        self._say(f"it is {show(self.session.now)}")

    def _undo(self, _words: list[str]) -> None:
        done = self.session.undo()
        if done is None:
            raise WordError("nothing was done yet")
        self._say(f"taken back: {_inline(done.written)}")

    def _history(self, _words: list[str]) -> None:
        told = [(done.step.at, _inline(done.written)) for done in self.session.done]
        for asked in self.session.asked:
            answer = f"{asked.result.effect.value.upper()} {asked.result.reason}"
            told.append((asked.at, f"{show(asked.at)}: {asked.ask}: {answer}"))
        for _, text in sorted(told, key=lambda pair: pair[0]):
            self._say(text)

    def _save(self, words: list[str]) -> None:
        if len(words) != 1:
            raise WordError("save where?", "save policies/tests/NAME.yaml")
        if not self.session.asked:
            raise WordError("nothing was asked yet, so there is nothing to test", "ask SERVICE FIELD PURPOSE")
        path = Path(words[0])
        if path.exists():
            raise WordError(f"`{path}` is there already", "choose another name")
        write_whole(path, to_suite(self.session, path.stem).encode())
        self._say(f"saved as suite `{path.stem}`; change what its tests want to what ought to be")

    def _help(self, _words: list[str]) -> None:
        for form, does in COMMANDS:
            self._say(form)
            self._say(f"    {does}")

    def _show(self, asked: Asked) -> None:
        if self.as_json:
            click.echo(json.dumps(_to_plain(asked), ensure_ascii=False))
            return
        result = asked.result
        mask = "" if result.mask is None else f" (mask: {result.mask})"
        show_line(Text.assemble(effect_text(result.effect.value), f"  {result.reason}{mask}: {asked.why}"))
        pairs: list[tuple[str, object]] = [("  asked", asked.ask)]
        if result.facts is not None:
            pairs += [("  facts", facts_line(result.facts)), ("  policies", ", ".join(result.determining) or "none")]
        if result.ask is not None:
            pairs.append(("  lacks", _lacks(asked, result.ask)))
        if asked.seen["clock_changes_at"]:
            pairs.append(("  until", f"{asked.seen['clock_changes_at']}, when time alone may change it"))
        if asked.before is not None:
            changed = [(key, *pair) for key, pair in asked.changed.items() if key in _TOLD]
            told = ", ".join(f"{key} {_word(old)} -> {_word(new)}" for key, old, new in changed)
            pairs.append(("  changed", told or "nothing"))
        show_pairs(pairs)

    def _say(self, text: str) -> None:
        if not self.as_json:
            show_line(text)

    def _mistake(self, message: str, hint: str) -> None:
        self.mistakes += 1
        if self.as_json:
            click.echo(json.dumps({"error": {"message": message, "hint": hint}}, ensure_ascii=False), file=sys.stderr)
        else:
            show_line(Text.assemble(("error: ", "bold red"), f"{message}"))
            if hint:
                show_line(f"  {hint}")


_TOLD: Final = ("effect", "reason", "mask", *Facts._fields)
"""What is told of a change; all of it is in JSON."""


def _attributes(words: list[str]) -> tuple[list[str], Mapping[str, AttributeValue]]:
    """*words* without those that say an attribute, and the attributes."""
    plain = [word for word in words if "=" not in word or word.partition("=")[0] in QUESTION]
    sent = parse_attributes(word for word in words if word not in plain)
    return plain, {
        name: value if isinstance(value, bool | int | str) else frozenset(value) for name, value in sent.items()
    }


def _lacks(asked: Asked, ask: ConsentToAsk) -> str:
    words = (("explicit", ask.explicit), ("a guardian's", ask.by_guardian), ("consent", True))
    not_before = asked.result.ask_not_before
    waits = not_before is not None and not_before > asked.at
    when = f", not to be asked for before {asked.seen['ask_not_before']}" if waits else ""
    return " ".join(word for word, said in words if said) + when + "; `give` gives it"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _inline(written: Mapping[str, object]) -> str:
    """A step as a suite has it, on one line."""
    text: str = yaml.safe_dump(dict(written), default_flow_style=True, sort_keys=False, width=10_000)
    return text.strip()


def _to_plain(asked: Asked) -> Mapping[str, object]:
    ask = asked.ask
    return {
        "at": show(asked.at),
        "question": {
            "service": ask.service,
            "field": ask.field,
            "purpose": ask.purpose,
            "action": ask.action.value,
            "channel": ask.channel,
            "recipient": ask.recipient,
        },
        "why": asked.why,
        **asked.seen,
        "changed": {key: {"before": old, "now": new} for key, (old, new) in asked.changed.items()},
    }
