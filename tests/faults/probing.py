"""People who withdraw and questions about them, all the time, whatever happens; and what no answer may ever say.

Once a withdrawal was acknowledged: asked with its token, no sidecar allows what it ended. Asked without, one may still
allow it, but only while the answer itself says that its view is from before. And no answer comes from a view that is
older than the bound, but for those that say so: ``STALE_CONSENT``.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from typing import Final

import grpc

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from tests.fleet import Member
from tests.integration.caller import choice, question

PAUSE_SECONDS: Final = 0.01
AGREED_SECONDS: Final = 1.0
LATEST: Final = 20
_ROUNDING_MS: Final = 2


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One that was acknowledged."""

    subject: str
    token: str
    at: float  # when, on this process's clock


@dataclass
class Prober:
    """Asks *members* about people who withdraw; *bound_ms* is how old their views may be."""

    members: Sequence[Member]
    bound_ms: int
    by_way_of: Sequence[Member] = ()  # where people withdraw; empty: all of them in turn
    withdrawn: list[Withdrawal] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)  # by member and reason
    wrong: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _turns: Iterator[int] = field(default_factory=count)
    _stopping: Event = field(default_factory=Event)

    @contextmanager
    def running(self, *, changing: bool = True) -> Iterator[None]:
        """Ask during the block; raises ``AssertionError`` in the end if an answer was wrong, or nobody answered.

        Unless *changing*, nobody withdraws any more.
        """
        threads = [Thread(target=self._ask, args=(each,)) for each in self.members]
        if changing:
            threads.append(Thread(target=self._change))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join(60)

        assert [] == self.wrong, "\n".join(self.wrong[:20])
        assert self.withdrawn
        assert {each.name for each in self.members} == {name.partition(":")[0] for name in self.answers}

    def _change(self) -> None:
        """One after the other agrees, and some time later withdraws, so that every view had it when they agreed."""
        agreed: deque[tuple[float, str]] = deque()
        while not self._stopping.is_set():
            subject = self._agreed()
            if subject:
                agreed.append((time.monotonic(), subject))
            while agreed and agreed[0][0] < time.monotonic() - AGREED_SECONDS:
                self._withdraw(agreed.popleft()[1])
            self._stopping.wait(PAUSE_SECONDS)

    def withdraw(self, people: int) -> None:
        """Have so many agree and withdraw."""
        for subject in [self._agreed() for _ in range(people)]:
            self._withdraw(subject)

    def _agreed(self) -> str:
        """Somebody who agreed; empty if that was not acknowledged."""
        subject = f"probed-{id(self)}-{next(self._numbers)}"
        return subject if self._recorded(subject, "GIVEN") else ""

    def _withdraw(self, subject: str) -> None:
        token = self._recorded(subject, "WITHDRAWN")
        if token:
            self.withdrawn.append(Withdrawal(subject, token, time.monotonic()))

    def _recorded(self, subject: str, kind: str) -> str:
        """Its revision; empty if it was not acknowledged, and then nothing is said about the subject."""
        by_way_of = self.by_way_of or self.members
        member = by_way_of[next(self._turns) % len(by_way_of)]
        try:
            return member.caller.record(subject, choice(kind, kind)).revision
        except (grpc.RpcError, OSError):
            return ""

    def _ask(self, member: Member) -> None:
        """About the latest without its token and with it, then about an earlier one; and again."""
        number = 0
        while not self._stopping.is_set():
            known = len(self.withdrawn)
            if known:
                latest, earlier = self.withdrawn[known - 1], self.withdrawn[max(0, known - 1 - number % LATEST)]
                self._ask_about(member, latest, with_token=False)
                self._ask_about(member, latest, with_token=True)
                self._ask_about(member, earlier, with_token=False)
            number += 1
            self._stopping.wait(PAUSE_SECONDS)

    def _ask_about(self, member: Member, one: Withdrawal, *, with_token: bool) -> None:
        asked = question(one.subject, at_least_as_fresh=one.token if with_token else "")
        began = time.monotonic()
        try:
            answer = member.caller.check(asked, timeout=2)
        except (grpc.RpcError, OSError) as error:
            self.answers[f"{member.name}: {error.code() if isinstance(error, grpc.Call) else error}"] += 1
            return
        since_ms = (began - one.at) * 1_000
        reason = model_pb2.Reason.Name(answer.results[0].reason).removeprefix("REASON_")
        self.answers[f"{member.name}: {reason}"] += 1
        for why in self._broken(answer, reason, since_ms=since_ms, with_token=with_token):
            self.wrong.append(f"{member.name}: {why}: {since_ms:.0f} ms after it was acknowledged, {answer}")

    def _broken(self, answer: pb.CheckResponse, reason: str, *, since_ms: float, with_token: bool) -> Iterator[str]:
        allowed = answer.results[0].effect in (model_pb2.EFFECT_ALLOW, model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS)
        if allowed and with_token:
            yield "allowed in spite of the token"
        if allowed and answer.consent_age_ms + _ROUNDING_MS < since_ms:
            yield "allowed by a view that claims to know better"
        if reason not in ("STALE_CONSENT", "CONSENT_UNAVAILABLE") and answer.consent_age_ms > self.bound_ms:
            yield "answered by a view that is older than its bound"
