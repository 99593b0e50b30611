"""Timed jobs, run by one process at a time, inside the web process or outside of it."""

from govdash.worker.scheduler import Worker

__all__ = ["Worker"]
