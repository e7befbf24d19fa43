"""Read a PDF in a process of its own, so that a hostile one costs that process and nothing more."""

import os
import subprocess
import sys
from importlib.util import find_spec

import msgspec

from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.form_field import FormField

WALL_S = 60
CHILD = "assay.collect.pdf_child"
MISSING = "reading a PDF needs the extra 'server': install assay-office[server], or bring the values as CSV"


class PdfAnswer(msgspec.Struct, frozen=True):
    fields: tuple[FormField, ...] = ()
    notes: tuple[str, ...] = ()
    """What else is in the file and was left alone."""
    malformed: str = ""
    too_large: str = ""


def read(data: bytes, *, what: str) -> PdfAnswer:
    """The fields of the form in *data*; :class:`Malformed` in one line for anything else. Unavailable without pypdf."""
    if find_spec("pypdf") is None:
        raise Unavailable(MISSING)
    # Neither the folder that this was started in nor a setting of the caller reaches the process, only where the code is.
    path = os.pathsep.join(entry for entry in sys.path if entry)
    try:
        ran = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-P", "-W", "ignore", "-m", CHILD],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": path, "PATH": "", "LC_ALL": "C.UTF-8"},
            timeout=WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooLarge(f"{what} takes over {WALL_S} s to read") from error
    except OSError as error:
        raise Unavailable(f"cannot start the reader of {what}: {error.strerror or error}") from error
    if ran.returncode:
        raise TooLarge(
            f"{what} takes too much time or memory to read, or breaks the reader (code {ran.returncode})"
        )
    answer = msgspec.json.decode(ran.stdout, type=PdfAnswer)
    if answer.too_large:
        raise TooLarge(f"{what} {answer.too_large}")
    if answer.malformed:
        raise Malformed(f"{what} {answer.malformed}")
    return answer
