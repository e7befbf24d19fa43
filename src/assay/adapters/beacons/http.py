"""A beacon asked over HTTP: any relay will do, because nothing of its answer is believed that the chain's key did not sign."""

from datetime import datetime
from urllib.parse import urljoin

from assay.adapters.beacons import MAX_DOCUMENT, opened
from assay.adapters.http_client import TIMEOUT_S, HttpClient
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.text import shown
from assay.formats.web_url import parse_url
from assay.register.beacon import Chain, RoundValue


class HttpBeacon:
    """*chain* at *url*, the base of a public API such as ``https://beacon.example/``. May be shared by threads."""

    def __init__(self, url: str, chain: Chain, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url.rstrip("/") + "/"
        if parse_url(self.url).query:
            raise Malformed(f"{shown(url, 200)!r} is no base of a beacon's API: it has a query")
        self._chain = chain
        self._client = HttpClient(timeout_s=timeout_s)

    @property
    def name(self) -> str:
        return self._chain.name

    def due(self, round_: int) -> datetime:
        return self._chain.due(round_)

    def round_after(self, moment: datetime) -> int:
        return self._chain.round_after(moment)

    def value(self, round_: int) -> RoundValue:
        self.due(round_)
        url = urljoin(self.url, self._chain.path(round_))
        try:
            answer = self._client.get(url, limit=MAX_DOCUMENT)
        except TooLarge as error:
            raise Unavailable(str(error)) from error
        if answer.status != 200:
            raise Unavailable(f"{shown(url)}: the beacon answers {answer.status}, expected 200")
        return opened(self._chain, answer.body, round_, shown(url))

    def close(self) -> None:
        self._client.close()
