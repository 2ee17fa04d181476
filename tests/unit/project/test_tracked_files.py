"""What no file of the repository may hold."""

import re

from repository import ROOT, tracked

# In parts, so that this file passes its own test.
HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "maven" + ".org",
    "maven.apache" + ".org",
    "npmjs" + ".org",
    "docker" + ".io",
)
LARGEST = 1_000_000


def texts():
    """Yield name and content of each tracked file that is text."""
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8")


def test_no_file_names_the_host_of_a_package_registry():
    """Whichever mirror a machine is set up for is used; a name in a file would go around it."""
    assert not [(name, host) for name, content in texts() for host in HOSTS if host in content]


def test_no_file_names_a_path_of_somebodys_machine():
    """Nothing depends on where it was written."""
    somebodys = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w")
    assert not [(name, match[0]) for name, content in texts() if (match := somebodys.search(content))]


def test_no_file_is_large():
    """A clone stays small: data and binaries are fetched, not kept."""
    assert not [path.relative_to(ROOT) for path in tracked() if path.stat().st_size > LARGEST]


def test_no_file_holds_a_secret():
    """Nothing looks like a key of a model provider or a private key."""
    secret = re.compile(r"\bsk-[A-Za-z0-9]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----")
    assert not [name for name, content in texts() if secret.search(content)]
