"""ops/kubernetes: whole, closed, set up by settings that exist, and with numbers that follow from measurements."""

import importlib
import math
import re
import shutil
import subprocess

import pytest
import typer
import yaml
from manifests import (
    FILES,
    FOLDER,
    LISTS,
    WORKLOADS,
    container,
    name_of,
    one,
    plain_settings,
    pod,
    resources,
    setting_names,
    variables,
)
from repository import ROOT, text, tracked

import consumer
from consumer.app.stopping import CLOSING_S
from consumer.cli.main import build
from consumer.cli.schema import FILL_S
from consumer.health.server import ROUTES
from consumer.kafka import admin
from consumer.serve.guard import OPEN_PATHS
from consumer.settings import Settings

TO_APPLY = ("base", "schema", "topics", "overlays/production/pods", "overlays/production/schema")
DOCKERFILE = text("ops/image/Dockerfile")
SECRETS = "episodes-secrets"
OF_OPERATORS = {"keda.sh", "kafka.strimzi.io", "monitoring.coreos.com"}
"""Groups of kinds that Kubernetes itself does not know."""
EPISODES_PER_S, CPU_MS_AN_EPISODE, LEAST_MB, MOST_MB = 107, 5.9, 201, 311
"""Measured; a test below holds them equal to docs/benchmarks.md."""


def test_there_is_what_a_deployment_needs():
    """A name that is lost would leave the tests below with nothing to look at."""
    kinds = {each["kind"] for each in resources()}
    assert kinds >= {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "Job", "ServiceAccount"}
    assert kinds >= {"ScaledObject", "PodMonitor", "KafkaTopic", "Namespace"}
    assert set(WORKLOADS) == {"episodes-consumer", "episodes-serve", "episodes-schema"}
    assert all(path in LISTS for path in (FOLDER / each / "kustomization.yaml" for each in TO_APPLY))


@pytest.mark.parametrize("path", LISTS, ids=name_of)
def test_each_list_names_the_files_of_its_folder(path):
    """Every file that is named is there, and every file that is there is named: none is forgotten in silence."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = [*content.get("resources", ()), *content.get("components", ())]
    named += [file for each in content.get("configMapGenerator", ()) for file in each.get("envs", ())]
    for each in named:
        target = (path.parent / each).resolve()
        assert target.is_file() or (target / "kustomization.yaml").is_file(), each
    assert {each for each in named if (path.parent / each).is_file()} == {
        each.name for each in path.parent.iterdir() if each.is_file() and each != path
    }


def test_no_file_is_outside_the_lists():
    """Every folder with files has a kustomization, and each of them is reached from one that is applied."""
    reached, waiting = set(), [FOLDER / each for each in TO_APPLY]
    while waiting:
        folder = waiting.pop().resolve()
        if folder not in reached:
            reached.add(folder)
            content = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
            named = [*content.get("resources", ()), *content.get("components", ())]
            waiting += [folder / each for each in named if (folder / each).is_dir()]
    assert reached == {path.parent.resolve() for path in FILES}


@pytest.mark.parametrize("source", plain_settings())
def test_every_setting_exists_and_its_value_is_accepted(source, monkeypatch):
    """The settings themselves read the variables; a name with a typing error would be ignored in silence."""
    given = plain_settings()[source]
    assert set(given) <= set(setting_names())
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    read = setting_names()
    for name, value in given.items():
        assert str(read[name]) == value or float(read[name]) == float(value), name


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_variable_of_a_container_exists(name):
    """What is not in the settings file is a secret of a setting's name."""
    asked = container(name)["env"]
    assert {each["name"] for each in asked} <= set(setting_names())
    for each in asked:
        reference = each["valueFrom"]["secretKeyRef"]
        assert (reference["name"], reference["key"]) == (SECRETS, each["name"])
    assert container(name)["envFrom"] == [{"configMapRef": {"name": "episodes-settings"}}]


def test_no_secret_is_in_the_files():
    """No Secret is shipped, no variable of a secret has a value, and nothing looks like one."""
    assert "Secret" not in {each["kind"] for each in resources()}
    secret = re.compile(r"PASSWORD|TOKEN$|API_KEY|SECRET|REDIS_URL")
    assert not [name for given in plain_settings().values() for name in given if secret.search(name)]
    assert not [each for name in WORKLOADS for each in container(name)["env"] if "value" in each]
    looks_like_one = re.compile(r"\bsk-\w{8}|://[^/\s]*:[^/\s]*@|BEGIN [A-Z ]*PRIVATE KEY")
    assert not [name_of(path) for path in FILES if looks_like_one.search(path.read_text(encoding="utf-8"))]


def test_the_guide_tells_which_secrets_to_make():
    """Every key that is asked for is in the guide, and none that nobody asks for."""
    asked = {each["name"] for name in WORKLOADS for each in container(name)["env"]}
    block = re.search(r"```ini\n(.*?)```", text("docs/guides/kubernetes.md"), re.DOTALL)
    assert block
    assert set(variables(*(line.removeprefix("#") for line in block[1].splitlines()))) == asked


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_command_exists(name):
    """The image's entry point is `episodes`; the arguments are commands and options of it."""
    assert 'ENTRYPOINT ["episodes"]' in DOCKERFILE
    assert "command" not in container(name)
    command, rest = typer.main.get_command(build()), list(container(name)["args"])
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    assert not hasattr(command, "commands")
    known = {option for parameter in command.params for option in parameter.opts}
    assert {each for each in rest if each.startswith("--")} <= known


def test_the_ports_are_those_that_are_listened_on():
    """The settings, the image, the container, the annotations, the services and the policies name the same ports."""
    health = int(plain_settings()["common"]["EPISODES_HEALTH__PORT"])
    assert f"EXPOSE {health}" in DOCKERFILE
    assert container("episodes-consumer")["ports"] == [{"name": "health", "containerPort": health, "protocol": "TCP"}]
    template = WORKLOADS["episodes-consumer"]["spec"]["template"]
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(health)
    arguments = container("episodes-serve")["args"]
    api = int(arguments[arguments.index("--port") + 1])
    assert container("episodes-serve")["ports"] == [{"name": "http", "containerPort": api, "protocol": "TCP"}]
    opened = [port["port"] for rule in one("NetworkPolicy", "episodes")["spec"]["ingress"] for port in rule["ports"]]
    assert opened == [health]
    assert one("NetworkPolicy", "episodes-serve")["spec"]["ingress"][0]["ports"][0]["port"] == api
    assert one("Service", "episodes-health")["spec"]["ports"][0]["port"] == health
    for service, port in (("episodes-health", "health"), ("episodes-serve", "http")):
        assert one("Service", service)["spec"]["ports"][0]["targetPort"] == port
    assert one("PodMonitor")["spec"]["podMetricsEndpoints"][0]["port"] == "health"


def test_what_the_settings_name_may_be_reached():
    """Kafka's and Neo4j's ports, HTTPS and names are let out; the policy is about all pods of ours."""
    policy = one("NetworkPolicy", "episodes")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    let_out = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    given = plain_settings()["common"]
    used = {
        given["EPISODES_KAFKA__BOOTSTRAP_SERVERS"].rpartition(":")[2],
        given["EPISODES_NEO4J__URI"].rpartition(":")[2],
    }
    assert {int(port) for port in used} | {53, 443} <= let_out
    ours = {"matchLabels": {"app.kubernetes.io/name": "episodes"}}
    to_ours = [rule["ports"] for rule in policy["egress"] if rule.get("to") == [{"podSelector": ours}]]
    from_ours = [rule["ports"] for rule in policy["ingress"] if {"podSelector": ours} in rule["from"]]
    assert to_ours == from_ours != []


@pytest.mark.parametrize(
    ("name", "paths"),
    [("episodes-consumer", set(ROUTES)), ("episodes-serve", set(OPEN_PATHS))],
)
def test_probes_ask_what_is_answered_without_a_token(name, paths):
    """Liveness and start ask /livez, readiness /readyz, on a port that the container names."""
    asked = {kind: container(name)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {probe["path"] for probe in asked.values()} <= paths
    assert [asked[kind]["path"] for kind in ("startup", "liveness", "readiness")] == ["/livez", "/livez", "/readyz"]
    assert {probe["port"] for probe in asked.values()} == {port["name"] for port in container(name)["ports"]}


def test_probes_are_those_of_the_operations_page():
    """The page and the manifest say the same."""
    shown = re.search(r"### Probes for Kubernetes\n+```yaml\n(.*?)```", text("docs/operations.md"), re.DOTALL)
    assert shown
    told = yaml.safe_load(shown[1])
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container("episodes-consumer")[kind] == told[kind]
    assert pod("episodes-consumer")["terminationGracePeriodSeconds"] == told["terminationGracePeriodSeconds"]


def test_a_pod_is_given_the_time_it_needs():
    """A stop ends by itself before it is ended; a start waits for what is outside; the Job for its indexes."""
    stop_s = float(plain_settings()["common"]["EPISODES_STOP_DEADLINE_S"])
    settings = Settings()
    assert stop_s > settings.kafka.drain_deadline_s
    assert pod("episodes-consumer")["terminationGracePeriodSeconds"] > stop_s + CLOSING_S
    hook_s = int(container("episodes-serve")["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod("episodes-serve")["terminationGracePeriodSeconds"] > hook_s + settings.serve.stop_s
    probe = container("episodes-consumer")["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] > settings.startup_wait_s
    assert WORKLOADS["episodes-schema"]["spec"]["activeDeadlineSeconds"] > FILL_S


@pytest.mark.parametrize("name", WORKLOADS)
def test_pods_are_closed(name):
    """The image's user, nothing to write to but /tmp, no rights, no token of the cluster, no variables of services."""
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    context = pod(name)["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"], context["runAsGroup"]) == (True, int(user), int(user))
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod(name)["automountServiceAccountToken"] is False
    assert pod(name)["enableServiceLinks"] is False
    assert pod(name)["serviceAccountName"] == one("ServiceAccount")["metadata"]["name"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod(name))
    assert [set(volume) for volume in pod(name)["volumes"]] == [{"name", "emptyDir"}]
    assert [mount["mountPath"] for mount in container(name)["volumeMounts"]] == ["/tmp"]  # noqa: S108 - a mount
    assert container(name)["image"] == f"episodes:{consumer.__version__}"


def test_selectors_match_labels():
    """Each selector selects the pods it is meant for, and no others."""
    labels = {name: each["spec"]["template"]["metadata"]["labels"] for name, each in WORKLOADS.items()}

    def selected(by):
        return {name for name, own in labels.items() if by.items() <= own.items()}

    for name in ("episodes-consumer", "episodes-serve"):
        assert selected(WORKLOADS[name]["spec"]["selector"]["matchLabels"]) == {name}
    assert selected(one("Service", "episodes-health")["spec"]["selector"]) == {"episodes-consumer"}
    assert selected(one("Service", "episodes-serve")["spec"]["selector"]) == {"episodes-serve"}
    assert selected(one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]) == {"episodes-consumer"}
    assert selected(one("PodMonitor")["spec"]["selector"]["matchLabels"]) == {"episodes-consumer"}
    (spread,) = pod("episodes-consumer")["topologySpreadConstraints"]
    assert selected(spread["labelSelector"]["matchLabels"]) == {"episodes-consumer"}
    policies = {name: one("NetworkPolicy", name)["spec"]["podSelector"] for name in ("episodes", "episodes-serve")}
    assert selected(policies["episodes"]["matchLabels"]) == set(WORKLOADS)
    assert selected(policies["episodes-serve"]["matchLabels"]) == {"episodes-serve"}
    assert one("ScaledObject")["spec"]["scaleTargetRef"]["name"] == "episodes-consumer"


def test_requests_follow_from_what_was_measured():
    """CPU for the measured rate, memory for the most that was seen, and no limit of CPU."""
    page = text("docs/benchmarks.md")
    assert re.search(rf"\*\*episodes/s, .*\| \*\*{EPISODES_PER_S}\*\* \|", page)
    assert re.search(rf"CPU ms an episode: pod \| [\d.]+ \| {CPU_MS_AN_EPISODE} \|", page)
    assert re.search(rf"memory of the pod, MB \| {LEAST_MB} \| {MOST_MB} at most", page)
    asked = container("episodes-consumer")["resources"]
    cores = int(asked["requests"]["cpu"].removesuffix("m")) / 1000
    needed = EPISODES_PER_S * CPU_MS_AN_EPISODE / 1000
    assert needed <= cores < needed * 1.25
    request, limit = (int(asked[kind]["memory"].removesuffix("Mi")) * 2**20 for kind in ("requests", "limits"))
    assert MOST_MB * 1e6 <= request < MOST_MB * 1e6 * 1.25
    assert limit == 2 * request
    assert "cpu" not in asked["limits"]


def test_the_scaler_does_its_sums():
    """Most pods from the model's quota and the partitions, the lag a pod may have from its rate; each pod its share."""
    scaled = one("ScaledObject")
    told = {name.removeprefix("episodes/"): float(each) for name, each in scaled["metadata"]["annotations"].items()}
    quota = told["quota-requests-per-min"] * told["share-of-quota"]
    calls_per_s = Settings().concurrency / told["seconds-a-call"]
    partitions = int(plain_settings()["common"]["EPISODES_KAFKA__PARTITIONS"])
    most = min(math.floor(quota / (calls_per_s * 60)), partitions)
    assert scaled["spec"]["maxReplicaCount"] == most
    rate = math.floor(min(EPISODES_PER_S, calls_per_s / told["calls-an-episode"]))
    (trigger,) = scaled["spec"]["triggers"]
    assert int(trigger["metadata"]["lagThreshold"]) == told["target-wait-s"] * rate
    share = plain_settings()["components/keda/kustomization.yaml"]["EPISODES_LLM__REQUESTS_PER_MIN"]
    assert int(share) == math.floor(quota / most)
    assert 1 <= scaled["spec"]["minReplicaCount"] < most


def test_the_scaler_reads_the_lag_of_our_group():
    """The topic, group and brokers are those of the settings, and the topic has as many partitions as they say."""
    given, (trigger,) = plain_settings()["common"], one("ScaledObject")["spec"]["triggers"]
    read = trigger["metadata"]
    assert read["bootstrapServers"] == given["EPISODES_KAFKA__BOOTSTRAP_SERVERS"]
    assert read["consumerGroup"] == given["EPISODES_KAFKA__CONSUMER_GROUP"]
    assert read["topic"] == given["EPISODES_KAFKA__TOPIC"]
    assert read["offsetResetPolicy"] == "earliest"
    assert one("KafkaTopic", given["EPISODES_KAFKA__TOPIC"])["spec"]["partitions"] == int(
        given["EPISODES_KAFKA__PARTITIONS"]
    )


def test_topics_are_as_we_would_make_them():
    """Kept for ever, and dead letters for as long and as large as the product's own."""
    settings = Settings()
    episodes = one("KafkaTopic", settings.kafka.topic)["spec"]
    letters = one("KafkaTopic", settings.kafka.dead_letter_topic)["spec"]
    assert (episodes["config"]["retention.ms"], episodes["config"]["cleanup.policy"]) == (-1, "delete")
    assert episodes["config"]["max.message.bytes"] > settings.pipeline.max_value_bytes
    assert letters["config"]["max.message.bytes"] == admin.DEAD_LETTER_MAX_BYTES
    assert letters["config"]["retention.ms"] == admin.DEAD_LETTER_RETENTION_MS
    for spec in (episodes, letters):
        assert spec["replicas"] > spec["config"]["min.insync.replicas"] > 1


def test_pods_keep_to_the_strictest_standard():
    """The namespace refuses pods that do not."""
    assert one("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_path_that_the_guide_applies_is_there():
    """What `kubectl apply -k` and `-f` name in the guide are folders and files of ours."""
    shown = re.findall(r"\bops/kubernetes[\w./-]*", text("docs/guides/kubernetes.md"))
    assert {"ops/kubernetes/overlays/production/pods", "ops/kubernetes/overlays/production/schema"} <= set(shown)
    assert not [each for each in shown if not (ROOT / each.rstrip(".")).exists()]
    for folder in re.findall(r"apply (?:--dry-run=server )?-k (\S+)", text("docs/guides/kubernetes.md")):
        assert (ROOT / folder / "kustomization.yaml").is_file(), folder


def test_the_files_are_under_version_control():
    """What is listed here is shipped."""
    assert set(FILES) <= set(tracked())


def test_manifests_are_valid():
    """Kubernetes' own schemas accept them, with no field that they do not know; the other kinds are of operators."""
    try:
        package = importlib.import_module("kubernetes_validate")
    except ImportError:
        pytest.skip("no schemas of Kubernetes: pip install kubernetes-validate (108 MB)")
    checked = [each for each in resources() if each["apiVersion"].split("/")[0] not in OF_OPERATORS]
    assert len(checked) >= len(WORKLOADS)
    for each in checked:
        package.validate(each, package.latest_version(), strict=True)


def built(folder):
    """Return the resources that kubectl makes of a folder, or skip."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("no kubectl, which puts kustomizations together")
    result = subprocess.run([program, "kustomize", str(FOLDER / folder)], capture_output=True, text=True, check=False)  # noqa: S603 - Kubernetes' own tool
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


@pytest.mark.parametrize("folder", TO_APPLY)
def test_kubectl_puts_the_folders_together(folder):
    """The names of generated settings are put where they are referred to, and no resource is there twice."""
    made = built(folder)
    names = [(each["kind"], each["metadata"]["name"]) for each in made]
    assert len(set(names)) == len(names)
    pods = [each for each in made if each["kind"] in {"Deployment", "Job"}]
    used = {
        source["configMapRef"]["name"]
        for each in pods
        for container in each["spec"]["template"]["spec"]["containers"]
        for source in container["envFrom"]
    }
    assert used == {name for kind, name in names if kind == "ConfigMap"}


def test_the_production_overlay_is_in_one_place():
    """One namespace, one registry, a share of the quota; only the scaler says how many pods; none is scraped twice."""
    made = built("overlays/production/pods")
    spaces = {each["metadata"].get("namespace") for each in made if each["kind"] != "Namespace"}
    assert spaces == {one("Namespace")["metadata"]["name"]}
    deployments = {each["metadata"]["name"]: each["spec"] for each in made if each["kind"] == "Deployment"}
    assert "replicas" not in deployments["episodes-consumer"]
    assert "annotations" not in deployments["episodes-consumer"]["template"]["metadata"]
    images = {each["template"]["spec"]["containers"][0]["image"].rpartition(":")[0] for each in deployments.values()}
    assert images == {"registry.example/episodes"}
    (settings,) = [each["data"] for each in made if each["kind"] == "ConfigMap"]
    assert settings["EPISODES_LLM__REQUESTS_PER_MIN"]
    assert set(plain_settings()["common"]) <= set(settings)
