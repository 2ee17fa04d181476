"""The ontologies that a process knows, and which one an episode goes by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from consumer.errors import EpisodeFault, UserError
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.ontology.apply import with_exclusivity
from consumer.ontology.load import load_files
from consumer.ontology.model import Ontology
from consumer.settings import OntologySettings

_DIGEST_CHARS = 8


class Ontologies:
    """Ontologies by name; implements `ports.Vocabulary`."""

    def __init__(self, ontologies: Iterable[Ontology] = (), default: str | None = None) -> None:
        """Store them; `default` names the one of events that name none.

        Raises:
            UserError: the default is none of them.
        """
        self._by_name = {ontology.name: ontology for ontology in ontologies}
        if default is not None and default not in self._by_name:
            raise UserError(f"EPISODES_ONTOLOGY__DEFAULT={default} is no registered ontology; {self._known()}")
        self._default = default

    @classmethod
    def load(cls, settings: OntologySettings) -> Ontologies:
        """Return those of the settings' folder and files.

        Raises:
            UserError: a file is broken, or the default is none of them.
        """
        return cls(load_files(settings.dir, settings.files), settings.default)

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Ontology]:
        return iter(self._by_name.values())

    @property
    def digest(self) -> str:
        """Changes whenever one of them does; "" when there is none."""
        if not self._by_name:
            return ""
        texts = "\n".join(self._by_name[name].text() for name in sorted(self._by_name))
        return hashlib.sha256(f"{self._default}\n{texts}".encode()).hexdigest()[:_DIGEST_CHARS]

    def of(self, episode: Episode) -> Ontology | None:
        """Return the ontology that `episode` names, else the default one; None when there is neither.

        Raises:
            EpisodeFault: `unknown-ontology`; without its ontology the graph would silently be another one.
        """
        name = episode.ontology or self._default
        if name is None:
            return None
        found = self._by_name.get(name)
        if found is None:
            raise EpisodeFault("unknown-ontology", f"ontology {name!r} is not registered; {self._known()}")
        return found

    def given(self, episode: Episode) -> Knowledge:
        """Return the facts that `episode` gives, exclusive as their relations are where they don't say.

        Raises:
            EpisodeFault: `unknown-ontology`.
        """
        ontology = self.of(episode)
        return episode.given if ontology is None else with_exclusivity(ontology, episode.given)

    def _known(self) -> str:
        names = ", ".join(sorted(self._by_name))
        return f"known: {names}" if names else "none is: set EPISODES_ONTOLOGY__DIR to a folder of ontology files"
