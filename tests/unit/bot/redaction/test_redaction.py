"""What is found of personal data, on sentences that were labelled by hand (pii.jsonl), and what has to survive.

A case that is `held` was not looked at while the patterns were written. Measured on 27 November 2026: recall 0.96 on the
held ones (1.00 on the others), precision 1.00 on both.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.desk.order_numbers import OrderNumbers
from bot.redaction import Known, Redactor

CASES = [json.loads(line) for line in (Path(__file__).parent / "pii.jsonl").read_text(encoding="utf-8").splitlines()]
REDACTOR = Redactor(OrderNumbers(("EM-######",)))


def judged(held: bool) -> Iterator[tuple[dict[str, Any], list[tuple[int, int]], list[tuple[int, int]]]]:
    """Each case with where its personal data is, and what was found."""
    for case in CASES:
        if case["held"] is held:
            wanted = [(start, start + len(text)) for _, start, text in case["personal"]]
            found = REDACTOR.found(case["text"], Known(tuple(case.get("known", ()))))
            yield case, wanted, [(one.start, one.end) for one in found]


def is_covered(text: str, start: int, end: int, found: list[tuple[int, int]]) -> bool:
    """All of it: a surname that is left over is a leak."""
    return all(any(first <= at < last for first, last in found) for at in range(start, end) if text[at].isalnum())


@pytest.mark.parametrize(("held", "recall", "precision"), [(False, 0.98, 0.98), (True, 0.94, 0.97)])
def test_personal_data_is_found_and_nothing_else(held: bool, recall: float, precision: float) -> None:
    wanted = hit = found_all = found_right = 0
    for case, spans, found in judged(held):
        wanted += len(spans)
        hit += sum(is_covered(case["text"], *span, found) for span in spans)
        found_all += len(found)
        found_right += sum(any(first < end and start < last for start, end in spans) for first, last in found)
    assert hit / wanted >= recall
    assert found_right / found_all >= precision


def test_the_set_is_large_and_of_all_kinds() -> None:
    personal = [case for case in CASES if case["personal"]]
    assert len(personal) >= 120
    assert len(CASES) - len(personal) >= 60
    assert {kind for case in personal for kind, _, _ in case["personal"]} >= {
        "name",
        "email",
        "phone",
        "order",
        "address",
    }
    for case in CASES:
        assert all(case["text"][start : start + len(text)] == text for _, start, text in case["personal"])


def test_what_is_replaced_says_what_it_was() -> None:
    text = "Hi Dana, order EM-104233 goes to 42 Maple Avenue, Portland, OR 97205; dana@x.example has the label."
    assert REDACTOR.redact(text, Known(("Dana Whitfield",))) == (
        "Hi [name], order [order number] goes to [address]; [e-mail] has the label."
    )


@pytest.mark.parametrize(
    "text",
    [
        "The Nimbra Air 13 costs $1,299.00, the XR-55A80L €899.",
        "Firmware 2.1.0.4 of the WH-1000XM5 came out on 12 March 2026.",
        "EAN 4548736131309, SKU NIM-AIR-13-BLK, 178 x 70.2 x 65.5 cm.",
    ],
)
def test_products_prices_and_dates_survive(text: str) -> None:
    assert REDACTOR.redact(text, Known(("Dana Whitfield", "Will Hartley"))) == text


def test_a_name_that_is_a_word_stays_a_word() -> None:
    """Will Hartley was there, and "will" is still a verb."""
    known = Known(("Will Hartley",))
    assert REDACTOR.redact("Will it fit? It will, as Will said.", known) == "Will it fit? It will, as [name] said."


@pytest.mark.parametrize(
    "text", ["A" * 20_000, "Aa " * 7_000, "1 " * 10_000, "a." * 10_000 + "@", "My name is " * 2_000, "4242 " * 4_000]
)
def test_a_long_message_takes_no_long_time(text: str) -> None:
    """Nothing here may take time that grows with the square of what somebody pastes."""
    began = time.process_time()
    REDACTOR.redact(text, Known(("Dana Whitfield",)))
    assert time.process_time() - began < 5
