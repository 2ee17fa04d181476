"""Write the committed lock file anew: `python -m consumer.stack.relock [kafka=VERSION] [neo4j=VERSION]`.

Run it after a change of a default version in the settings, read the difference, and commit it with the change.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.fetch import Fetcher
from consumer.stack.jars import COMMITTED_LOCK, Service, write_locks
from consumer.stack.lock import make_lock, repository
from consumer.stack.places import cache_dir


def main(arguments: Sequence[str]) -> int:
    """Write the lock file for the given versions, else the defaults; return the exit code."""
    settings = StackSettings()
    versions = {Service.KAFKA: settings.kafka_version, Service.NEO4J: settings.neo4j_version}
    try:
        versions |= {Service(name): version for name, version in (each.split("=", 1) for each in arguments)}
    except ValueError:
        sys.stderr.write("usage: python -m consumer.stack.relock [kafka=VERSION] [neo4j=VERSION]\n")
        return 2
    try:
        fetcher = Fetcher(repository(settings), cache_dir(settings))
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
