"""What tests of every part share: the default embedding model, built once a machine in the user's cache, and Postgres."""

import gc
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from ingest.index import Embedder, make_embedder
from ingest.settings import IndexSettings
from tests.postgres import Postgres, postgres_server


def pytest_collection_finish() -> None:
    """What was imported and collected stays; to look through it for garbage would stop a test for up to a second."""
    gc.collect()
    gc.freeze()


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
