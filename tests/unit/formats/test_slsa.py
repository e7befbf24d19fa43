import copy
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from tests.support.cases import COMMIT
from tests.support.damage import damaged
from tests.support.json_edit import Edit, drop, edited, put
from tests.support.statements import BUILDER, OTHER_COMMIT, REPOSITORY, SOURCE, V02, V1

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats import slsa, strict_json
from assay.formats.digest import Digest
from assay.formats.intoto import Resource

PARAMETERS = "/buildDefinition/externalParameters"
DEPENDENCIES = "/buildDefinition/resolvedDependencies"
ACTION = {"uri": "git+https://git.example/actions/checkout@v4", "digest": {"gitCommit": OTHER_COMMIT}}
AT = (Digest("gitCommit", COMMIT),)


def changed(value: dict[str, Any], *edits: Edit) -> dict[str, Any]:
    found = json.loads(edited(json.dumps(value).encode(), *edits))
    assert isinstance(found, dict)
    return found


def test_reads_v1() -> None:
    assert slsa.parse_v1(V1) == slsa.Provenance(
        version="v1",
        builder=BUILDER,
        build_type="https://ci.example/buildtypes/workflow/v1",
        source_uri=REPOSITORY,
        source_digests=AT,
        materials=(Resource("", SOURCE, AT),),
        byproducts=(Resource("junit.xml", "", (Digest("sha256", "ab" * 32),)),),
        invocation="https://ci.example/runs/7",
        started=datetime(2026, 10, 20, 9, 0, tzinfo=UTC),
        finished=datetime(2026, 10, 20, 9, 5, tzinfo=UTC),
    )


def test_reads_v02() -> None:
    assert slsa.parse_v02(V02) == slsa.Provenance(
        version="v0.2",
        builder=BUILDER,
        build_type="https://ci.example/generic@v1",
        source_uri=SOURCE,
        source_digests=(Digest("sha1", COMMIT),),
        materials=(Resource("", SOURCE, (Digest("sha1", COMMIT),)),),
        invocation="7-1",
        started=datetime(2026, 10, 20, 9, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("edits", "uri", "commit"),
    [
        pytest.param([put(f"{DEPENDENCIES}/-", ACTION)], REPOSITORY, COMMIT, id="among other commits"),
        pytest.param(
            [put(DEPENDENCIES, [ACTION, V1["buildDefinition"]["resolvedDependencies"][0]])],
            REPOSITORY, COMMIT, id="after other commits",
        ),
        pytest.param([put(DEPENDENCIES, [ACTION])], REPOSITORY, "", id="only at another address"),
        pytest.param([put(PARAMETERS, {"source": REPOSITORY})], REPOSITORY, COMMIT, id="source as text (GitLab)"),
        pytest.param(
            [put(PARAMETERS, {"source": REPOSITORY}), put(f"{DEPENDENCIES}/0", {"uri": REPOSITORY, "digest": {"sha256": COMMIT}})],
            REPOSITORY, COMMIT, id="commit under sha256 (GitLab)",
        ),
        pytest.param(
            [put(PARAMETERS, {"source": {"uri": SOURCE, "digest": {"sha1": OTHER_COMMIT}}})],
            SOURCE, OTHER_COMMIT, id="source as a descriptor",
        ),
        pytest.param([put(PARAMETERS, {"source": {"uri": SOURCE}})], SOURCE, COMMIT, id="descriptor without digest"),
        pytest.param([put(PARAMETERS, {"sourceToBuild": {"repository": SOURCE}})], SOURCE, COMMIT, id="sourceToBuild"),
        pytest.param([put(PARAMETERS, {"buildConfigSource": {"repository": SOURCE}})], SOURCE, COMMIT, id="buildConfigSource"),
        pytest.param([put(PARAMETERS, {})], SOURCE, COMMIT, id="generic: the only commit"),
        pytest.param([put(PARAMETERS, {}), put(f"{DEPENDENCIES}/-", ACTION)], "", "", id="generic: one of two commits"),
        pytest.param(
            [put(PARAMETERS, {}), put(f"{DEPENDENCIES}/0", {"uri": "https://files.example/x.tar.gz", "digest": {"sha1": COMMIT}})],
            "", "", id="generic: the sha1 of a file",
        ),
        pytest.param([put(PARAMETERS, {"workflow": "text"}), drop(DEPENDENCIES)], "", "", id="nothing at all"),
        pytest.param([put(f"{DEPENDENCIES}/0/digest/gitCommit", COMMIT.upper())], REPOSITORY, "", id="a malformed commit"),
    ],
)  # fmt: skip
def test_source_of_v1(edits: list[Edit], uri: str, commit: str) -> None:
    found = slsa.parse_v1(changed(V1, *edits))
    assert found.source_uri == uri
    assert [digest.value for digest in found.source_digests] == ([commit] if commit else [])


@pytest.mark.parametrize(
    ("edits", "uri", "commit"),
    [
        pytest.param([drop("/invocation")], SOURCE, COMMIT, id="from the only material"),
        pytest.param(
            [drop("/invocation/configSource/digest")], SOURCE, COMMIT, id="commit from the materials"
        ),
        pytest.param(
            [drop("/invocation/configSource/digest"), drop("/materials")], SOURCE, "", id="no commit"
        ),
        pytest.param([put("/invocation", None), put("/materials", None)], "", "", id="nulls"),
        pytest.param(
            [put("/invocation/configSource/uri", None)], "", COMMIT, id="a commit without an address"
        ),
        pytest.param(
            [put("/invocation/configSource/digest", {"sha256": COMMIT})], SOURCE, COMMIT, id="under sha256"
        ),
    ],
)
def test_source_of_v02(edits: list[Edit], uri: str, commit: str) -> None:
    found = slsa.parse_v02(changed(V02, *edits))
    assert found.source_uri == uri
    assert [digest.value for digest in found.source_digests] == ([commit] if commit else [])


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(drop("/buildDefinition"), "buildDefinition", id="no definition"),
        pytest.param(drop("/buildDefinition/buildType"), "buildType", id="no type"),
        pytest.param(drop("/runDetails/builder"), "builder", id="no builder"),
        pytest.param(put("/runDetails/builder/id", ""), "builder.id is empty", id="an empty builder"),
        pytest.param(put("/runDetails/builder/id", None), "str", id="a null builder"),
        pytest.param(put(PARAMETERS, []), "object", id="parameters a list"),
        pytest.param(put(DEPENDENCIES, {}), "array", id="dependencies an object"),
        pytest.param(put(f"{DEPENDENCIES}/0", "x"), "object", id="a dependency that is text"),
        pytest.param(
            put("/runDetails/metadata/startedOn", "yesterday"), "startedOn 'yesterday'", id="a word as time"
        ),
        pytest.param(put("/runDetails/metadata/startedOn", 5), "str", id="a number as time"),
    ],
)
def test_refuses_v1(edit: Edit, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        slsa.parse_v1(changed(V1, edit), what="p.json: predicate")
    assert str(caught.value).startswith("p.json: predicate")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(drop("/builder"), "builder", id="no builder"),
        pytest.param(put("/builder/id", ""), "builder.id is empty", id="an empty builder"),
        pytest.param(drop("/buildType"), "buildType", id="no type"),
        pytest.param(put("/invocation/configSource/uri", 5), "str", id="a number as address"),
        pytest.param(put("/metadata/buildStartedOn", "2026-10-20"[:7]), "buildStartedOn", id="half a date"),
    ],
)
def test_refuses_v02(edit: Edit, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        slsa.parse_v02(changed(V02, edit))


def test_refuses_too_many_materials() -> None:
    many = copy.deepcopy(V02)
    many["materials"] = many["materials"] * 20_001
    with pytest.raises(TooLarge, match="materials has 20001 entries"):
        slsa.parse_v02(many)


@settings(max_examples=300)
@given(damaged(json.dumps(V1).encode()))
def test_damage_never_escapes(data: bytes) -> None:
    with suppress(AssayError):
        slsa.parse_v1(strict_json.decode(data, dict[str, Any], what="predicate"))
