"""The bundle: a mapping of few names to bytes, the same on every carrier."""

import gzip
import io
import tarfile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.attestations import FULL

from assay.errors import Malformed, TooLarge
from assay.formats import bundle
from assay.formats.bundle import Bundle, Missing
from assay.formats.digest import Digest

ONE, TWO = b"one artifact", b"two artifacts"
BUNDLE = Bundle(b'{"payload":""}', b'{"customers":[]}', {Digest.sha256(data): data for data in (ONE, TWO)})
PATH_ONE = bundle.artifact_path(Digest.sha256(ONE))
TAR = bundle.write_tar(BUNDLE)

bundles = st.builds(
    Bundle,
    st.binary(max_size=1500),
    st.none() | st.binary(max_size=600),
    st.lists(st.binary(max_size=600), max_size=3).map(
        lambda items: {Digest.sha256(data): data for data in items}
    ),
)


@given(bundles)
def test_round_trips(found: Bundle) -> None:
    assert bundle.from_files(bundle.to_files(found)) == found
    assert bundle.read_tar(bundle.write_tar(found)) == found
    assert bundle.read_tar(bundle.write_tar_gz(found)) == found


@given(bundles)
def test_one_bundle_has_one_tar(found: Bundle) -> None:
    turned = msgspec.structs.replace(found, artifacts=dict(reversed(list(found.artifacts.items()))))
    assert bundle.write_tar(turned) == bundle.write_tar(found)


def test_the_standard_library_reads_the_tar() -> None:
    with tarfile.open(fileobj=io.BytesIO(TAR)) as found:
        members = found.getmembers()
        assert [member.name for member in members] == sorted(bundle.to_files(BUNDLE))
        assert {(member.mtime, member.uid, member.gid, member.mode, member.uname) for member in members} == {
            (0, 0, 0, 0o644, "")
        }


def packed(*members: tuple[str, bytes | None, bytes], gz: bool = False) -> bytes:
    """A tar made by the standard library: (name, data, type)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if gz else "w") as out:
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data or b""), "attestation.dsse.json"
            out.addfile(info, io.BytesIO(data) if data is not None else None)
    return buffer.getvalue()


ENVELOPE = ("attestation.dsse.json", b"{}", tarfile.REGTYPE)


@pytest.mark.parametrize("gz", [False, True])
def test_reads_what_tar_writes(gz: bool) -> None:
    data = packed(
        ("./", None, tarfile.DIRTYPE),
        ("./attestation.dsse.json", b"{}", tarfile.REGTYPE),
        ("./artifacts", None, tarfile.DIRTYPE),
        ("./artifacts/sha256", None, tarfile.DIRTYPE),
        (f"./{PATH_ONE}", ONE, tarfile.REGTYPE),
        gz=gz,
    )
    assert bundle.read_tar(data) == Bundle(b"{}", None, {Digest.sha256(ONE): ONE})


@pytest.mark.parametrize(
    ("member", "message"),
    [
        pytest.param(ENVELOPE, "member 'attestation.dsse.json' is there twice", id="file twice"),
        pytest.param(("customers.json", None, tarfile.SYMTYPE), "'customers.json' is a symlink, expected a regular file", id="symbolic link"),
        pytest.param(("customers.json", None, tarfile.LNKTYPE), "'customers.json' is a hardlink, expected a regular file", id="hard link"),
        pytest.param(("customers.json", None, tarfile.FIFOTYPE), "is a device or pipe", id="pipe"),
        pytest.param(("customers.json", None, tarfile.DIRTYPE), "'customers.json' is a directory, expected a regular file", id="folder"),
        pytest.param(("other", None, tarfile.DIRTYPE), "'other' is a directory", id="other folder"),
        pytest.param(("/customers.json", b"{}", tarfile.REGTYPE), "absolute path", id="absolute path"),
        pytest.param(("artifacts/../customers.json", b"{}", tarfile.REGTYPE), "'..'", id="way up"),
        pytest.param(("artifacts/sha256/../../customers.json", b"{}", tarfile.REGTYPE), "", id="way up twice"),
        pytest.param(("readme.txt", b"", tarfile.REGTYPE), "has the file 'readme.txt', expected attestation.dsse.json, customers.json or artifacts/sha256/<64 hex digits>", id="other file"),
        pytest.param(("Customers.json", b"", tarfile.REGTYPE), "has the file 'Customers.json'", id="name in another case"),
        pytest.param((PATH_ONE.upper(), ONE, tarfile.REGTYPE), "has the file", id="upper-case digest"),
        pytest.param((PATH_ONE + "0", ONE, tarfile.REGTYPE), "has the file", id="digest too long"),
        pytest.param((PATH_ONE.replace("sha256", "sha512"), ONE, tarfile.REGTYPE), "has the file", id="other algorithm"),
        pytest.param((PATH_ONE, TWO, tarfile.REGTYPE), f"has SHA-256 {Digest.sha256(TWO).value}, expected {Digest.sha256(ONE).value} as its name says", id="bytes under another name"),
    ],
)  # fmt: skip
def test_refuses_a_member(member: tuple[str, bytes | None, bytes], message: str) -> None:
    with pytest.raises(Malformed) as caught:
        bundle.read_tar(packed(ENVELOPE, member))
    assert str(caught.value).startswith("bundle")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, 1, 511, 512, 1024, len(TAR) - 1024, len(TAR) - 1])
def test_refuses_a_tar_that_is_cut_off(size: int) -> None:
    with pytest.raises(Malformed, match=r"bundle"):
        bundle.read_tar(TAR[:size] if size != len(TAR) - 1 else TAR[:-1025])


@given(st.integers(0, len(TAR) - 1), st.integers(1, 255))
def test_a_changed_byte_never_changes_an_artifact(at: int, flip: int) -> None:
    changed = TAR[:at] + bytes((TAR[at] ^ flip,)) + TAR[at + 1 :]
    try:
        found = bundle.read_tar(changed)
    except Malformed:
        return
    assert all(Digest.sha256(data) == digest for digest, data in found.artifacts.items())


@given(st.binary(max_size=2000))
def test_random_bytes_are_malformed(data: bytes) -> None:
    for wrapped in (data, gzip.compress(data, mtime=0)):
        with pytest.raises(Malformed):
            bundle.read_tar(wrapped)


def test_refuses_a_bomb() -> None:
    with pytest.raises(TooLarge, match="250 to 1"):
        bundle.read_tar(gzip.compress(bytes(64 * 1024 * 1024), mtime=0))


def test_refuses_a_file_over_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_CUSTOMERS", 15)
    with pytest.raises(TooLarge, match=r"customers.json has 16 bytes, over the limit of 15"):
        bundle.read_tar(TAR)
    with pytest.raises(TooLarge, match=r"customers.json has 16 bytes, over the limit of 15"):
        bundle.from_files(bundle.to_files(BUNDLE))


def test_needs_an_envelope() -> None:
    with pytest.raises(
        Malformed, match=r"bundle has no attestation.dsse.json, expected the signed attestation"
    ):
        bundle.from_files({"customers.json": b"{}"})


def test_absent_customers_are_not_an_empty_list() -> None:
    assert bundle.from_files({"attestation.dsse.json": b"{}"}).customers is None


def test_missing_artifacts_are_told_and_extra_ones_refused() -> None:
    sbom, letter, report = FULL.artifacts
    partial = Bundle(b"{}", None, {letter.digest: b"a letter of delegation"})
    assert bundle.compare(partial, FULL) == (
        Missing(sbom.digest, "sbom.cdx.json"),
        Missing(report.digest, "report.pdf"),
    )
    assert str(bundle.compare(partial, FULL)[0]) == (
        f"artifact 'sbom.cdx.json' ({sbom.digest}) is named in the attestation and not in the bundle"
    )
    with pytest.raises(Malformed) as caught:
        bundle.compare(BUNDLE, FULL)
    first = min(BUNDLE.artifacts)
    assert (
        str(caught.value)
        == f"bundle: artifacts/sha256/{first.value} and 1 more is not named in the attestation"
    )


def test_repr_shows_no_bytes() -> None:
    assert repr(BUNDLE) == "Bundle(2 artifacts)"
