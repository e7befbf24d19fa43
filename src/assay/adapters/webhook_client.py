"""Webhooks posted over guarded HTTP."""

from assay.adapters.guarded_http import GuardedHttp
from assay.office.deliver import Said

MAX_ANSWER = 64 * 1024


class HttpPost:
    """May be shared by threads."""

    def __init__(self, client: GuardedHttp) -> None:
        self._client = client

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Said:
        answer = self._client.post(
            url, body, limit=MAX_ANSWER, content_type="application/json", headers=headers
        )
        return Said(answer.status, answer.retry_after)
