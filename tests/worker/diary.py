"""A worker in a process of its own that writes its name and the time into a diary, again and again.

Run as: diary.py DATABASE_URL DIARY LEASE_SECONDS.
"""

import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from govdash.core.settings import Settings
from govdash.core.vocab import Job
from govdash.lake import Lake
from govdash.store import Store
from govdash.worker import Worker
from govdash.worker.timed import TimedJob, Work


def main() -> None:
    url, diary, lease = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    settings = Settings.from_environment(
        {"GOVDASH_MODE": "demo", "GOVDASH_DATABASE_URL": url, "GOVDASH_VAR": str(diary.parent)}
    )

    def write(_work: Work, at: datetime) -> str:
        with diary.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {at.timestamp()}\n")
        return "写了一行"

    plan = [TimedJob(Job.LAKE_SYNC, write, timedelta(seconds=0.2))]
    worker = Worker(Store.open(url), Lake.open(settings), settings, plan=plan, lease_seconds=lease)
    worker.start()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    time.sleep(120)


if __name__ == "__main__":
    main()
