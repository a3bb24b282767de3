"""A consumer of the feed: a mail provider that keeps the list of whom it may write to.

    python examples/mail_provider.py --token-file mail-provider.token --list mailing.db

Whoever withdraws, objects or is erased is off the list before the change is acknowledged. The list is a SQLite file; a
change is in it, durably, before it is acknowledged, and applying it twice does no harm: so this program may be killed
at any moment, and goes on where it stopped. Nobody is on the list of whom the sidecar does not say that they may be.

The list is no licence for later: consent ends without an event when its time is over. Ask once more before a mailing.
"""

import argparse
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from sidecar.client import Client, Feed, FeedError, Question, Update

SERVICE: Final = "newsletter"
FIELD: Final = "customer.email"
PURPOSE: Final = "marketing.communications.email"

ACK_AFTER: Final = 100
"""Changes; fewer once there are no more."""

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS people (
    pseudonym TEXT PRIMARY KEY, -- of an erasure nothing else is told, so it is kept beside the id
    subject TEXT NOT NULL,
    mailed INTEGER NOT NULL,
    told INTEGER NOT NULL -- since everything was last told anew
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS untold ON people (told) WHERE told = 0;
"""


class MailingList:
    """Who may be written to, in a file; every change of it is durable when it returns."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(_SCHEMA)

    def put(self, pseudonym: str, subject: str, *, mailed: bool) -> None:
        """Keep whether *subject* may be written to."""
        self._database.execute("INSERT OR REPLACE INTO people VALUES (?, ?, ?, 1)", (pseudonym, subject, mailed))

    def forget(self, pseudonym: str) -> None:
        """Have nothing of that person any more."""
        self._database.execute("DELETE FROM people WHERE pseudonym = ?", (pseudonym,))

    def begin_anew(self) -> None:
        """All is told again from here: nobody may be written to until they are told of again."""
        self._database.execute("UPDATE people SET told = 0, mailed = 0")

    def end_anew(self) -> None:
        """All was told: forget whoever was not told of, they were erased in between."""
        self._database.execute("DELETE FROM people WHERE told = 0")

    def everyone(self) -> list[tuple[str, str]]:
        """Pseudonym and id of each."""
        return self._database.execute("SELECT pseudonym, subject FROM people").fetchall()

    def __iter__(self) -> Iterator[str]:
        """The ids of those who may be written to, sorted."""
        for (subject,) in self._database.execute("SELECT subject FROM people WHERE mailed ORDER BY subject"):
            yield subject

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class MailProvider:
    """Applies changes to a mailing list."""

    def __init__(self, client: Client, mailing: MailingList) -> None:
        self._client = client
        self._mailing = mailing

    def apply(self, update: Update) -> None:
        """Have the list be as *update* says; doing it twice does no harm."""
        if update.from_start:
            self._mailing.begin_anew()
        change = update.change
        if change is None:
            pass
        elif change.everyone:
            for pseudonym, subject in self._mailing.everyone():
                self._ask(pseudonym, subject, update.revision)
        elif change.subject:
            self._ask(change.pseudonym, change.subject, update.revision)
        else:  # erased
            self._mailing.forget(change.pseudonym)
        if update.caught_up:
            self._mailing.end_anew()

    def _ask(self, pseudonym: str, subject: str, revision: str) -> None:
        """What a change means for this use is the sidecar's to say, not to be guessed from what was chosen."""
        question = Question(service=SERVICE, fields=FIELD, subject=subject, purpose=PURPOSE, at_least_as_fresh=revision)
        while True:
            decision = self._client.check(question)
            self._mailing.put(pseudonym, subject, mailed=decision.allowed)
            if decision.failure is None:
                return
            time.sleep(1)  # off the list meanwhile: no answer is a no, but not for good


def follow(feed: Feed, provider: MailProvider, *, from_start: bool = False) -> None:
    """Apply what *feed* tells, and acknowledge it afterwards, until the feed is closed."""
    unacknowledged = 0
    for update in feed.follow(from_start=from_start):
        provider.apply(update)
        unacknowledged += update.change is not None
        if unacknowledged and (update.caught_up or unacknowledged >= ACK_AFTER):
            feed.ack(update.revision)
            unacknowledged = 0


def report(why: FeedError) -> None:
    """Tell whoever reads the log of this program that the stream broke; `Feed` takes it up again."""
    sys.stderr.write(f"the stream was cut, and is taken up again: {why}\n")


def main() -> None:
    """Run until it is interrupted."""
    parser = argparse.ArgumentParser(description="Keep the list of whom a mail provider may write to.")
    parser.add_argument("--address", default="127.0.0.1:7070", help="where the sidecar listens")
    parser.add_argument("--token-file", type=Path, required=True, help="file with this consumer's token")
    parser.add_argument("--list", type=Path, required=True, help="file of the mailing list")
    options = parser.parse_args()
    try:
        token = options.token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"--token-file: {error}")
    with (
        closing(MailingList(options.list)) as mailing,
        Client(options.address) as client,
        Feed(options.address, token=token, on_cut=report) as feed,
    ):
        provider = MailProvider(client, mailing)
        from_start = False
        while True:
            try:
                follow(feed, provider, from_start=from_start)
            except FeedError as error:
                if not error.start_over:
                    sys.exit(f"error: {error}")  # such as another one's token
                from_start = True  # the log was restored, say
            else:
                return


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
