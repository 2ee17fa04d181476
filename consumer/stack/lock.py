"""Which jars a version needs: from the committed lock file, else resolved once and trusted on first use.

`python -m consumer.stack.lock` writes the committed file anew for the versions of the settings (or those given as
`kafka=…` and `neo4j=…`): run it after a change of a default version and commit the result.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import requests
from jgo import constants
from jgo.maven import MavenContext, PythonResolver
from jgo.parse import Endpoint

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.download import sha256_of
from consumer.stack.fetch import Fetcher
from consumer.stack.jars import COMMITTED_LOCK, Jar, Lock, Service, endpoint, read_locks, write_locks
from consumer.stack.places import cache_dir

_RUNTIME_SCOPES = ("compile", "runtime")


def repository(settings: StackSettings) -> str:
    """Return the base address of the Maven repository: the setting, else Maven Central as jgo knows it."""
    return settings.maven_url or str(constants.MAVEN_CENTRAL_URL)


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
    context = MavenContext(
        resolver=PythonResolver(),
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
    except (requests.exceptions.RequestException, RuntimeError, ValueError, OSError) as error:
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


def main(arguments: Sequence[str]) -> int:
    """Write the committed lock file for the given or the default versions; return the exit code."""
    settings = StackSettings(**{f"{name}_version": version for name, version in (a.split("=", 1) for a in arguments)})
    fetcher = Fetcher(repository(settings), cache_dir(settings))
    versions = {Service.KAFKA: settings.kafka_version, Service.NEO4J: settings.neo4j_version}
    try:
        locks = [make_lock(service, version, fetcher) for service, version in versions.items()]
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    write_locks(COMMITTED_LOCK, locks)
    for lock in locks:
        sys.stdout.write(f"{lock.service} {lock.version}: {len(lock.jars)} jars, {lock.size_bytes / 1e6:.0f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
