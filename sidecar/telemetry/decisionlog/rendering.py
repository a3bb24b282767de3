"""From answers to the text of their lines: what an outcome says is encoded once, the rest is put around it."""

from binascii import hexlify
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec.json import Encoder

from sidecar.engine.outcome import Outcome
from sidecar.model.decision import Request
from sidecar.model.instant import SECOND, to_datetime
from sidecar.telemetry.decisionlog.line import encode
from sidecar.telemetry.decisionlog.recording import Answered, Handed, Occasion, Recorder

KEPT_BYTES: Final = 16 * 2**20
"""Text that is kept of outcomes; of more, what was made first is made again when it is needed."""

_json: Final = Encoder().encode


class Said(NamedTuple):
    """What the lines about an outcome say, whoever it is about; in its room ``logged``."""

    request: Request | None
    season: int
    texts: tuple[tuple[bytes, bytes, bytes], ...]  # for each line: its number, from the call to the revision, the end


_ONCE: Final = Said(None, -1, ())
"""Of an outcome that was logged once: most that are logged again will be again."""


class Renderer:
    """Renders lines, each as ``encode`` would. For one thread."""

    def __init__(self, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._recorder = Recorder()
        self._room = kept_bytes
        self._kept: deque[tuple[Outcome, int]] = deque()
        self._second, self._second_text = -1, ""
        self._view, self._view_text = ("", -1), b""  # revision and age that the text is of

    def render(self, answers: Iterable[Handed]) -> bytes:
        """The lines about *answers*, in their order, each with its line break."""
        pieces: list[bytes] = []
        current = None
        time, stand, season = b"", b"", -1
        for answered in answers:
            decision_id, _, _, pseudonym, request, outcome, occasion, seconds = answered
            if occasion is not current:
                time, stand, season = self._stand(occasion)
                current = occasion
            said = outcome.logged
            if not isinstance(said, Said):
                outcome.logged = _ONCE
                pieces += [encode(line) + b"\n" for line in self._recorder.lines(Answered(*answered))]
                continue
            if said.request is not request or said.season != season:
                said = self._say(Answered(*answered), season)
            microseconds = round(seconds * 1e6)
            took = _TOOK[microseconds] if microseconds < len(_TOOK) else _took(microseconds)
            name, whose = decision_id.encode(), b"".join((stand, took, hexlify(pseudonym)))
            for number, text, rest in said.texts:
                pieces += (_BEGIN, name, number, time, text, whose, rest)
        return b"".join(pieces)

    def _stand(self, occasion: Occasion) -> tuple[bytes, bytes, int]:
        """What its lines share: the time but for its last letter, from the revision to the latency, and the season."""
        _, now, revision, age_ms = occasion
        second, microseconds = divmod(now, SECOND)
        if second != self._second:
            self._second_text = to_datetime(second * SECOND).isoformat().removesuffix("+00:00")
            self._second = second
        if (revision, age_ms) != self._view:
            self._view_text = b'%b,"consent_age_ms":%d,"latency_us":' % (_json(revision), age_ms)
            self._view = (revision, age_ms)
        fraction = f".{microseconds:06}" if microseconds else ""
        return f"{self._second_text}{fraction}".encode(), self._view_text, self._recorder.season(occasion)

    def _say(self, answered: Answered, season: int) -> Said:
        """What lines like those about *answered* say: these without what varies, cut there."""
        occasion = answered.occasion._replace(consent_revision="", consent_age_ms=0)
        blank = answered._replace(decision_id="", pseudonym=b"", occasion=occasion, seconds=0.0)
        texts = []
        for index, line in enumerate(self._recorder.lines(blank)):
            text = encode(line)
            # No text that anybody chose can hold these: its quotes are escaped, and attributes come before the last.
            since, until = text.index(_SINCE), text.rindex(_UNTIL)
            constant, rest = text[since : until + len(_REVISION)], text[until + len(_UNTIL) :]
            texts.append((f'.{index}","time":"'.encode(), constant, rest + b"\n"))
        said = Said(answered.request, season, tuple(texts))
        self._keep(answered.outcome, said)
        return said

    def _keep(self, outcome: Outcome, said: Said) -> None:
        size = sum(len(part) for text in said.texts for part in text)
        outcome.logged = said
        self._kept.append((outcome, size))
        self._room -= size
        while self._room < 0 and len(self._kept) > 1:
            oldest, freed = self._kept.popleft()
            oldest.logged = None
            self._room += freed


def _took(microseconds: int) -> bytes:
    return b'%d,"pseudonym":"' % microseconds


_BEGIN: Final = b'{"id":"'
_TOOK: Final = tuple(map(_took, range(1_000)))
"""What nearly every answer from memory takes."""

_SINCE: Final = b'Z","call":"'
_REVISION: Final = b'","consent_revision":'
_UNTIL: Final = _REVISION + b'"","consent_age_ms":0,"latency_us":0,"pseudonym":"'
