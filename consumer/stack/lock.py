"""Which jars a version needs: from the committed lock file, else resolved once and trusted on first use.

The committed file is written anew by `python -m consumer.stack.relock`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.fetch import Cancelled, Fetcher
from consumer.stack.jars import COMMITTED_LOCK, Jar, Lock, Service, endpoint, read_locks, sha256_of

_NO_JGO = "the local stack needs jgo to fetch jars: pip install 'episodes[local]'"
_RUNTIME_SCOPES = ("compile", "runtime")


def repository(settings: StackSettings) -> str:
    """Return the base address of the Maven repository: the setting, else Maven Central as jgo knows it."""
    if settings.maven_url:
        return settings.maven_url
    try:
        from jgo import constants  # noqa: PLC0415 - of the extra `local`
    except ImportError as error:
        raise UserError(_NO_JGO) from error
    return str(constants.MAVEN_CENTRAL_URL)


def own_lock_file(cache: Path, service: Service, version: str) -> Path:
    """Return where the lock of a version that is not the committed one is kept."""
    return cache / "locks" / f"{service}-{version}.lock.json"


def known_lock(service: Service, version: str, cache: Path) -> Lock | None:
    """Return the lock of this version from the committed file or the cache, None when it is not resolved yet."""
    for file in (COMMITTED_LOCK, own_lock_file(cache, service, version)):
        for lock in read_locks(file):
            if (lock.service, lock.version) == (service, version):
                return lock
    return None


def make_lock(service: Service, version: str, fetcher: Fetcher) -> Lock:
    """Resolve `version` with jgo, fetch its jars and return them with the checksums they have now.

    Takes a minute or so of one request after another; jgo keeps what it read in the cache.

    Raises:
        UserError: the repository does not answer or does not have the version.
    """
    jars = resolve_jars(service, version, fetcher)
    locked = []
    for jar, place in zip(jars, fetcher.fetch(jars), strict=True):
        with place.open("rb") as file:
            locked.append(replace(jar, sha256=sha256_of(file), size_bytes=place.stat().st_size))
    return Lock(service, version, locked)


def resolve_jars(service: Service, version: str, fetcher: Fetcher) -> Sequence[Jar]:
    """Return what `version` consists of, in class-path order, without checksums."""
    try:
        from jgo.maven import Artifact, MavenContext, PythonResolver  # noqa: PLC0415 - of the extra `local`
        from jgo.parse import Endpoint  # noqa: PLC0415
        from requests.exceptions import RequestException  # noqa: PLC0415 - jgo's client
    except ImportError as error:
        raise UserError(_NO_JGO) from error

    class StoppableResolver(PythonResolver):
        """Heeds the fetcher's `stop` before each of the hundred or so POMs."""

        def download(self, artifact: Artifact) -> Path | None:
            if fetcher.stop.is_set():
                raise Cancelled
            return super().download(artifact)

    context = MavenContext(
        resolver=StoppableResolver(),
        repo_cache=fetcher.cache / "poms",
        local_repos=[],
        remote_repos={"repository": fetcher.repository.rstrip("/")},
    )
    try:
        coordinates = Endpoint.parse(endpoint(service, version)).coordinates
        for coordinate in coordinates:
            coordinate.scope = "compile"
        # Not EnvironmentBuilder.from_endpoint: it downloads the same jars one by one, and a second Java to sort them.
        wanted = [context.create_dependency(coordinate) for coordinate in coordinates]
        inputs, closure = context.resolver.resolve(wanted)
    except (RequestException, RuntimeError, ValueError, SyntaxError, OSError) as error:
        raise UserError(
            f"cannot resolve {service} {version} from {fetcher.repository}: check the network and the version"
        ) from error
    artifacts = [dep.artifact for dep in [*inputs, *(dep for dep in closure if dep.scope in _RUNTIME_SCOPES)]]
    # A dict keeps the order and drops what two ways lead to.
    return [Jar(name) for name in dict.fromkeys(_coordinate(artifact) for artifact in artifacts)]


def _coordinate(artifact: object) -> str:
    """Return `group:artifact:version[:classifier]`."""
    group, name, version, classifier, _packaging = artifact.key  # type: ignore[attr-defined]
    return ":".join(part for part in (group, name, version, classifier) if part)
