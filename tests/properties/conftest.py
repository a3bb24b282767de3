"""The size of every property test here: ``SIDECAR_EXAMPLES=20000 pytest tests/properties`` asks for more."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=int(os.environ.get("SIDECAR_EXAMPLES", "50")),
    deadline=None,  # a shared machine is slow at times; that is not what these tests are about
    print_blob=True,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
settings.load_profile("ci")
