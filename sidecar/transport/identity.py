"""Who asks."""

from dataclasses import dataclass

from sidecar.errors import IdentityError, RequestError
from sidecar.model.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Identity:
    """What a listener knows of its callers: that they are the service *pin*, or with an empty one nothing."""

    pin: str = ""

    def service(self, named: str, catalog: Catalog) -> str:
        """The service to decide for when a caller names *named*; empty means "me".

        Raises ``IdentityError`` if a pinned caller may not ask as it, ``RequestError`` if nobody is named at all.
        """
        if not self.pin:
            if not named:
                raise RequestError("service", "empty, and this listener is not pinned to a service")
            return named
        if named in ("", self.pin):
            return self.pin
        pinned = catalog.services.get(self.pin)
        if pinned is None or named not in pinned.may_ask_for:
            raise IdentityError(f"callers of this listener are `{self.pin}`, which may not ask as `{named}`")
        return named
