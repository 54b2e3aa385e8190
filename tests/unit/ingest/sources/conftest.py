from collections.abc import Iterator

import pytest

from tests.fakes.web import WebSite, serving


@pytest.fixture
def site() -> Iterator[WebSite]:
    with serving() as site:
        yield site
