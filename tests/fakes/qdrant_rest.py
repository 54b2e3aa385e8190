"""A Qdrant server: the REST calls of ingest/index/server.py, over real HTTP, answered by qdrant-client's local engine.

What it is asked beyond them is a 404, so that a new call is noticed. It keeps `calls` (method and path).
"""

import json
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models

Json = dict[str, Any]


@dataclass
class QdrantServer:
    """`down` makes it answer 503, as a server does that is starting."""

    engine: QdrantClient = field(default_factory=lambda: QdrantClient(":memory:"))
    calls: list[str] = field(default_factory=list)
    down: bool = False
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def collections(self) -> list[str]:
        with self.lock:
            return [one.name for one in self.engine.get_collections().collections]

    def answer(self, method: str, path: str, body: Json) -> tuple[int, object]:
        self.calls.append(f"{method} {path}")
        if self.down:
            return 503, "starting"
        for wanted, pattern, handler in _ROUTES:
            if wanted == method and (match := re.fullmatch(pattern, path)):
                with self.lock, warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # payload indexes have no effect in the local engine
                    return self._handled(handler, match.groups(), body)
        return 404, f"not a call of this double: {method} {path}"

    def _handled(self, handler: Callable[..., object], where: tuple[str, ...], body: Json) -> tuple[int, object]:
        if where and handler not in (_exists, _create) and not self.engine.collection_exists(where[0]):
            return 404, f"Not found: Collection `{where[0]}` doesn't exist!"
        try:
            return 200, handler(self.engine, *where, body)
        except ValueError as error:
            return (409 if "already exists" in str(error) else 400), str(error)


def _exists(engine: QdrantClient, name: str, _body: Json) -> object:
    return {"exists": engine.collection_exists(name)}


def _create(engine: QdrantClient, name: str, body: Json) -> object:
    wanted = models.CreateCollection.model_validate(body)
    return engine.create_collection(name, vectors_config=wanted.vectors, sparse_vectors_config=wanted.sparse_vectors)


def _drop(engine: QdrantClient, name: str, _body: Json) -> object:
    return engine.delete_collection(name)


def _list(engine: QdrantClient, _body: Json) -> object:
    return engine.get_collections()


def _index(engine: QdrantClient, name: str, body: Json) -> object:
    wanted = models.CreateFieldIndex.model_validate(body)
    return engine.create_payload_index(name, wanted.field_name, wanted.field_schema)


def _upsert(engine: QdrantClient, name: str, body: Json) -> object:
    return engine.upsert(name, models.PointsList.model_validate(body).points)


def _delete(engine: QdrantClient, name: str, body: Json) -> object:
    return engine.delete(name, models.FilterSelector.model_validate(body))


def _count(engine: QdrantClient, name: str, body: Json) -> object:
    wanted = models.CountRequest.model_validate(body)
    return engine.count(name, count_filter=wanted.filter, exact=bool(wanted.exact))


def _scroll(engine: QdrantClient, name: str, body: Json) -> object:
    wanted = models.ScrollRequest.model_validate(body)
    points, after = engine.scroll(
        name,
        wanted.filter,
        limit=wanted.limit or 10,
        offset=wanted.offset,
        with_payload=wanted.with_payload or False,
        with_vectors=wanted.with_vector or False,
    )
    return {"points": points, "next_page_offset": after}


def _query(engine: QdrantClient, name: str, body: Json) -> object:
    wanted = models.QueryRequest.model_validate(body)
    return engine.query_points(
        name,
        query=wanted.query.nearest if isinstance(wanted.query, models.NearestQuery) else wanted.query,
        prefetch=wanted.prefetch,
        using=wanted.using,
        query_filter=wanted.filter,
        limit=wanted.limit or 10,
        with_payload=wanted.with_payload or False,
        with_vectors=wanted.with_vector or False,
    )


_ONE = r"/collections/([^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[..., object]], ...] = (
    ("GET", "/collections", _list),
    ("GET", f"{_ONE}/exists", _exists),
    ("PUT", _ONE, _create),
    ("DELETE", _ONE, _drop),
    ("PUT", f"{_ONE}/index", _index),
    ("PUT", f"{_ONE}/points", _upsert),
    ("POST", f"{_ONE}/points/delete", _delete),
    ("POST", f"{_ONE}/points/count", _count),
    ("POST", f"{_ONE}/points/scroll", _scroll),
    ("POST", f"{_ONE}/points/query", _query),
)
_ANY: TypeAdapter[object] = TypeAdapter(object)


@contextmanager
def qdrant_server() -> Iterator[QdrantServer]:
    server = QdrantServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, result = server.answer(self.command, self.path.partition("?")[0], json.loads(body or b"{}"))
            said = {"result": result, "status": "ok"} if status == 200 else {"status": {"error": result}}
            shown = _ANY.dump_python(said | {"time": 0.0}, mode="json", serialize_as_any=True)
            content = json.dumps(shown).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = _serve

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)
