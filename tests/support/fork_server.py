"""``assay`` in processes of its own that do not load it again: a server that has loaded it is forked for each.

What a test sees is a process like any: its folder, its environment, its files, its exit code, its death. Only its keyfiles are
other than elsewhere: as cheap to open as keyfiles may be.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, Self

ROOT = Path(__file__).resolve().parents[2]
MAX_ASKED = 1 << 17
"""Bytes of arguments and environment."""
LEFT_OUT = ("assay.__main__", "assay.adapters.sql.migrations.")
"""What does something when it is loaded."""


class Program:
    """``assay *arguments*`` while it runs: as much of :class:`subprocess.Popen` as is used.

    *stdout*, *stderr*: file descriptors, or ``subprocess.PIPE``, for no more than a pipe holds.
    """

    def __init__(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: int, stderr: int
    ) -> None:
        self.returncode: int | None = None
        self._told, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        umask = os.umask(0)
        os.umask(umask)
        asked = json.dumps([list(arguments), str(cwd), dict(env), umask]).encode()
        with ExitStack() as stack:
            told = stack.enter_context(theirs)
            nothing = stack.enter_context(Path(os.devnull).open("rb"))
            self.stdout, to = _piped(stdout, stack)
            self.stderr, complains_to = _piped(stderr, stack)
            socket.send_fds(_server(), [asked], [nothing.fileno(), to, complains_to, told.fileno()])
        self.pid = self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self.stdout, self.stderr):
            if one is not None:
                one.close()
        self.wait()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it wrote to pipes, once it has ended."""
        self.wait(timeout)
        out, err = ("" if one is None or one.closed else one.read() for one in (self.stdout, self.stderr))
        self.__exit__()
        return out, err

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = self._answer()
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired("assay", timeout or 0) from error
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _answer(self) -> int:
        found = self._told.recv(32)
        if not found:
            raise RuntimeError("the server that programs are forked from has ended")
        return int(found)


def run(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err = os.memfd_create("out"), os.memfd_create("err")
    with os.fdopen(out, encoding="utf-8") as said, os.fdopen(err, encoding="utf-8") as complained:
        program = Program(arguments, cwd=cwd, env=env, stdout=out, stderr=err)
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        said.seek(0)
        complained.seek(0)
        return code, said.read(), complained.read()


def _piped(given: int, stack: ExitStack) -> tuple[IO[str] | None, int]:
    """The end to read from, where there is one, and the descriptor to write to."""
    if given != subprocess.PIPE:
        return None, given
    ours, theirs = os.pipe()
    stack.callback(os.close, theirs)
    return os.fdopen(ours, encoding="utf-8"), theirs


@cache
def _server() -> socket.socket:
    """Where to ask the one of this process; it ends when that is closed, as it is by any death of this process."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.support.fork_server", str(theirs.fileno())]
    with theirs:
        server = subprocess.Popen(command, cwd=ROOT, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
    atexit.register(server.wait)
    atexit.register(ours.close)
    return ours


class _Served:
    """The server's side."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._running: dict[int, socket.socket] = {}
        self._wake, wakes = os.pipe()
        os.set_blocking(wakes, False)
        signal.set_wakeup_fd(wakes)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> list[str] | None:
        """In each process that is forked its arguments; None in this one, at the end."""
        while True:
            ready, _, _ = select.select([self._asked.fileno(), self._wake], [], [])
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            if self._asked.fileno() not in ready:
                continue
            data, given, _, _ = socket.recv_fds(self._asked, MAX_ASKED, 4)
            if not data:
                for pid in self._running:
                    os.kill(pid, signal.SIGKILL)
                return None
            told = socket.socket(fileno=given[3])
            pid = os.fork()
            if not pid:
                return self._become(data, given)
            for one in given[:3]:
                os.close(one)
            self._running[pid] = told
            told.send(b"%d" % pid)

    def _reap(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._running.pop(pid) as told, suppress(OSError):  # nobody may be waiting
                told.send(b"%d" % os.waitstatus_to_exitcode(status))

    def _become(self, data: bytes, given: list[int]) -> list[str]:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in range(3):
            os.dup2(given[number], number)
        os.closerange(3, max(os.sysconf("SC_OPEN_MAX"), 4096))
        _open_streams()
        arguments, cwd, env, umask = json.loads(data)
        os.environ.clear()
        os.environ.update(env)
        os.chdir(cwd)
        os.umask(umask)
        return list(arguments)


def _open_streams() -> None:
    """As a new process does; those of the server remember what kind of file theirs were."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        buffering, mode = (1 if name == "stderr" else -1), ("r" if name == "stdin" else "w")
        new = os.fdopen(number, mode, buffering, old.encoding, old.errors, closefd=False)
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def _load() -> None:
    import assay
    from assay.crypto import keyfile
    from assay.packs import shipped
    from assay.web.pages import environment

    for found in walk_packages(assay.__path__, "assay."):
        if not found.name.startswith(LEFT_OUT):
            import_module(found.name)
    keyfile.COST = keyfile.COSTS.start
    for ref in shipped.refs():
        shipped.load(ref)
    for name in environment().list_templates(("html",)):
        environment().get_template(name)
    gc.collect()
    gc.freeze()


def _main(asked: socket.socket) -> None:
    _load()
    arguments = _Served(asked).serve()
    if arguments is not None:
        import assay
        from assay.cli import main

        sys.argv = [str(Path(assay.__file__).with_name("__main__.py")), *arguments]
        main()


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
