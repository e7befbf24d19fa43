"""Every kind of false attestation that is told here, with what must find it and why."""

from tests.scenario.honesty import (
    about_evidence,
    about_packages,
    about_people,
    about_releases,
    about_repository,
)
from tests.scenario.honesty.falsehood import Falsehood

FALSEHOODS: tuple[Falsehood, ...] = (
    *about_releases.FALSEHOODS,
    *about_evidence.FALSEHOODS,
    *about_repository.FALSEHOODS,
    *about_people.FALSEHOODS,
    *about_packages.FALSEHOODS,
)
