"""What tests of every part share: the default embedding model, built once a machine in the user's cache, and Postgres."""

from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from ingest.index import Embedder, make_embedder
from ingest.settings import IndexSettings
from tests.postgres import Postgres, postgres_server


@pytest.fixture(scope="session")
def model_dir() -> Path:
    return platformdirs.user_cache_path("frontdesk") / "models"


@pytest.fixture(scope="session")
def embedder(model_dir: Path) -> Embedder:
    return make_embedder(IndexSettings(model_dir=model_dir))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Started by the first test that asks for it."""
    with postgres_server() as server:
        yield server
