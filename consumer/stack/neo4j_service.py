"""Neo4j Community, one database, Bolt only: its configuration and command."""

from __future__ import annotations

from consumer.stack.options import Launch

_MAIN = "org.neo4j.server.Neo4jCommunity"
_MAIN_5 = "org.neo4j.server.CommunityEntryPoint"
"""Of the 5 series, whose LTS is 5.26."""

# Packages Neo4j reaches into; the list of its own start script.
_OPEN_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")


def prepare(launch: Launch) -> list[str]:
    """Write the configuration and return the command that runs the database."""
    home = launch.folder
    conf = home / "conf"
    conf.mkdir(exist_ok=True)
    (conf / "neo4j.conf").write_text(_conf(launch), encoding="utf-8")
    flags = (
        f"-Xmx{launch.settings.neo4j_heap_mb}m",
        "--enable-native-access=ALL-UNNAMED",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPEN_PACKAGES),
    )
    arguments = (f"--home-dir={home}", f"--config-dir={conf}")
    main = _MAIN_5 if launch.settings.neo4j_version.startswith("5.") else _MAIN
    return launch.program.command(main, *arguments, flags=flags)


def _conf(launch: Launch) -> str:
    values = {
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": f"127.0.0.1:{launch.port}",
        "server.bolt.advertised_address": f"127.0.0.1:{launch.port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        # Reachable from this machine only, so that a demo needs no password.
        "dbms.security.auth_enabled": "false",
        "dbms.usage_report.enabled": "false",
        "server.memory.heap.max_size": f"{launch.settings.neo4j_heap_mb}m",
        "server.memory.pagecache.size": f"{launch.settings.neo4j_page_cache_mb}m",
        # Two quiet periods of 5 s at every stop, for clients of a cluster; an unknown name must not refuse to start.
        "internal.dbms.bolt.netty_server_shutdown_quiet_period_duration": "0s",
        "server.config.strict_validation.enabled": "false",
        "db.tx_log.rotation.retention_policy": "keep_none",
    }
    return "".join(f"{name}={value}\n" for name, value in {**values, **launch.overrides}.items())
