"""A weighted undirected network of uuids in arrays: who is tied to whom, and how strongly.

N1: the same ties in any order and direction give equal arrays: nodes are sorted by uuid, neighbours by node.
N2: a node has a tie to another one, unless it came here by `part`; ties to oneself are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Nodes: TypeAlias = NDArray[np.int64]
"""Places of nodes in a network, sorted."""


@dataclass(frozen=True, slots=True)
class Network:
    """Compressed rows: the neighbours of node i are `indices[indptr[i]:indptr[i + 1]]`, weights beside them.

    Each tie is there in both directions, with the same weight.
    """

    uuids: tuple[str, ...]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, ties: Iterable[tuple[str, str]]) -> Network:
        """Return the network in which two nodes are tied as strongly as `ties` name them together."""
        pairs = [(source, target) for source, target in ties if source != target]
        return cls.of_weighted(pairs, np.ones(len(pairs)))

    @classmethod
    def of_weighted(cls, pairs: Sequence[tuple[str, str]], weights: NDArray[np.float64]) -> Network:
        """Return the network of `pairs` of two different nodes; the weights of equal pairs are added up."""
        uuids = tuple(sorted({uuid for pair in pairs for uuid in pair}))
        place = {uuid: number for number, uuid in enumerate(uuids)}
        ends = np.fromiter((place[uuid] for pair in pairs for uuid in pair), np.int64, 2 * len(pairs)).reshape(-1, 2)
        low, high = ends.min(axis=1, initial=len(uuids)), ends.max(axis=1, initial=0)
        codes, where = np.unique(low * len(uuids) + high, return_inverse=True)
        sums = np.bincount(where, weights, minlength=len(codes))
        low, high = np.divmod(codes, max(len(uuids), 1))
        rows, columns = np.concatenate([low, high]), np.concatenate([high, low])
        order = np.lexsort((columns, rows))
        return cls(
            uuids, _starts(rows, len(uuids)), columns[order].astype(np.int32), np.concatenate([sums, sums])[order]
        )

    def __len__(self) -> int:
        return len(self.uuids)

    @property
    def rows(self) -> Nodes:
        """The node at the near end of each entry of `indices`."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def part(self, nodes: Nodes) -> Network:
        """Return the network of some nodes and the ties among them; node i of it is `nodes[i]` of this one."""
        lengths = self.indptr[nodes + 1] - self.indptr[nodes]
        before = np.cumsum(lengths) - lengths
        entries = np.repeat(self.indptr[nodes] - before, lengths) + np.arange(lengths.sum())
        columns = np.searchsorted(nodes, self.indices[entries])
        inside = nodes[np.minimum(columns, len(nodes) - 1)] == self.indices[entries]
        rows = np.repeat(np.arange(len(nodes)), lengths)[inside]
        return Network(
            tuple(self.uuids[node] for node in nodes),
            _starts(rows, len(nodes)),
            columns[inside].astype(np.int32),
            self.weights[entries][inside],
        )

    def components(self) -> list[Nodes]:
        """Return the sets of nodes that hang together, in order of their first nodes."""
        rows, first = self.rows, np.arange(len(self))
        while True:
            lower = first.copy()
            np.minimum.at(lower, rows, first[self.indices])
            lower = lower[lower]
            if np.array_equal(lower, first):
                return parts(first)
            first = lower

    def node_prints(self) -> NDArray[np.uint64]:
        """Return a hash of each node: of its uuid, its neighbours' and the weights of the ties between them."""
        found = np.empty(len(self), np.uint64)
        told = [f"{uuid}:{weight:g}" for uuid, weight in self._far_ends()]
        for node, uuid in enumerate(self.uuids):
            text = "|".join((uuid, *told[self.indptr[node] : self.indptr[node + 1]]))
            found[node] = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
        return found

    def quotient(self, names: Mapping[int, str]) -> Network:
        """Return the network of sets of nodes: `names` says by node which set it is in, if it is in one."""
        pairs, weights = [], []
        for row, column, weight in zip(self.rows.tolist(), self.indices.tolist(), self.weights.tolist(), strict=True):
            one, other = names.get(row), names.get(column)
            if row < column and one is not None and other is not None and one != other:
                pairs.append((one, other))
                weights.append(weight)
        return Network.of_weighted(pairs, np.asarray(weights, np.float64))

    def _far_ends(self) -> Iterable[tuple[str, float]]:
        uuids = self.uuids
        return (
            (uuids[node], weight) for node, weight in zip(self.indices.tolist(), self.weights.tolist(), strict=True)
        )


def parts(labels: NDArray[np.int64]) -> list[Nodes]:
    """Return the nodes of each label, in order of their first nodes; a negative label is none."""
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return sorted((each for each in np.split(order, cuts) if len(each)), key=lambda each: int(each[0]))


def shape_print(node_prints: NDArray[np.uint64], nodes: Nodes) -> str:
    """Return a hash of a set of nodes, of all their ties, those that lead out of it too."""
    return f"{len(nodes)}-{int(np.bitwise_xor.reduce(node_prints[nodes])):016x}"


def _starts(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return where the entries of each row begin, and the end of the last."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    return starts
