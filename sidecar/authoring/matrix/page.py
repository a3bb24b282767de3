"""A matrix as one HTML file that needs nothing else: no network, no server."""

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Final

from sidecar.authoring.matrix.contents import contents
from sidecar.policy.analysis.matrix import Matrix

_SLOT: Final = re.compile(r"\{\{(\w+)\}\}")


def page(matrix: Matrix) -> str:
    """The page of *matrix*; it says nothing of the time, so the same bundle gives the same bytes."""
    style, script = _part("page.css"), _part("page.js")
    # The browser runs this script and no other, and loads nothing: titles are an author's, whoever that is.
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = {
        "policy": html.escape(policy),
        "source": html.escape(matrix.analysis.sides[0].draft.source),
        "style": style,
        "data": _embedded(contents(matrix)),
        "script": script,
    }
    return _SLOT.sub(lambda slot: filled[slot[1]], _part("page.html"))


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(value: object) -> str:
    """*value* as JSON in which no tag, comment or character reference can begin."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
