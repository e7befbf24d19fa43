"""Nothing leaks before it is posted: all that anybody may ask a busy office for, searched for all that is not public."""

import base64
import gzip
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import get_args, get_type_hints
from urllib.parse import quote, urlencode

import msgspec
import pytest
from tests.support.applications import application
from tests.support.busy_office import RESTRICTED, SHARED, Busy, Given
from tests.support.leaks import Answer, Asked, ask, found, links, questions

from assay.formats.digest import Digest
from assay.office.case import STAGES
from assay.office.ports import CaseQuery
from assay.register.tiles import Tile

NOBODY = "0" * 64
REGISTER = "/register/"


class Seen(msgspec.Struct, frozen=True):
    busy: Busy
    before: Mapping[str, Answer]
    """What was said of each posted submission before :meth:`Busy.go_on`, and after it."""
    after: Mapping[str, Answer]
    answers: tuple[Answer, ...]


@pytest.fixture(scope="module")
def seen() -> Seen:
    busy = Busy()
    busy.post()
    busy.begin()
    before = dict(posted(busy))
    busy.go_on()
    after = dict(posted(busy))
    busy.end()
    busy.world.service.office.register.publish()
    return Seen(busy, before, after, tuple(crawl(busy)))


def hidden(busy: Busy) -> frozenset[str]:
    return frozenset(word for word in busy.cases if word.startswith("q")) | {"verased", "qtheirs"}


def words(busy: Busy) -> tuple[str, ...]:
    """What may stand nowhere."""
    public = busy.cases.keys() - hidden(busy)
    return (*hidden(busy), *(f"{word}-{what}" for word in public for what in RESTRICTED))


def digests(busy: Busy) -> tuple[Digest, ...]:
    """Of files, commits and attestations of what is not posted, and of what came in secret."""
    found: list[bytes] = []
    for word in sorted(hidden(busy)):
        given = Given(word)
        found += [*given.artifacts, given.raw]
    return tuple(one for one in map(Digest.sha256, found) if one != Digest.sha256(SHARED))


def posted(busy: Busy) -> Iterator[tuple[str, Answer]]:
    """All that is said of the posted submissions, but for receipts, which are new with each checkpoint."""
    for word in sorted(busy.cases.keys() - hidden(busy)):
        for path in (
            "/api/v1/results/{}",
            "/api/v1/results/{}/result.dsse.json",
            "/results/{}",
            "/results/{}/verdict.json",
        ):
            where = path.format(busy.cases[word].payload.value)
            yield f"{word} {path}", ask(busy.world.client, Asked("GET", where))
    for path in ("/api/v1/results?limit=200", "/results", "/results.csv", "/results.json", "/"):
        yield path, ask(busy.world.client, Asked("GET", path))


def crawl(busy: Busy) -> Iterator[Answer]:
    """Each route, then what the answers link to, and so on."""
    client = busy.world.client
    paths, queries = asked_of(busy)
    waiting = list(questions(application(), paths, queries))
    waiting += [Asked("GET", "/api/v1/results?limit=1&sort=" + sort) for sort in sorts()]
    waiting += [
        Asked("GET", path) for path in ("/feed.json", "/feed.atom", "/metrics", "/robots.txt", "/sitemap.xml")
    ]
    known = {(one.method, one.path) for one in waiting}
    while waiting:
        answer = ask(client, waiting.pop())
        yield answer
        for path in sorted(links(answer)):
            if ("GET", path) not in known:
                known.add(("GET", path))
                waiting.append(Asked("GET", path))


def asked_of(busy: Busy) -> tuple[Mapping[str, Collection[str]], Mapping[str, Collection[str]]]:
    payloads = (*(one.payload.value for one in busy.cases.values()), NOBODY)
    organisations = (*(f"org-{word}" for word in busy.cases), "org-nobody")
    size = busy.world.service.office.register.size()
    tiles = [Tile(-1, 0, size % 256).path, Tile(0, 0, size % 256).path, "checkpoint"]
    documents = [f"document/sha256/{one.value}" for one in digests(busy)[::4]] + [f"document/sha256/{NOBODY}"]
    named = [value for word in (*sorted(hidden(busy))[::4], "vplain") for value in names(word)]
    values = {
        "provider": named[0::3], "product": named[1::3], "version": named[2::3], "sort": sorts(),
        "order": ("ascending", "descending"), "stage": STAGES, "result": results(), "limit": ("1",), "format": ("csv", "json"),
        "after": ("7b7d",), "purl": [Given(word).purl for word in busy.cases], "digest": [str(one) for one in digests(busy)[::4]],
        "file": [str(one) for one in digests(busy)[1::4]],
    }  # fmt: skip
    paths = {
        "payload": payloads,
        "key": organisations,
        "path": [*tiles, *documents],
        "name": ("office.css",),
        "": ("0",),
    }
    return paths, values


def names(word: str) -> tuple[str, str, str]:
    given = Given(word)
    return given.provider, given.product, given.version


def sorts() -> tuple[str, ...]:
    return get_args(get_type_hints(CaseQuery)["sort"])


def results() -> tuple[str, ...]:
    return (
        "validated",
        "contradicted",
        "insufficient_evidence",
        "not_sampled",
        "withdrawn",
        "incomplete",
        "",
    )


def told(answer: Answer, busy: Busy) -> frozenset[str]:
    """What *answer* gives away, beside what was asked."""
    data = without(answer.seen, answer.asked.said)
    secrets: list[str | Digest] = [*words(busy), *digests(busy)]
    if not answer.asked.path.startswith(
        REGISTER
    ):  # a submission's entry names its attestation, by a digest that nobody can guess
        secrets += [
            busy.cases[word].payload
            for word in hidden(busy) & busy.cases.keys()
            if word not in answer.asked.path
        ]
    return found(data, secrets)


def test_nothing_that_is_not_posted_stands_anywhere(seen: Seen) -> None:
    assert len(seen.answers) > 1000
    assert {200, 401, 404} <= {one.status for one in seen.answers}
    assert not [one.asked.path for one in seen.answers if one.status >= 500]
    different = {without(one.seen, one.asked.said): one for one in seen.answers}
    wrong = {f"{one.asked.method} {one.asked.path}": told(one, seen.busy) for one in different.values()}
    assert not {path: leaked for path, leaked in wrong.items() if leaked}


def test_what_is_posted_is_there(seen: Seen) -> None:
    """Or the test above would find nothing in an office that says nothing."""
    everything = b"\n".join(one.seen for one in seen.answers)
    for word in sorted(seen.busy.cases.keys() - hidden(seen.busy)):
        for name in names(word):
            assert name.encode() in everything


def test_what_happens_to_it_afterwards_does_not_show(seen: Seen) -> None:
    """Reopened, judged anew, revised, referred, held: a posted result stays as it was posted, and in its place."""
    assert len(seen.before) > 30
    assert seen.before.keys() == seen.after.keys()
    for name, answer in seen.before.items():
        assert answer.status == 200, name
        assert plain(answer) == plain(seen.after[name]), name


def plain(answer: Answer) -> bytes:
    """Without what says how long the register is."""
    data = re.sub(rb"etag: .*\n|content-length: .*\n", b"", answer.seen)
    return re.sub(rb"<(dd|code)[^>]*>[0-9a-f,]+</(dd|code)>| of [0-9,]+, root", b"", data)


def test_a_withdrawal_and_a_lapse_show(seen: Seen) -> None:
    rows = {one["id"]: one for one in listed(seen)}
    assert rows[seen.busy.cases["vwithdrawn"].payload.value]["result"] == "withdrawn"
    assert "lapsed" in rows[seen.busy.cases["vlapsed"].payload.value]
    assert len(rows) == len(seen.busy.cases.keys() - hidden(seen.busy))


def listed(seen: Seen) -> list[dict[str, object]]:
    answer = ask(seen.busy.world.client, Asked("GET", "/api/v1/results?limit=200"))
    return list(msgspec.json.decode(answer.body)["items"])


def test_what_is_not_posted_is_answered_like_what_is_not_there(seen: Seen) -> None:
    busy, client = seen.busy, seen.busy.world.client
    unknown = {one.payload.value for word, one in busy.cases.items() if word in hidden(busy)}
    unknown |= {name for word in hidden(busy) for name in names(word)} | {
        f"org-{word}" for word in hidden(busy)
    }
    unknown |= {f"document/sha256/{one.value}" for one in digests(busy)}
    unknown -= {Given("vplain").provider}
    asked = [one for one in seen.answers if one.asked.said in unknown]
    assert len(asked) > 300
    for one in asked:
        said = one.asked.said
        nobody = nobodys(said, busy)
        other = Asked(one.asked.method, one.asked.path.replace(quoted(said), quoted(nobody)), nobody)
        assert other.path != one.asked.path
        assert alike(one) == alike(ask(client, other)), one.asked.path


def nobodys(said: str, busy: Busy) -> str:
    """As *said*, of what the office has never heard of."""
    said = re.sub("[0-9a-f]{64}", NOBODY, said)
    for word in hidden(busy):
        said = said.replace(word, "x" * len(word))
    return said


def quoted(text: str) -> str:
    return urlencode({"": text})[1:] if "/" not in text or ":" in text else text


def alike(answer: Answer) -> tuple[int, bytes]:
    data = re.sub(rb"etag: .*\n", b"", answer.seen)
    return answer.status, without(data, answer.asked.said)


def without(data: bytes, said: str) -> bytes:
    """Without what was asked, where it is said again; in the address to come back to after a login it is quoted twice."""
    for form in (quote(quoted(said)), quoted(said), said) if said else ():
        data = data.replace(form.encode(), b"?")
    return data


@pytest.mark.parametrize("form", [
    pytest.param(lambda text: text, id="plain"),
    pytest.param(lambda text: text.upper(), id="upper case"),
    pytest.param(lambda text: base64.b64encode(b"a" + text), id="base64"),
    pytest.param(lambda text: base64.urlsafe_b64encode(b"ab" + text).rstrip(b"="), id="base64url"),
    pytest.param(lambda text: text.hex().encode(), id="hexadecimal"),
    pytest.param(lambda text: b"".join(b"%%%02x" % one for one in text), id="percent"),
    pytest.param(lambda text: b"".join(b"\\u%04x" % one for one in text), id="escaped in JSON"),
    pytest.param(lambda text: b"".join(b"&#%d;" % one for one in text), id="escaped in HTML"),
    pytest.param(lambda text: b"xx" + gzip.compress(text) + b"yy", id="gzip"),
    pytest.param(lambda text: base64.b64encode(gzip.compress(base64.b64encode(text))), id="one in the other"),
])  # fmt: skip
def test_a_leak_is_found(form: Callable[[bytes], bytes]) -> None:
    digest = Digest.sha256(b"a file")
    for secret, text in (("Qunder Works", b"of qunder works, as it is"), (digest, digest.value.encode())):
        data = b'{"said":"' + form(text) + b'"}'
        assert found(data, [secret, "something else"]) == {str(secret)}
    for coded in (digest.raw, base64.b64encode(digest.raw), gzip.compress(digest.raw)):
        assert found(b"<" + coded + b">", [digest]) == {str(digest)}


def test_a_planted_leak_is_found(seen: Seen) -> None:
    """A document in the register's files that nobody should see."""
    busy = seen.busy
    answer = ask(busy.world.client, Asked("GET", "/about"))
    secret = Given("qunder")
    leaking = msgspec.structs.replace(answer, body=answer.body + f"<p>{secret.purl}</p>".encode())
    assert told(answer, busy) == frozenset()
    assert told(leaking, busy) == {"qunder"}
