"""requirements.lock is what pyproject.toml asks for, with hashes, and works behind any mirror."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from repository import ROOT, targets, text

PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")


def pins():
    """Name → versions pinned (several where markers choose)."""
    found = {}
    for line in text("requirements.lock").splitlines():
        match = PIN.match(line)
        if match:
            found.setdefault(canonicalize_name(match[1]), set()).add(Version(match[2]))
    return found


def asked():
    """Each requirement of pyproject.toml: the product's, all extras', the dev group's."""
    project = tomllib.loads(text("pyproject.toml"))
    lines = list(project["project"]["dependencies"])
    for extra in project["project"]["optional-dependencies"].values():
        lines += extra
    for group in project["dependency-groups"].values():
        lines += [line for line in group if isinstance(line, str)]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("requirement", asked(), ids=str)
def test_what_is_asked_for_is_pinned_within_its_bounds(requirement):
    """Each requirement has a pin that satisfies it; else somebody forgot `make lock`."""
    versions = pins().get(canonicalize_name(requirement.name))
    assert versions, f"{requirement.name} has no pin in requirements.lock: run make lock"
    outside = [str(version) for version in versions if version not in requirement.specifier]
    assert not outside, f"{requirement} but pinned {outside}: run make lock"


def test_what_is_asked_for_directly_says_so_in_the_lock():
    """The lock's `via` lines name the project for exactly the requirements of pyproject.toml."""
    direct = set()
    current = ""
    for line in text("requirements.lock").splitlines():
        match = PIN.match(line)
        if match:
            current = canonicalize_name(match[1])
        elif "episodes (pyproject.toml" in line or "episodes:dev" in line:
            direct.add(current)
    assert direct == {canonicalize_name(requirement.name) for requirement in asked()}


def test_each_pin_has_a_hash():
    """Nothing is installed that the lock does not know byte for byte."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text("requirements.lock"), flags=re.MULTILINE))
    without = [block.splitlines()[0] for block in blocks if block.strip() and "--hash=sha256:" not in block]
    assert not without


def test_the_lock_names_no_place_to_download_from():
    """No address, no index, no path: whichever mirror the machine uses is used."""
    lock = text("requirements.lock")
    assert "://" not in lock
    assert not re.search(r"--(?:extra-)?index|--find-links|--trusted-host|file:| @ ", lock)


def test_the_lock_tells_how_to_make_it_again():
    """Its head names the command, and the command is there."""
    assert "make lock" in text("requirements.lock").splitlines()[1]
    assert "lock" in targets()


def test_the_lock_is_what_uv_makes_of_pyproject_today(tmp_path):
    """Compiled again from the pins that are there, not a byte changes."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    recipe = re.search(r"^lock:.*\n((?:\t.*\n)+)", text("Makefile"), re.MULTILINE)[1]
    options = [word for word in shlex.split(recipe.replace("\\\n", " "))[1:] if word != "$(ARGS)"]
    made = subprocess.run(  # noqa: S603 - the Makefile's own command
        [uv, *options, "--python", sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    unreachable = ("error sending request", "dns error", "Connection refused", "failed to fetch", "Could not connect")
    if made.returncode and any(sign.lower() in made.stderr.lower() for sign in unreachable):
        pytest.skip(f"no package index can be reached: {made.stderr.strip().splitlines()[-1][:120]}")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "requirements.lock").read_text() == text("requirements.lock"), "run make lock"
