"""What a line of a trial can say."""

from typing import Final

COMMANDS: Final = (
    (
        "ask SERVICE FIELD PURPOSE [ACTION] [CHANNEL] [RECIPIENT] [NAME=VALUE]",
        "put a question; without SERVICE the rest stays",
    ),
    ("why", "the last question again, clause by clause"),
    (
        "give PURPOSE CATEGORY... [explicit] [until=TIME] [NOTICE]",
        "consent; `give` alone: what the last answer asks for",
    ),
    ("refuse, withdraw, object [PURPOSE] [CATEGORY] [CHANNEL] [RECIPIENT]", "a no; what is not named means all"),
    ("restrict, lift [PURPOSE] [CATEGORY] ...", "stop processing, and let it go on"),
    ("erase [CATEGORY...]", "forget the person, or these data"),
    ("traits of_age_at=TIME digital_consent_at=TIME jurisdiction=DE", "what is known of age and place"),
    ("... by=guardian", "who acts: also operator, system; the person, if nothing is said"),
    ("at TIME", "set the clock: 2027-01-31, 2027-01-31T12:00:00Z, +30d"),
    ("undo", "take the last change back"),
    ("history", "all that was done and asked"),
    ("save FILE", "write the session as a suite of tests"),
    ("quit", "or the end of the input"),
)
"""Each form of a line, and what it does."""

VERBS: Final = (
    *("ask", "why", "give", "refuse", "withdraw", "object", "restrict", "lift", "erase", "traits"),
    *("at", "undo", "history", "save", "help", "quit"),
)
"""The first words of lines."""
