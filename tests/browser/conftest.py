"""Chromium, and the pages of a fictional office from a disk and from a server."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright
from tests.support.pages import ENGINE, OFFICE, PUBLISHED, TRUST

from assay.web.pages import preview, site

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip

PAGES = {
    "index": "index.html",
    **{
        name: f"results/{item.id}/index.html"
        for name, item in zip(
            ("validated", "contradicted", "draft", "nothing", "hostile"), PUBLISHED, strict=True
        )
    },
    "preview": "preview/index.html",
}
"""Name of a page -> its path; every page that an office makes, in its kinds."""


def chromium() -> str:
    """Path of Chromium. Where CI runs, a browser that is absent is a failure; elsewhere the tests say that they skip."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    message = f"no Chromium: none of {', '.join(NAMES)} is on the path, so no page was looked at"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


# Not for the session: its event loop would run on under every later test of the process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield found
        found.close()


class Seen(msgspec.Struct):
    """What a page did beside being shown."""

    console: list[str] = msgspec.field(default_factory=list)
    errors: list[str] = msgspec.field(default_factory=list)
    dialogs: list[str] = msgspec.field(default_factory=list)
    requests: list[str] = msgspec.field(default_factory=list)

    @property
    def quiet(self) -> bool:
        return not (self.console or self.errors or self.dialogs)


Open = Callable[..., tuple[Page, Seen]]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """``open_page(address, width=..., scheme=...)``: the page, and what it did."""
    opened = []

    def show(
        address: str,
        *,
        width: int = 1200,
        scheme: Literal["light", "dark"] = "light",
        until: Literal["load", "networkidle"] = "load",
    ) -> tuple[Page, Seen]:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(context)
        page, seen = context.new_page(), Seen()

        def dismiss(dialog: Dialog) -> None:
            seen.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("console", lambda message: seen.console.append(message.text))
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("dialog", dismiss)
        page.on("request", lambda request: _note(seen, request))
        page.goto(address, wait_until=until)
        return page, seen

    yield show
    for context in opened:
        context.close()


def _note(seen: Seen, request: Request) -> None:
    if not request.url.startswith("data:"):
        seen.requests.append(request.url)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site on a disk, with a preview beside it."""
    root = tmp_path_factory.mktemp("site")
    made = site(OFFICE, ENGINE, PUBLISHED, TRUST)
    made |= {f"preview/{name}": data for name, data in preview("Preview", PUBLISHED[1].verdict, {}).items()}
    for name, data in made.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the test's own output is enough."""


@pytest.fixture(scope="session")
def served(folder: Path) -> Iterator[str]:
    """Address of the site on a server of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["disk", "server"])
def base(request: pytest.FixtureRequest, folder: Path, served: str) -> str:
    return folder.as_uri() if request.param == "disk" else served
