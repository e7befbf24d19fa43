"""The process in which a PDF is read: bytes on standard input, fields as JSON on standard output, nothing else.

It can start no program, open no connection and write no file, and has an end of time and memory.
"""

import logging
import resource
import sys

import msgspec

from assay.collect.pdf_form import MAX_BYTES, read
from assay.errors import Malformed, TooLarge

CPU_S = 20
MEMORY = 2 * 1024 * 1024 * 1024
"""Bytes of address space."""
_FORBIDDEN = (
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.remove", "os.rename", "os.mkdir",
    "socket.", "shutil.", "ctypes.", "urllib.",
)  # fmt: skip


def main() -> None:
    confine()
    try:
        answer: object = read(sys.stdin.buffer.read(MAX_BYTES + 1))
    except TooLarge as error:
        answer = {"too_large": str(error)}
    except Malformed as error:
        answer = {"malformed": str(error)}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def confine() -> None:
    """For good."""
    logging.disable()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, _: object) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a PDF asked for {event}")


if __name__ == "__main__":
    main()
