"""A package of the fictional office: a real submission, its result, and the receipts of both."""

from collections.abc import Mapping, Sequence

import msgspec
from tests.support import offices

from assay.formats.digest import Digest
from assay.office.advance import advance
from assay.office.log import receipt
from assay.office.office import Office
from assay.office.package import About, Document, package
from assay.office.ports import Submission
from assay.office.publish import result_of
from assay.office.submit import submit


class Case(msgspec.Struct, frozen=True):
    office: Office
    state: Submission
    documents: tuple[Document, ...]
    receipts: Mapping[str, bytes]

    @property
    def about(self) -> About:
        return About(
            purpose="referral",
            office=self.office.name,
            register=self.office.origin,
            attestation=self.state.payload,
            provider=self.state.provider,
            product=self.state.product,
            version=self.state.version,
            made=offices.NOW,
            note="the provider did not answer",
        )

    def package(
        self,
        *,
        documents: Sequence[Document] | None = None,
        receipts: Mapping[str, bytes] | None = None,
        withheld: Sequence[tuple[Digest, str]] = (),
    ) -> bytes:
        return package(
            self.about,
            self.documents if documents is None else documents,
            self.receipts if receipts is None else receipts,
            offices.trust().encode(),
            offices.OFFICE_KEYS,
            withheld,
        )


def case() -> Case:
    office = offices.office()
    state = advance(office, submit(office, offices.bundle()), lambda _: None)
    assert state.publication is not None
    documents = (
        Document("documents/attestation.dsse.json", "attestation", office.blobs.get(state.envelope)),
        Document("documents/result.dsse.json", "result", result_of(office, state).encode(), "The result"),
        *(
            Document(f"artifacts/{digest.value}", "artifact", office.blobs.get(digest))
            for digest in state.artifacts
        ),
    )
    receipts = {
        "submission.json": receipt(office, state.entry).encode(),
        "publication.json": receipt(office, state.publication).encode(),
    }
    return Case(office, state, documents, receipts)
