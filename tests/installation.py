"""A whole installation in a folder, and its server: what the tests of the running thing share."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from govdash.core.settings import ROOT

ARTEFACTS = ROOT / "tests" / "artefacts"
Environment = dict[str, str]


def build(var: Path, *, events: int, **settings: str) -> Environment:
    """Make a demo city; return the environment of its processes."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GOVDASH_")}
    environment |= {"GOVDASH_VAR": str(var)} | {f"GOVDASH_{k}": v for k, v in settings.items()}
    govdash(environment, "init")
    govdash(environment, "demo", "--events", str(events), "--seed", "7")
    return environment


def govdash(environment: Environment, *words: str) -> str:
    """Run a command of the installation and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "govdash", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def account(environment: Environment, login: str) -> list[str]:
    """Return the words of an account's line: login, password, role, name, address of its secret."""
    file = Path(environment["GOVDASH_VAR"]) / "demo" / "accounts.txt"
    lines = [line.split() for line in file.read_text("utf-8").splitlines()]
    return next(words for words in lines if words[0] == login)


@contextmanager
def serving(
    environment: Environment, log_name: str = "server.log", *, port: int = 0
) -> Iterator[str]:
    """Run its server, on a free port when none is named; give the address, ready to work."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    ARTEFACTS.mkdir(exist_ok=True)
    with (ARTEFACTS / log_name).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "govdash", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while True:
        assert process.poll() is None, "the server stopped; see tests/artefacts"
        assert time.monotonic() < end, "the server did not get ready"
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError):
            pass
        time.sleep(0.3)
