"""Every exception that Assay raises on purpose.

Our own misuse is ``ValueError`` or ``TypeError`` and is a bug. The three trees below are not bugs:

* :class:`Malformed`: bytes that are not what their format says; hostile or broken input.
* :class:`Refused`: well-formed input that may not be accepted (bad signature, duplicate, no authority).
* :class:`Unavailable`: the world failed (disk, lock, missing input); nothing is known, so nothing is claimed.
"""


class AssayError(Exception):
    """The root: one line that says what, where, and what was expected."""


class Malformed(AssayError):
    """Input is not in the form its format prescribes."""


class TooLarge(Malformed):
    """Input exceeds a stated limit of size, depth, count or ratio."""


class Unsupported(Malformed):
    """A version, algorithm or variant that this engine does not read."""


class Refused(AssayError):
    """Well-formed, but not acceptable."""


class Untrusted(Refused):
    """A signature that does not verify, or whose signer is unknown, revoked or without authority."""


class Duplicate(Refused):
    """Something that was accepted before and may be accepted only once."""


class Unavailable(AssayError):
    """The outside world did not answer; the question stays open."""
