"""What both adapters share, so that a collection means the same in the process and on a server."""

import hashlib
import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.index.contract import Hit, Payload
from ingest.index.embedder import well_formed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qdrant_edge import Bm25

DENSE, SPARSE = "dense", "sparse"
KEYWORDS = ("document_id", "source", "audience")
GENERATION, POSITION = "generation", "position"
PREFIX = "frontdesk-"  # on a shared server: whatever is not named so is not ours

RRF_K = 60  # the literature's; qdrant-client's own default is 2
# Of each leg: with fewer, what is good in both but best in neither is lost (PolicyQA nDCG@10: .361 at 50, .366 at 100).
MIN_CANDIDATES = 100


Expression = str | float | tuple["str | Expression", ...]  # ("sum" | "mult" | "abs", operands...), a variable, a number

# The fusion, chosen on eight judged sets (ops/evaluation/README.md). Candidates are the best of each leg. DBSF over one
# leg alone gives its scores as 0.5 + deviations / 6, so their sum is in standard deviations:
#   the cosine of every candidate, also of those that only the words found; all below -1 count as -1, or else the one
#   chunk with a rare word would be an outlier far below a hundred chunks that are about alike,
#   0.4 x the BM25 score; a candidate without a word in common is taken for half a deviation below the others,
#   BM25 over the query's codes alone / 2, unstandardised: the one row with that part number wins.
_NEAR: Expression = ("mult", 3.0, "$score[0]")
_FUSED: tuple[Expression, ...] = (
    ("sum", _NEAR, ("abs", ("sum", _NEAR, -1.0)), -2.0),  # the larger of -1 and 6 x $score[0] - 3
    ("mult", 6 * 0.4, ("sum", "$score[1]", -0.5)),
    ("mult", 0.5, "$score[2]"),
)
MISSING = {"$score[0]": 0.0, "$score[1]": 0.5 - 0.5 / 6, "$score[2]": 0.0}
# A word with a digit in it, or a number of three digits and more.
_CODE = re.compile(r"(?<![\w-])(?:(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]{3,}|\d{3,}(?![\w-]))")

Fields = dict[str, Any]  # a payload at Qdrant's wire


def collection_name(fingerprint: str, layout: str = "", installation: str = "") -> str:
    """`installation` keeps apart those that share a server; a folder of one's own needs none."""
    content = hashlib.sha256(f"{fingerprint} {layout}".encode()).hexdigest()[:12] if layout else fingerprint
    return "-".join(filter(None, (PREFIX.rstrip("-"), installation, content)))


def candidates(limit: int) -> int:
    """How many points each leg hands to the fusion."""
    return max(2 * limit, MIN_CANDIDATES)


def fused(legs: int) -> Expression:
    """What orders the candidates of so many legs: dense, words, codes. Scores that are MISSING are given there."""
    return ("sum", *_FUSED[:legs])


@cache
def _bm25() -> "Bm25":
    from qdrant_edge import Bm25  # noqa: PLC0415 - one process may only talk to a server, and load it late

    return Bm25()


def document_terms(text: str) -> "tuple[list[int], list[float]]":
    """BM25's indices and weights of a document; Qdrant multiplies by IDF. The same engine weighs for both adapters."""
    vector = _bm25().embed_document(well_formed(text))
    return vector.indices, vector.values


def query_terms(text: str) -> "list[tuple[list[int], list[float]]]":
    """The sparse legs of a query: all its words, and its codes. Those without a term are left out."""
    vectors = [_bm25().embed_query(well_formed(words)) for words in (text, " ".join(_CODE.findall(text)))]
    return [(vector.indices, vector.values) for vector in vectors if vector.indices]


def fields_of(payload: Payload) -> Fields:
    fields = {key: well_formed(value) if isinstance(value, str) else value for key, value in asdict(payload).items()}
    return fields | {
        "audience": list(payload.audience),
        "changed_at": payload.changed_at.astimezone(UTC).isoformat(),
    }


def payload_of(fields: Fields) -> Payload:
    return Payload(
        **fields
        | {
            "audience": tuple(fields["audience"]),
            "changed_at": datetime.fromisoformat(fields["changed_at"]),
        }
    )


def hits_of(found: "Sequence[Any]", query: "Sequence[float]") -> list[Hit]:
    """The results of a query, from points as either client gives them.

    The cosine comes from the stored vector, so that every hit has one.
    """
    if not found:
        return []
    cosines = _cosines([point.vector[DENSE] for point in found], query)
    return [
        Hit(id=str(point.id), score=point.score, similarity=cosine, payload=payload_of(point.payload))
        for point, cosine in zip(found, cosines, strict=True)
    ]


def _cosines(vectors: "Sequence[Sequence[float]]", query: "Sequence[float]") -> list[float]:
    rows, asked = np.array(vectors, np.float32), np.array(query, np.float32)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(asked)
    cosines: list[float] = (rows @ asked / np.maximum(lengths, np.float32(1e-12))).tolist()
    return cosines
