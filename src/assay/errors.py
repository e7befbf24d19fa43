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


class Faulty(Malformed):
    """Input that was read to its end and has faults; nothing of it may be kept."""

    def __init__(self, message: str, faults: tuple[tuple[str, str], ...], count: int) -> None:
        super().__init__(message)
        self.faults = faults
        """The first of them: where, and what is wrong."""
        self.count = count
        """Of all."""


class Refused(AssayError):
    """Well-formed, but not acceptable."""


class Untrusted(Refused):
    """A signature that does not verify, or whose signer is unknown, revoked or without authority."""


class Duplicate(Refused):
    """Something that was accepted before and may be accepted only once."""


class Unauthenticated(Refused):
    """Nobody knows who asks. One message, whatever was wrong: it does not tell which part."""


class Forbidden(Refused):
    """Who asks is known and may not do it."""


class Hidden(Forbidden):
    """What is asked about is not there, or is nothing of the caller's: one message for both."""


class Unconfirmed(Forbidden):
    """The caller may do it after confirming with a passkey."""


class Stale(Refused):
    """It has changed since the caller looked at it."""


class TooOften(Refused):
    """Asked more often than is allowed."""

    def __init__(self, message: str, wait_s: float = 1.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s
        """After which it would be allowed."""


class Unavailable(AssayError):
    """The outside world did not answer; the question stays open."""
