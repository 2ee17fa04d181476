#!/usr/bin/env python3
"""Builds Jaeger from its Go module into the cache of the local stack, for the tests of traces; prints where it is.

    python ops/jaeger/build.py        # what `make jaeger` runs; needs Go 1.24 or newer and 3 GB for a while

Jaeger 1's all-in-one: one program, traces in memory. Its web page is not in the module (`docker compose up` has one),
its API is. `go install` refuses the module for its replace directive, so it is built in its own folder, which has the
sums of all it depends on. Takes some minutes; the program is kept, what it was built from is not.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from consumer.settings import StackSettings
from consumer.stack.places import cache_dir

VERSION = "1.76.0"
MODULE = f"github.com/jaegertracing/jaeger@v{VERSION}"
TIMEOUT_S = 1_800


def place() -> Path:
    """Return where the program is, or would be."""
    return cache_dir(StackSettings()) / "tools" / f"jaeger-all-in-one-{VERSION}"


def build(go: str) -> Path:
    """Have the program at its place and return that; several processes may build at once."""
    program = place()
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent, prefix="building-") as folder:
        environment = {
            **os.environ,  # noqa: TID251 - a program of its own, and Go reads its proxy from there
            "CGO_ENABLED": "0",
            "GOFLAGS": "-trimpath -modcacherw",  # writable, so that the folder can be taken away
            "GOMODCACHE": f"{folder}/modules",
            "GOCACHE": f"{folder}/built",
        }

        def run(*arguments: str, cwd: str | None = None) -> str:
            done = subprocess.run(  # noqa: S603 - the Go of this machine
                [go, *arguments],
                cwd=cwd,
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                timeout=TIMEOUT_S,
            )
            return done.stdout

        sources = json.loads(run("mod", "download", "-json", MODULE))["Dir"]
        made = Path(folder) / program.name
        run("build", "-ldflags", "-s -w", "-o", str(made), "./cmd/all-in-one", cwd=sources)
        made.replace(program)
    return program


def find_go() -> str | None:
    """Return the Go of this machine; its own installer's folder is not on everybody's path."""
    return shutil.which("go") or shutil.which("/usr/local/go/bin/go")


def main() -> int:
    """Build and print the place; 1 without Go or when the build fails."""
    if place().exists():
        sys.stdout.write(f"{place()}\n")
        return 0
    go = find_go()
    if go is None:
        sys.stderr.write("no Go found: the tests of traces use a small receiver instead of Jaeger\n")
        return 1
    try:
        sys.stdout.write(f"{build(go)}\n")
    except (subprocess.SubprocessError, OSError) as error:
        sys.stderr.write(f"Jaeger was not built: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
