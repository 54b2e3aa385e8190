"""Who ordered what at ElectroMart and how it ended: the orders that a demo is about, and drawn ones around them."""

import csv
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

CATALOGUE = Path(__file__).parent / "documents/catalogue/catalogue.csv"
START = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
ORDERS, CUSTOMERS = 500, 120
FIRST_NUMBER, NUMBERS_A_DAY = 100_100, 16.4
BOXED_ACCESSORIES = {"FW-BAT20", "LK-MINI2-BAT", "LK-AIR3-PROP"}
FIRST_NAMES = (
    "Aaliyah Adrian Alicia Amara Andre Beatriz Ben Bridget Caleb Camila Carmen Cedric Chloe Colin Daniela Darius "
    "Deborah Dmitri Elena Emeka Erin Farah Felix Gloria Grant Hana Hector Imani Ingrid Isaac Jamal Joan Jorge "
    "Keiko Kwame Laila Leon Lucia Malik Margaret Mateo Mei Naomi Nikhil Noor Olivia Omar Patrice Pedro Priya "
    "Quentin Rosa Ruth Samir Sofia Tariq Tess Uma Victor Walter"
)
LAST_NAMES = (
    "Abbott Acosta Adeyemi Albrecht Baptiste Barlow Bianchi Brandt Castillo Chaudhry Cho Crowley Delgado Doyle "
    "Eriksen Escobar Farouk Feldman Fontaine Garza Greenwood Guerrero Haddad Halloran Huang Ibarra Iyer Jankowski "
    "Keane Kim Kowalski Lindqvist Lozano Mahoney McAllister Mensah Montoya Nakamura Novak Okafor Olsen Pacheco "
    "Petrov Pruitt Quinn Ramos Reyes Rosenthal Sandoval Schreiber Singh Stavros Tanaka Thibault Tran Underwood "
    "Vasquez Whitlock Yates Zhang"
)
FAULTS = (
    "Does not switch on",
    "Stopped charging after a week",
    "Arrived with a cracked corner",
    "Drops the connection",
)


class Product(NamedTuple):
    sku: str
    name: str
    category: str
    cents: int
    in_stock: bool
    best_seller: bool
    goes_with: tuple[str, ...]

    @property
    def is_large(self) -> bool:
        """A TV of more than 55 inches, which comes by scheduled delivery."""
        size = re.search(r"(\d+) in\b", self.name)
        return self.category == "TVs" and "mount" not in self.name and size is not None and int(size[1]) > 55

    @property
    def has_restocking_fee(self) -> bool:
        return self.category in {"drones", "cameras", "lenses"} and self.sku not in BOXED_ACCESSORIES


@dataclass(frozen=True)
class Plan:
    """`ending` is kept, unpaid, cancelled, stalled (in the carrier's hands), changed_mind or defect. `transit` is in
    business days after shipping (for a pickup in days until it is collected), None for what is usual."""

    customer: int
    placed_at: datetime
    lines: tuple[tuple[str, int], ...]
    method: str
    payment: str
    ending: str = "kept"
    transit: int | None = None
    return_after: int | None = None
    reason: str = ""
    opened: bool = False


def _utc(month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


# The orders that a demo is about. Customer 1 is Dana Whitfield.
AUTHORED = (
    Plan(1, _utc(8, 24, 16, 12), (("AUR-BUDS3PRO-BLK", 1),), "standard", "Visa", "defect", 4, 2,
         "Left earbud dead on arrival"),
    Plan(1, _utc(11, 8, 0, 42), (("VX-TB4-DOCK", 1), ("PW-DP14-2M", 1)), "express", "Visa", transit=2),
    Plan(1, _utc(11, 13, 15, 5), (("AMP-20K-100", 1), ("PW-C2C-240-2M", 1)), "standard", "Apple Pay", "stalled"),
    Plan(1, _utc(11, 20, 21, 10), (("KR27U60-C", 1),), "standard", "Visa"),
    Plan(2, _utc(11, 13, 17, 20), (("HL-LOCK2", 1), ("HL-BRIDGE3", 1)), "store_pickup", "Mastercard", transit=2),
    Plan(3, _utc(11, 13, 14, 48), (("LUD-ORBIT-1T", 1), ("SW-NV4H-2T", 1)), "standard", "PayPal", "stalled"),
    Plan(4, _utc(11, 10, 13, 31), (("LMN-65Q7", 1), ("PW-HDMI21-2M", 1)), "scheduled", "Visa", "defect", 4, 1,
         "Dead on arrival: no picture; replacement wanted, subject to stock"),
    Plan(5, _utc(10, 26, 18, 3), (("LK-AIR3", 1),), "standard", "Amex", "changed_mind", 4, 12,
         "Opened, too large to travel with", opened=True),
    Plan(6, _utc(9, 9, 22, 15), (("FW-A30-KIT", 1), ("PC-SD-V30-128", 1)), "express", "Discover", "changed_mind", 2, 12,
         "Opened, wants the A70 instead", opened=True),
    Plan(7, _utc(11, 19, 3, 20), (("PYR-G16", 1),), "express", "ElectroPay 12 months", "cancelled"),
    Plan(8, _utc(11, 20, 23, 2), (("NB-SLT11-128", 1), ("NB-PEN2", 1)), "standard", "PayPal", "unpaid"),
    Plan(9, _utc(9, 28, 15, 40), (("HLD-B14-G4-16", 1),), "standard", "ElectroPay 6 months", "changed_mind", 3, 44,
         "Within the 60 days of an ElectroMart Plus member"),
    Plan(10, _utc(11, 18, 16, 55), (("LMN-75Q7", 1), ("BW-BAR7", 1)), "scheduled", "Google Pay", transit=3),
    Plan(11, _utc(11, 3, 19, 5), (("QM-3600", 1), ("QM-64-4PK", 2)), "standard", "Mastercard", "defect", 5, 7,
         "Cartridge not recognized, also after the steps of the guide"),
)  # fmt: skip


def read_catalogue() -> dict[str, Product]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    skus = {row["sku"] for row in rows}
    return {
        row["sku"]: Product(
            row["sku"],
            row["name"],
            row["category"],
            round(float(row["price_usd"]) * 100),
            row["in_stock"] == "yes",
            "est sell" in row["notes"] or "est-sell" in row["notes"],
            tuple(sku for part in row["compatible_with"].split(";") if (sku := part.split("(")[0].strip()) in skus),
        )
        for row in rows
    }


def order_number(placed_at: datetime) -> str:
    """Numbers rise with time; most belong to orders that this extract leaves out."""
    return f"EM-{FIRST_NUMBER + int((placed_at - START) / timedelta(days=1) * NUMBERS_A_DAY)}"


class Shop:
    """Draws the plans of the orders that nobody wrote by hand."""

    def __init__(self, products: dict[str, Product], rng: random.Random) -> None:
        self.products, self.rng = products, rng
        self.list = list(products.values())
        self.weights = [(4 if p.best_seller else 1) / p.cents**0.4 for p in self.list]
        self.islanders = set(rng.sample(range(13, CUSTOMERS, 4), 4))  # in Alaska or Hawaii: one shipping option

    def plans(self) -> list[Plan]:
        rng = self.rng
        taken = {order_number(plan.placed_at) for plan in AUTHORED}
        customers = list(range(2, CUSTOMERS + 1))
        loyal = rng.choices(
            customers, [1 + 3 * (n % 4 == 0) for n in customers], k=ORDERS - len(AUTHORED) - len(customers)
        )
        customers += loyal
        rng.shuffle(customers)
        drawn = []
        while customers:
            placed_at = START + timedelta(minutes=rng.randrange(int((AS_OF - START) / timedelta(minutes=1))))
            at_night = 5 <= placed_at.hour < 12
            if order_number(placed_at) in taken or (at_night and rng.random() < 0.85):
                continue
            taken.add(order_number(placed_at))
            drawn.append(self._plan(customers.pop(), placed_at))
        return sorted([*AUTHORED, *drawn], key=lambda plan: plan.placed_at)

    def _plan(self, customer: int, placed_at: datetime) -> Plan:
        rng = self.rng
        lines, method = self._basket(placed_at), "alaska_hawaii"
        if customer in self.islanders:
            while any(self.products[sku].is_large for sku, _ in lines):  # not delivered there
                lines = self._basket(placed_at)
        elif any(self.products[sku].is_large for sku, _ in lines):
            method = "scheduled"
        else:
            method = rng.choices(["standard", "express", "store_pickup"], [62, 18, 20])[0]
        ending = rng.choices(["kept", "cancelled", "changed_mind", "defect"], [85, 5, 6, 4])[0]
        reason = {"changed_mind": "Changed my mind, box unopened", "defect": rng.choice(FAULTS)}.get(ending, "")
        return Plan(customer, placed_at, lines, method, self._payment(lines), ending, reason=reason)

    def _basket(self, placed_at: datetime) -> tuple[tuple[str, int], ...]:
        rng = self.rng
        anchor = rng.choices(self.list, self.weights)[0]
        while placed_at.month == 11 and not anchor.in_stock:
            anchor = rng.choices(self.list, self.weights)[0]
        extras = [
            sku for sku in anchor.goes_with if self.products[sku].cents < anchor.cents and self.products[sku].in_stock
        ]
        chosen = [anchor.sku, *rng.sample(extras, min(len(extras), rng.choices([0, 1, 2], [50, 36, 14])[0]))]
        return tuple((sku, self._quantity(self.products[sku])) for sku in chosen)

    def _quantity(self, product: Product) -> int:
        bought_in_twos = product.category in {"cables", "printers/ink", "smart home", "memory cards", "monitors"}
        return 2 if bought_in_twos and product.cents < 50_000 and self.rng.random() < 0.2 else 1

    def _payment(self, lines: tuple[tuple[str, int], ...]) -> str:
        goods = sum(self.products[sku].cents * quantity for sku, quantity in lines)
        ways = (
            ["Visa"] * 8
            + ["Mastercard"] * 5
            + ["PayPal"] * 4
            + ["Apple Pay"] * 3
            + ["Google Pay", "Amex", "Discover"] * 2
        )
        ways += ["ElectroMart gift card"] if goods < 15_000 else []
        ways += ["ElectroPay 6 months"] * 2 if goods >= 19_900 else []
        ways += ["ElectroPay 12 months"] * 3 if goods >= 79_900 else []
        return self.rng.choice(ways)


def customers(rng: random.Random) -> list[tuple[int, str, str]]:
    pairs = rng.sample([(first, last) for first in FIRST_NAMES.split() for last in LAST_NAMES.split()], CUSTOMERS - 1)
    named = [(f"{first} {last}", f"{first}.{last}@customers.example".lower()) for first, last in pairs]
    everyone = [("Dana Whitfield", "dana@customers.example"), *named]
    return [(number, name, email) for number, (name, email) in enumerate(everyone, 1)]
