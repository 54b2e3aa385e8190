"""Which product a text names, out of a catalogue's rows."""

import csv
import time
from pathlib import Path

import pytest

from bot.desk.beside import beside
from bot.desk.order_numbers import OrderNumbers
from bot.desk.products import Products

DEMO = Path("ops/demo/electromart/documents")


def rows(name: str, key: str, title: str) -> list[tuple[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return [(row[key], row[title]) for row in csv.DictReader(file)]


ELECTROMART = Products(
    rows("catalogue/catalogue.csv", "sku", "name") + rows("stores/store-list.csv", "store_id", "store")
)


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("My Orrin 9 does not charge", "Orrin 9"),
        ("my ORRIN  9 pro fell, its screen is broken", "Orrin 9 Pro"),  # the longest, whatever its letters
        ("the Orrin 9's battery is dead", "Orrin 9"),
        ("Is the Orrin 9 Mini compact phone back?", "Orrin 9 Mini compact phone"),
        ("my Lumenor Q7 went dark", "Lumenor Q7"),  # sold in three sizes
        ("halden book 14 gen 4, dead on arrival", "Halden Book 14 Gen 4"),
        ("A Halden Book 14 that never worked", "Halden Book 14"),
        ("Kestrel Ridge 27Q-C: no picture", "Kestrel Ridge 27Q-C"),
        ("the Castellan One came without a strap", "Castellan One"),  # no figure in it
        ("First the Nimbra Air 13, then the Orrin 9 broke", "Nimbra Air 13"),
        ("the Orrin 9 (ORR-9-128-GRA) is dead", "ORR-9-128-GRA"),  # a code says more
        ("my kr27q165 flickers", "KR27Q165"),
        ("the aur-budsgo fell apart", "AUR-BUDSGO"),  # no digit in it
        ("I paid for the Orrin. 9 days ago!", None),
        ("the Orrin 90 and the Norrin 9", None),
        ("my EM Basics thing broke", None),  # who makes it, and no more
        ("Hearthline is bad", None),
        ("nobody at ElectroMart Boston helped me", None),  # a table's row, and no product
        ("It is broken", None),
        ("", None),
    ],
)
def test_a_product_is_found_by_its_name(text: str, product: str | None) -> None:
    assert ELECTROMART.within(text) == product


def test_it_is_kept_beside_a_complaint() -> None:
    """A code that no catalogue lists counts too; a number of an order does not."""
    orders = OrderNumbers(("EM-######",))
    assert beside("EM-118402: my orrin 9 is broken", orders, ELECTROMART.within) == ("English", "EM-118402", "Orrin 9")
    assert beside("the XYZ-100-NEW is broken", orders, ELECTROMART.within).product == "XYZ-100-NEW"


def test_the_code_of_an_error_is_no_product() -> None:
    products = Products([("TFG-100", "Gateway Mini, EU plug")], ["TF-4001", "Berlin"])
    assert beside("I get TF-4001 all the time", None, products.within).product is None
    assert beside("TF-4001 on my Gateway Mini", None, products.within).product == "Gateway Mini"
    assert beside("my TFX-100-US is dead", None, products.within).product == "TFX-100-US"


def test_no_catalogue_no_product() -> None:
    assert Products().within("my Orrin 9 does not charge") is None


def test_a_large_catalogue_is_no_burden() -> None:
    """Of what a text has so many words are looked up, however many products there are."""
    many = Products([(f"XX-{number}", f"Maker{number % 50} Thing {number} lamp, red") for number in range(20_000)])
    began = time.process_time()
    assert many.within("nothing of it " * 250 + "Maker7 Thing 1007") == "Maker7 Thing 1007"
    assert time.process_time() - began < 1
