"""The policy file of c2sp.org/tlog-policy: known logs, known witnesses, and how many of whom are enough.

Names are octets to the format; they are held as text in which octets that are not UTF-8 stay what they were. That the
keys are of fitting types is for the reader of the policy to check.
"""

import re
from collections.abc import Callable
from typing import NoReturn

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.note import Vkey
from assay.formats.text import shown

NONE = "none"
"""The quorum that asks for nobody."""
MAX_BYTES = 512 * 1024
MAX_LOGS = 64
MAX_WITNESSES = 48
"""So that all of them fit into one note beside the log's own signatures."""
MAX_GROUPS = 64
MAX_WORD = 2048

_SPACES = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}\Z")


class PolicyLog(msgspec.Struct, frozen=True):
    vkey: Vkey
    url: str = ""


class PolicyWitness(msgspec.Struct, frozen=True):
    name: str
    """Means nothing outside the file."""
    vkey: Vkey
    url: str = ""


class PolicyGroup(msgspec.Struct, frozen=True):
    name: str
    threshold: int
    members: tuple[str, ...]
    """Names of witnesses and of groups that stand before it."""


class TlogPolicy(msgspec.Struct, frozen=True):
    """Every name is defined before it is used, and is a member of one group at most."""

    quorum: str
    """A witness, a group, or :data:`NONE`."""
    logs: tuple[PolicyLog, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[PolicyGroup, ...] = ()

    @classmethod
    def parse(cls, data: bytes, *, what: str = "policy") -> "TlogPolicy":
        """Read a policy file; an error names the line."""
        if len(data) > MAX_BYTES:
            raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BYTES}")
        text = data.decode("utf-8", errors="surrogateescape")
        if not text.endswith("\n"):
            raise Malformed(f"{what} does not end with a newline")
        if control := _CONTROL.search(text):
            row = text.count("\n", 0, control.start()) + 1
            raise Malformed(f"{what} line {row}: control character {ord(control[0]):#04x}")
        reader = _Reader(what)
        for number, line in enumerate(text[:-1].split("\n"), 1):
            reader.read(number, line)
        return reader.policy()

    def encode(self) -> bytes:
        """One spelling of the same policy: logs, witnesses, groups, quorum."""
        lines = [
            *(_line("log", log.vkey.encode(), log.url) for log in self.logs),
            *(_line("witness", one.name, one.vkey.encode(), one.url) for one in self.witnesses),
            *(_line("group", one.name, str(one.threshold), *one.members) for one in self.groups),
            _line("quorum", self.quorum),
        ]
        return "".join(lines).encode("utf-8", errors="surrogateescape")


class _Reader:
    """What was read so far."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._at = 0
        self._logs: list[PolicyLog] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[PolicyGroup] = []
        self._names: set[str] = set()
        self._members: set[str] = set()
        self._quorum: str | None = None
        self._readers: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._take_quorum,
        }

    def read(self, number: int, line: str) -> None:
        self._at = number
        words = [word for word in _SPACES.split(line) if word]
        if not words or words[0].startswith("#"):
            return
        if over := [word for word in words if len(word) > MAX_WORD]:
            raise TooLarge(
                f"{self._what} line {number}: a word has {len(over[0])} characters, over {MAX_WORD}"
            )
        reader = self._readers.get(words[0])
        if reader is None:
            self._fail(f"{_shown(words[0])}, expected {', '.join(self._readers)}")
        reader(words[1:])

    def policy(self) -> TlogPolicy:
        if self._quorum is None:
            raise Malformed(f"{self._what} has no quorum line")
        return TlogPolicy(self._quorum, tuple(self._logs), tuple(self._witnesses), tuple(self._groups))

    def _log(self, words: list[str]) -> None:
        if not 1 <= len(words) <= 2:
            self._fail("a log is a verifier key and perhaps a URL")
        self._room(len(self._logs), MAX_LOGS, "logs")
        vkey = self._vkey(words[0])
        if any(one.vkey.public == vkey.public for one in self._logs):
            self._fail(f"the key of log {_shown(vkey.name)} stands there twice")
        self._logs.append(PolicyLog(vkey, *words[1:]))

    def _witness(self, words: list[str]) -> None:
        if not 2 <= len(words) <= 3:
            self._fail("a witness is a name, a verifier key and perhaps a URL")
        self._room(len(self._witnesses), MAX_WITNESSES, "witnesses")
        self._define(words[0])
        vkey = self._vkey(words[1])
        if any(one.vkey.public == vkey.public for one in self._witnesses):
            self._fail(f"the key of witness {_shown(words[0])} stands there twice")
        self._witnesses.append(PolicyWitness(words[0], vkey, *words[2:]))

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            self._fail("a group is a name, 'any', 'all' or a number, and one member or more")
        self._room(len(self._groups), MAX_GROUPS, "groups")
        name, threshold, *members = words
        for member in members:
            self._known(member)
            if member in self._members:
                self._fail(f"{_shown(member)} is a member for the second time")
            self._members.add(member)
        self._define(name)
        self._groups.append(PolicyGroup(name, self._threshold(threshold, len(members)), tuple(members)))

    def _take_quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            self._fail("a quorum is one name")
        if self._quorum is not None:
            self._fail("there is a second quorum")
        if words[0] != NONE:
            self._known(words[0])
        self._quorum = words[0]

    def _threshold(self, word: str, members: int) -> int:
        if word in {"any", "all"}:
            return 1 if word == "any" else members
        if not _NUMBER.match(word) or int(word) > members:
            self._fail(f"threshold {_shown(word)}, expected 'any', 'all' or 1 to {members}")
        return int(word)

    def _define(self, name: str) -> None:
        if name == NONE or name in self._names:
            self._fail(f"the name {_shown(name)} is taken")
        self._names.add(name)

    def _known(self, name: str) -> None:
        if name not in self._names:
            self._fail(f"{_shown(name)} is no witness or group of a line before")

    def _room(self, count: int, limit: int, what: str) -> None:
        if count >= limit:
            raise TooLarge(f"{self._what} line {self._at}: over {limit} {what}")

    def _vkey(self, word: str) -> Vkey:
        try:
            word.encode()
        except UnicodeEncodeError:
            self._fail("a verifier key is not UTF-8")
        try:
            return Vkey.parse(word)
        except Malformed as error:
            raise type(error)(f"{self._what} line {self._at}: {error}") from error

    def _fail(self, why: str) -> NoReturn:
        raise Malformed(f"{self._what} line {self._at}: {why}")


def _line(*words: str) -> str:
    return " ".join(word for word in words if word) + "\n"


def _shown(word: str) -> str:
    return repr(shown(word, 60))
