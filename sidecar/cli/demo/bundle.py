"""Where the demo bundle is."""

from pathlib import Path
from typing import Final

import sidecar

_PACKAGE: Final = Path(sidecar.__file__).parent


def demo_bundle() -> Path:
    """The bundle of the checkout that this runs from, else the one that the installed package brought along."""
    checkout = _PACKAGE.parent / "policies"
    return checkout if (checkout / "schema.cedarschema").is_file() else _PACKAGE / "_bundle"
