"""Commands as people run them: a process of its own."""

import os
import subprocess
import sys

from govdash.core.settings import ROOT, Settings


def run(*words: str, settings: Settings, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``govdash WORDS`` on an installation; output is read as UTF-8."""
    return subprocess.run(
        [sys.executable, "-m", "govdash", *words],
        cwd=ROOT,
        env=environment(settings) | more,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def start(*words: str, settings: Settings) -> subprocess.Popen[bytes]:
    """Start ``govdash WORDS`` and do not wait for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "govdash", *words],
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a command on this installation, and nothing else of ours."""
    ours = {
        "GOVDASH_VAR": str(settings.var),
        "GOVDASH_DATABASE_URL": settings.database_url,
        "COLUMNS": "200",
    }
    return {k: v for k, v in os.environ.items() if not k.startswith("GOVDASH_")} | ours
