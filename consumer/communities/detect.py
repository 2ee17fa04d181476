"""Which nodes of a network belong together: Leiden, part by part, with a fixed seed and bounded sweeps.

D1: equal networks and rules give equal communities. D2: what hangs together is divided by itself, so a change in one
part of a network changes nothing in another. D3: a community has `least` nodes or more; one that came out smaller joins
the neighbour it has the strongest ties to, and what hangs together and is smaller is in none. D4: each other node is
in exactly one. D5: it ends: so many rounds of so many sweeps, of which each looks at every node once at most.

Leiden frees the interpreter while it works, so a thread is enough to keep an event loop free.
Source: Traag, Waltman, van Eck 2019, doi 10.1038/s41598-019-41695-z.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consumer.communities.network import Network, Nodes, parts
from consumer.errors import UserError

ALGORITHM = "leiden-1"
"""Named in the rules of a build: another way of dividing makes all communities anew."""

PAIR = 2
"""So many nodes that hang together are one community, whatever the resolution."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a network is divided: more `resolution`, smaller communities; `rounds` of Leiden, each of so many sweeps."""

    resolution: float = 1.0
    least: int = 2
    levels: int = 1
    seed: int = 7
    rounds: int = 3
    sweeps: int = 50

    @property
    def name(self) -> str:
        """What the communities depend on, as text."""
        return (
            f"{ALGORITHM}/resolution={self.resolution:g}/least={self.least}/levels={self.levels}/seed={self.seed}"
            f"/rounds={self.rounds}/sweeps={self.sweeps}"
        )


def divided(network: Network, rules: Rules, kept: Sequence[Nodes] = ()) -> list[Nodes]:
    """Return the communities of a network, in order of their first nodes.

    Those of `kept` stay as they are, but that small ones of the rest may join them.

    Raises:
        UserError: Leiden is not installed.
    """
    labels = np.full(len(network), -1, np.int64)
    for number, nodes in enumerate(kept):
        labels[nodes] = number
    used = len(kept)
    rest = np.flatnonzero(labels < 0)
    open_part = network.part(rest) if len(kept) else network
    for nodes in open_part.components():
        found = np.zeros(len(nodes), np.int64) if len(nodes) <= PAIR else _leiden(open_part.part(nodes), rules)
        labels[rest[nodes]] = used + found
        used += int(found.max()) + 1
    _join_small(network, labels, rules.least)
    return [nodes for nodes in parts(labels) if len(nodes) >= rules.least]


def _leiden(network: Network, rules: Rules) -> NDArray[np.int64]:
    """Return the community of each node of a network that hangs together."""
    try:
        from graspologic_native import leiden_csr  # noqa: PLC0415 - an extra, and only who divides needs it
    except ImportError as error:
        raise UserError(
            f"dividing a graph into communities needs the extra `communities` ({error.name}): "
            "pip install 'episodes[communities]'"
        ) from error
    _, found = leiden_csr(
        network.indptr,
        network.indices,
        network.weights,
        len(network),
        resolution=rules.resolution,
        iterations=rules.rounds,
        seed=rules.seed,
        max_local_moving_iterations=rules.sweeps,
    )
    return np.fromiter((found[node] for node in range(len(network))), np.int64, len(network))


def _join_small(network: Network, labels: NDArray[np.int64], least: int) -> None:
    """Let each set of fewer than `least` nodes join the neighbour it has the strongest ties to, smallest first."""
    sets = {int(labels[nodes[0]]): nodes.tolist() for nodes in parts(labels)}
    queue = [(len(nodes), nodes[0], label) for label, nodes in sets.items() if len(nodes) < least]
    heapq.heapify(queue)
    while queue:
        size, _, label = heapq.heappop(queue)
        if label not in sets or len(sets[label]) != size:
            continue  # it has joined another, or another has joined it
        ties: dict[int, float] = defaultdict(float)
        for node in sets[label]:
            entries = slice(network.indptr[node], network.indptr[node + 1])
            for near, weight in zip(
                labels[network.indices[entries]].tolist(), network.weights[entries].tolist(), strict=True
            ):
                if near != label:
                    ties[near] += weight
        if not ties:
            continue
        host = min(ties, key=lambda near: (-ties[near], min(sets[near])))
        labels[sets[label]] = host
        sets[host] += sets.pop(label)
        if len(sets[host]) < least:
            heapq.heappush(queue, (len(sets[host]), min(sets[host]), host))
