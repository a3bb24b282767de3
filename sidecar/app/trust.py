"""Which bundles this sidecar serves."""

from sidecar import config
from sidecar.errors import ConfigError, KeyFileError
from sidecar.policy.source.trust import Trust


def trust_of(bundle: config.Bundle) -> Trust:
    """What the configuration asks for; raises ``ConfigError`` if the file of its key has none.

    Pass it to every ``read_draft`` of what is to be served, at the start and at a reload.
    """
    try:
        return Trust.of(bundle.public_key, bundle.min_serial)
    except KeyFileError as error:
        raise ConfigError(f"`bundle.public_key`: {error}") from error
