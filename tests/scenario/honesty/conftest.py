"""The honest provider's folder and what it attests, made once for all tests here."""

from pathlib import Path

import pytest
from tests.scenario.honesty import honest
from tests.scenario.honesty.workspace import Workspace

from assay.bootstrap.provide import Prepared


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder: Path = tmp_path_factory.mktemp("honest")
    return honest.workspace(folder / "project", honest.project(folder))


@pytest.fixture(scope="session")
def prepared(workspace: Workspace) -> Prepared:
    return workspace.prepare()
