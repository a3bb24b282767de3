"""Which bundles a server takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sidecar.policy.source.refusal import RefusedError
from sidecar.policy.source.signature import PublicKey, read_public_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """With any *keys*, only archives signed by one of them; and none with a serial below *min_serial*."""

    keys: tuple[PublicKey, ...] = ()
    min_serial: int = 0

    @classmethod
    def of(cls, public_key: Path | None, min_serial: int) -> Self:
        """The trust that a configuration asks for; raises ``KeyFileError`` if *public_key* has no such key."""
        return cls(keys=() if public_key is None else read_public_keys(public_key), min_serial=min_serial)

    def check_unpacked(self, what: str) -> None:
        """Raises ``RefusedError`` if *what*, which has neither signature nor serial, is not to be taken."""
        if self.keys:
            hint = "name an archive: `sidecar policy build`, then `sidecar policy sign`"
            raise RefusedError("bundle.signature", f"{what} cannot be signed, and a signature is required", hint)
        if self.min_serial:
            hint = "name an archive: `sidecar policy build --serial N`"
            raise RefusedError(
                "bundle.serial", f"{what} has no serial, and at least {self.min_serial} is required", hint
            )

    def check_serial(self, serial: int) -> None:
        """Raises ``RefusedError`` if *serial* is below the floor."""
        if serial < self.min_serial:
            message = f"the archive has serial {serial}, and at least {self.min_serial} is required"
            hint = "it is older than what is to be served; build it again with a higher `--serial`"
            raise RefusedError("bundle.serial", message, hint)


EVERYTHING: Final = Trust()
"""What authors read."""
