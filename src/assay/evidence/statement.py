"""in-toto statements: what someone says, under signature, about digests."""

from datetime import datetime
from typing import Literal

import msgspec

from assay.formats.digest import Digest


class Resource(msgspec.Struct, frozen=True):
    """An in-toto ResourceDescriptor, or a subject."""

    name: str = ""
    uri: str = ""
    digests: tuple[Digest, ...] = ()


class Provenance(msgspec.Struct, frozen=True):
    """SLSA provenance v1 or v0.2, reduced to what both say."""

    version: Literal["v1", "v0.2"]
    builder: str
    build_type: str
    source_uri: str = ""
    """Repository of the source, as written (``git+https://…@refs/…``)."""
    source_digests: tuple[Digest, ...] = ()
    """Commit of the source."""
    materials: tuple[Resource, ...] = ()
    byproducts: tuple[Resource, ...] = ()
    invocation: str = ""
    started: datetime | None = None
    finished: datetime | None = None


class TestResult(msgspec.Struct, frozen=True):
    """https://in-toto.io/attestation/test-result/v0.1."""

    __test__ = False

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: tuple[Resource, ...] = ()
    url: str = ""
    passed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class OtherPredicate(msgspec.Struct, frozen=True):
    """A predicate Assay does not interpret; its digests still count as named."""

    resources: tuple[Resource, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    predicate_type: str
    subjects: tuple[Resource, ...]
    predicate: Provenance | TestResult | OtherPredicate

    def names(self, digest: Digest) -> bool:
        """Whether *digest* stands among the subjects or any resource of the predicate."""
        return any(digest in resource.digests for resource in self.resources())

    def resources(self) -> tuple[Resource, ...]:
        match self.predicate:
            case Provenance(materials=materials, byproducts=byproducts, source_digests=source):
                return (*self.subjects, *materials, *byproducts, Resource(digests=source))
            case TestResult(configuration=configuration):
                return (*self.subjects, *configuration)
            case OtherPredicate(resources=resources):
                return (*self.subjects, *resources)
