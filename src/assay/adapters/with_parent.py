"""Processes that are there for another one alone, and must not outlive it."""

import os
import threading
from multiprocessing import parent_process


def end_with_parent() -> None:
    """In a process that :mod:`multiprocessing` started: end at once when whoever started it is gone, killed or not."""
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
