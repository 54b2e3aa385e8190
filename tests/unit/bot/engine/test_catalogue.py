"""The products of the index, read anew after a sync and not with each message."""

from dataclasses import dataclass, field

from bot.engine.catalogue import AGAIN_S, Catalogue
from ingest.index import IndexUnavailable, TableRow


@dataclass
class Rows:
    """bot.engine.catalogue.Listing; counts what it is asked."""

    rows: list[TableRow] = field(default_factory=list)
    number: int = 1
    read: int = 0
    asked: int = 0
    down: bool = False

    def listed(self) -> list[TableRow]:
        self.read += 1
        return self.rows

    def version(self) -> int:
        self.asked += 1
        if self.down:
            raise IndexUnavailable("away")
        return self.number


def test_it_is_read_anew_when_the_index_is_another() -> None:
    index, now = Rows([TableRow("ORR-9", "Orrin 9 phone", True)]), [0.0]
    catalogue = Catalogue(index, lambda: now[0])
    for _ in range(5):
        assert catalogue.product("my Orrin 9") == "Orrin 9"
        assert catalogue.product("my Orrin 10") is None
    assert (index.read, index.asked) == (1, 1), "one message after the other asks nothing"
    now[0] += AGAIN_S
    assert catalogue.product("my Orrin 9") == "Orrin 9"
    assert (index.read, index.asked) == (1, 2), "it is the same index"
    index.rows, index.number = [TableRow("ORR-10", "Orrin 10 phone", True)], 2
    now[0] += AGAIN_S
    assert catalogue.product("my Orrin 10") == "Orrin 10"
    assert catalogue.product("my Orrin 9") is None


def test_rows_of_other_tables_are_no_products() -> None:
    index = Rows([TableRow("ORR-9", "Orrin 9 phone", True), TableRow("POL-12", "Return policy", False)])
    catalogue = Catalogue(index)
    assert catalogue.product("your return policy is a joke") is None
    assert catalogue.product("POL-12 says so") == ""
    assert catalogue.product("POL-12 says so of the Orrin 9") == "Orrin 9"


def test_while_the_index_is_away_it_knows_what_it_knew() -> None:
    index, now = Rows([TableRow("ORR-9", "Orrin 9 phone", True)]), [0.0]
    catalogue = Catalogue(index, lambda: now[0])
    index.down = True
    assert catalogue.product("my Orrin 9") is None
    now[0] += AGAIN_S
    index.down = False
    assert catalogue.product("my Orrin 9") == "Orrin 9"
    now[0] += AGAIN_S
    index.down, index.number = True, 2
    assert catalogue.product("my Orrin 9") == "Orrin 9"
