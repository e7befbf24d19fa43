"""A beacon asked over HTTP: any relay will do, because nothing of its answer is believed that the chain's key did not sign."""

from urllib.parse import urljoin

from assay.adapters.beacons import MAX_DOCUMENT, OfChain, opened
from assay.adapters.http_client import TIMEOUT_S, HttpClient
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.text import shown
from assay.formats.web_url import parse_url
from assay.register.beacon import Chain, RoundValue


class HttpBeacon(OfChain):
    """*chain* at *url*, the base of a public API such as ``https://beacon.example/``. May be shared by threads."""

    def __init__(self, url: str, chain: Chain, *, timeout_s: float = TIMEOUT_S) -> None:
        super().__init__(chain)
        self.url = url.rstrip("/") + "/"
        if parse_url(self.url).query:
            raise Malformed(f"{shown(url, 200)!r} is no base of a beacon's API: it has a query")
        self._client = HttpClient(timeout_s=timeout_s)

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
