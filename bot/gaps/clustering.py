"""Which questions want the same. Pure: vectors in, numbers out."""

from collections.abc import Sequence

import numpy as np

from ingest.index import Vectors

# Mean cosine distance up to which two groups are one. Chosen on ElectroMart's and the people desk's questions of
# ops/evaluation/sets/gaps, held against TechFlow's; decision 0018 has the figures, and those of HDBSCAN.
APART = 0.60
MOST = 2_000  # questions at once: what it takes grows with the square


def clusters(vectors: Vectors) -> list[list[int]]:
    """The rows (each of length 1) that belong together, the largest group first; each row stands in one."""
    if len(vectors) < 2:
        return [[row] for row in range(len(vectors))]
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 - a second, which only this needs

    distances = np.clip(1.0 - vectors @ vectors.T, 0.0, 2.0)
    model = AgglomerativeClustering(n_clusters=None, metric="precomputed", linkage="average", distance_threshold=APART)
    labels = model.fit_predict(distances)
    grouped = [np.flatnonzero(labels == label).tolist() for label in range(labels.max() + 1)]
    return sorted(grouped, key=lambda rows: (-len(rows), rows[0]))


def central(vectors: Vectors, rows: Sequence[int]) -> list[int]:
    """The same rows, those nearest to the middle of all first."""
    middle = vectors[list(rows)].mean(axis=0)
    return sorted(rows, key=lambda row: (-float(vectors[row] @ middle), row))
