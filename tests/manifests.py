"""What the tests of ops/kubernetes read: its files, resources, containers and settings."""

import yaml
from pydantic import BaseModel
from repository import ROOT

from consumer.settings import Settings

FOLDER = ROOT / "ops" / "kubernetes"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
LISTS = [path for path in FILES if path.name == "kustomization.yaml"]
MANIFESTS = [path for path in FILES if path.suffix == ".yaml" and path not in LISTS]
SETTINGS_FILE = FOLDER / "common" / "settings.env"


def name_of(path):
    """Return the path within ops/kubernetes, for the names of tests."""
    return path.relative_to(FOLDER).as_posix()


def resources(*paths):
    """Return the resources of these files, of all where none is named."""
    return [each for path in paths or MANIFESTS for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def one(kind, name=None):
    """Return the only resource of this kind (and name)."""
    (found,) = [each for each in resources() if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    return found


def workloads():
    """Return what makes pods, by name."""
    return {each["metadata"]["name"]: each for each in resources() if each["kind"] in {"Deployment", "Job"}}


WORKLOADS = workloads()


def pod(name):
    """Return the pod's specification."""
    return WORKLOADS[name]["spec"]["template"]["spec"]


def container(name):
    """Return the pod's only container."""
    (found,) = pod(name)["containers"]
    return found


def variables(*lines):
    """Return NAME=value lines as a mapping, without comments."""
    return dict(line.split("=", 1) for line in lines if line.strip() and not line.startswith("#"))


def plain_settings():
    """Return the shared settings file, and what each kustomization merges into it."""
    found = {"common": variables(*SETTINGS_FILE.read_text(encoding="utf-8").splitlines())}
    for path in LISTS:
        for generator in yaml.safe_load(path.read_text(encoding="utf-8")).get("configMapGenerator", ()):
            assert generator["name"] == "episodes-settings"
            if "literals" in generator:
                assert generator["behavior"] == "merge"
                found[name_of(path)] = variables(*generator["literals"])
    return found


def setting_names():
    """Return every variable that the settings read, with the value that is there when it is not set."""
    settings = Settings()
    names = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            names |= {f"EPISODES_{name}__{inner}".upper(): given for inner, given in value}
        else:
            names[f"EPISODES_{name}".upper()] = value
        names |= dict.fromkeys(getattr(field.validation_alias, "choices", ()), value)
    return names
