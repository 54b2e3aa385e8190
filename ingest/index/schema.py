"""What both adapters share, so that a collection means the same in the process and on a server."""

import hashlib
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
GENERATION = "generation"
PREFIX = "frontdesk-"  # on a shared server: whatever is not named so is not ours

RRF_K = 60  # the literature's; qdrant-client's own default is 2
# Of each leg: with fewer, what is good in both but best in neither is lost (PolicyQA nDCG@10: .361 at 50, .366 at 100).
MIN_CANDIDATES = 100

Fields = dict[str, Any]  # a payload at Qdrant's wire


def collection_name(fingerprint: str, layout: str = "", installation: str = "") -> str:
    """`installation` keeps apart those that share a server; a folder of one's own needs none."""
    content = hashlib.sha256(f"{fingerprint} {layout}".encode()).hexdigest()[:12] if layout else fingerprint
    return "-".join(filter(None, (PREFIX.rstrip("-"), installation, content)))


def candidates(limit: int) -> int:
    """How many points each leg hands to the fusion."""
    return max(2 * limit, MIN_CANDIDATES)


@cache
def _bm25() -> "Bm25":
    from qdrant_edge import Bm25  # noqa: PLC0415 - one process may only talk to a server, and load it late

    return Bm25()


def document_terms(text: str) -> "tuple[list[int], list[float]]":
    """BM25's indices and weights of a document; Qdrant multiplies by IDF. The same engine weighs for both adapters."""
    vector = _bm25().embed_document(well_formed(text))
    return vector.indices, vector.values


def query_terms(text: str) -> "tuple[list[int], list[float]]":
    vector = _bm25().embed_query(well_formed(text))
    return vector.indices, vector.values


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


def hit_of(identity: object, score: float, vector: "Sequence[float]", fields: Fields, query: "Sequence[float]") -> Hit:
    """A result of the fusion; the cosine comes from the stored vector, so that every hit has one."""
    return Hit(id=str(identity), score=score, similarity=cosine(vector, query), payload=payload_of(fields))


def cosine(one: "Sequence[float]", other: "Sequence[float]") -> float:
    first, second = np.asarray(one, np.float32), np.asarray(other, np.float32)
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length else 0.0
