"""What both adapters share: the payload's form in Qdrant, the BM25 vectors and the parameters of fusion."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from qdrant_edge import Bm25, SparseVector

from ingest.index.contract import Payload

RRF_K = 60  # the literature's (Cormack et al., 2009); qdrant-client's own default is 2
KEYWORDS = ("document_id", "source", "audience")
PREFETCH = 4  # candidates a leg, as a multiple of the limit: fusion needs more than it returns


def to_payload(payload: Payload) -> dict[str, Any]:
    return asdict(payload) | {"audience": list(payload.audience), "changed_at": payload.changed_at.isoformat()}


def from_payload(stored: Mapping[str, Any]) -> Payload:
    values = dict(stored)
    values["audience"] = tuple(values["audience"])
    values["changed_at"] = datetime.fromisoformat(values["changed_at"])
    return Payload(**values)


@cache
def _bm25() -> Bm25:
    return Bm25()


def document_terms(text: str) -> SparseVector:
    """BM25 weights of a document's stemmed words; Qdrant applies the IDF."""
    return _bm25().embed_document(text)


def query_terms(text: str) -> SparseVector:
    return _bm25().embed_query(text)
