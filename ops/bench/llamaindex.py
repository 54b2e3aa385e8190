"""The other side of the ingest benchmark: LlamaIndex's IngestionPipeline over given texts, in a process of its own.

Run as a file, where its two packages are on the path: `llamaindex.py MODEL_FOLDER TEXTS.json` prints figures as JSON.
Imports and loading the model are not measured.
"""

import json
import resource
import sys
import time
from pathlib import Path

from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import TextNode
from llama_index.embeddings.fastembed import FastEmbedEmbedding  # type: ignore[import-untyped]
from llama_index.vector_stores.qdrant import QdrantVectorStore  # type: ignore[import-untyped]
from qdrant_client import QdrantClient

NAME = "local/minilm"


def main(model: str, texts: list[str]) -> None:
    TextEmbedding.add_custom_model(
        model=NAME,
        pooling=PoolingType.MEAN,
        normalization=True,
        sources=ModelSource(hf="local/none"),
        dim=384,
        model_file="model.onnx",
    )
    store = QdrantVectorStore("bench", client=QdrantClient(":memory:"))  # the quickest there is without a server
    embedding = FastEmbedEmbedding(NAME, specific_model_path=model)  # batches and threads by default
    embedding.get_text_embedding_batch(texts[:1])
    pipeline = IngestionPipeline(transformations=[embedding], vector_store=store)
    started, began = time.perf_counter(), _cpu()
    nodes = pipeline.run(nodes=[TextNode(text=text) for text in texts])
    took = time.perf_counter() - started
    assert len(nodes) == len(texts) == store.client.count("bench").count
    sys.stdout.write(json.dumps({"seconds": took, "cpu": _cpu() - began}) + "\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8")))
