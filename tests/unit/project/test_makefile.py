"""Makefile and .ci/run: what they offer, and that they say and do the same as the README."""

import os
import re
import shutil
import subprocess

import pytest
from repository import ROOT, targets, text


def test_each_target_has_a_line_of_help():
    """`make` alone tells of every target there is."""
    assert not [name for name, said in targets().items() if not said]


def test_each_target_is_phony():
    """A file that happens to be called `test` or `bench` stops no target."""
    phony = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)[1].split()
    assert sorted(phony) == sorted(targets())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_the_targets():
    """Somebody who knows nothing can begin."""
    # These tests run under `make` themselves, which would have its child tell of folders.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    said = subprocess.run(["make"], cwd=ROOT, env=clean, capture_output=True, text=True, check=True).stdout  # noqa: S607
    assert [line.split()[1] for line in said.splitlines()] == list(targets())


def test_ci_runs_the_tests_as_the_readme_says():
    """`.ci/run` calls the README's test command and what `make check` has beyond it."""
    script = text(".ci/run")
    assert re.search(r"^make test\b", text("README.md"), re.MULTILINE)
    assert re.search(r"^make test\b", script, re.MULTILINE)
    assert re.search(r"^make lint\b", script, re.MULTILINE)
    assert "check: lint" in text("Makefile")


def test_ci_can_be_run_and_fails_when_a_step_fails():
    """The script is executable, and bash stops it at errors, also inside a pipe."""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "set -euo pipefail" in text(".ci/run")


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_ci_ends_as_the_tests_end(tmp_path, outcome):
    """With a `make` that only pretends, the closing line is repeated and the exit code is that of the tests."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    pretender = tmp_path / "make"
    code = 0 if outcome == "passed" else 2
    pretender.write_text(f'#!/bin/sh\n[ "$1" = test ] || exit 0\necho "== 3 {outcome} in 0.10s =="\nexit {code}\n')
    pretender.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(  # noqa: S603 - our own script
        [bash, str(tmp_path / ".ci" / "run")],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.splitlines()[-1] == f"== 3 {outcome} in 0.10s =="
    assert (ran.returncode == 0) is (outcome == "passed")
