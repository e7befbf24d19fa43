"""An office with its administrator, and somebody who administers a provider there."""

import pytest
from tests.support.identities import Person, World

from assay.office.identity.organisation import Kind
from assay.office.permissions import Role


@pytest.fixture
def world() -> World:
    made = World()
    made.administrator()
    return made


@pytest.fixture
def person(world: World) -> Person:
    return world.person(world.organisation("Lighthouse", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)
