"""What all tests share: generated cases that repeat, and a home of their own."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# The fast tests draw the same cases every time, so that a red run is red for everyone and a green one stays
# green until the code changes. `make proof` draws new ones, and far more of them.
settings.register_profile("fast", deadline=None, derandomize=True, database=None)
settings.register_profile(
    "proof", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fast")


@pytest.fixture(autouse=True, scope="session")
def _home_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from what the person who runs them has saved."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKCORE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("RISKCORE_DATABASE_URL", raising=False)
        yield
