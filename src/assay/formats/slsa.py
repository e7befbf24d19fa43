"""SLSA provenance v1 and v0.2 (slsa.dev/spec/v1.2/provenance, slsa.dev/provenance/v0.2), reduced to what both say.

v1 leaves it to the build type where the source stands. Three shapes cover what builders write: ``workflow.repository``
(GitHub and the SLSA generators), ``source`` as text (GitLab) or as a descriptor (the container-based generators), and
``sourceToBuild`` or ``buildConfigSource`` with a ``repository`` (Google, Tekton). The commit is that of the resolved
dependency with the same address.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import repository_url, times
from assay.formats.digest import Digest
from assay.formats.intoto import MAX_RESOURCES, Resource, digests, resource

T = TypeVar("T")

V1 = "https://slsa.dev/provenance/v1"
V02 = "https://slsa.dev/provenance/v0.2"
COMMITS = ("gitCommit", "sha1")
"""Algorithms under which builders write commits."""


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


_Descriptors = list[dict[str, Any]]


class _Builder(msgspec.Struct, frozen=True):
    id: str


class _Definition(
    msgspec.Struct,
    frozen=True,
    rename={"type": "buildType", "parameters": "externalParameters", "dependencies": "resolvedDependencies"},
):
    type: str
    parameters: dict[str, Any]
    dependencies: _Descriptors | None = None


class _RunMetadata(
    msgspec.Struct,
    frozen=True,
    rename={"invocation": "invocationId", "started": "startedOn", "finished": "finishedOn"},
):
    invocation: str | None = None
    started: str | None = None
    finished: str | None = None


class _Run(msgspec.Struct, frozen=True):
    builder: _Builder
    metadata: _RunMetadata | None = None
    byproducts: _Descriptors | None = None


class _V1(msgspec.Struct, frozen=True, rename={"definition": "buildDefinition", "run": "runDetails"}):
    definition: _Definition
    run: _Run


class _ConfigSource(msgspec.Struct, frozen=True):
    uri: str | None = None
    digest: dict[str, Any] | None = None


class _Invocation(msgspec.Struct, frozen=True, rename={"config": "configSource"}):
    config: _ConfigSource | None = None


class _BuildMetadata(
    msgspec.Struct,
    frozen=True,
    rename={"invocation": "buildInvocationId", "started": "buildStartedOn", "finished": "buildFinishedOn"},
):
    invocation: str | None = None
    started: str | None = None
    finished: str | None = None


class _V02(msgspec.Struct, frozen=True, rename={"type": "buildType"}):
    builder: _Builder
    type: str
    invocation: _Invocation | None = None
    metadata: _BuildMetadata | None = None
    materials: _Descriptors | None = None


def parse_v1(predicate: Mapping[str, Any], *, what: str = "provenance") -> Provenance:
    wire = _convert(predicate, _V1, what)
    dependencies = _resources(wire.definition.dependencies, f"{what}: resolvedDependencies")
    uri, commit = _source(wire.definition.parameters, dependencies)
    metadata = wire.run.metadata or _RunMetadata()
    return Provenance(
        version="v1",
        builder=_required(wire.run.builder.id, f"{what}: runDetails.builder.id"),
        build_type=wire.definition.type,
        source_uri=uri,
        source_digests=commit,
        materials=dependencies,
        byproducts=_resources(wire.run.byproducts, f"{what}: byproducts"),
        invocation=metadata.invocation or "",
        started=_time(metadata.started, f"{what}: startedOn"),
        finished=_time(metadata.finished, f"{what}: finishedOn"),
    )


def parse_v02(predicate: Mapping[str, Any], *, what: str = "provenance") -> Provenance:
    wire = _convert(predicate, _V02, what)
    materials = _resources(wire.materials, f"{what}: materials")
    config = (wire.invocation or _Invocation()).config or _ConfigSource()
    uri, commit = config.uri or "", _commits(digests(config.digest or {}))
    if uri and not commit:
        commit = _commit_of(uri, materials)
    elif not uri and not commit:
        uri, commit = _only(materials)
    metadata = wire.metadata or _BuildMetadata()
    return Provenance(
        version="v0.2",
        builder=_required(wire.builder.id, f"{what}: builder.id"),
        build_type=wire.type,
        source_uri=uri,
        source_digests=commit,
        materials=materials,
        invocation=metadata.invocation or "",
        started=_time(metadata.started, f"{what}: buildStartedOn"),
        finished=_time(metadata.finished, f"{what}: buildFinishedOn"),
    )


PREDICATES: Mapping[str, Callable[..., Provenance]] = {V1: parse_v1, V02: parse_v02}


def _source(
    parameters: Mapping[str, Any], dependencies: Sequence[Resource]
) -> tuple[str, tuple[Digest, ...]]:
    uri, commit = _declared(parameters)
    if not uri:
        return _only(dependencies)
    return uri, commit or _commit_of(uri, dependencies)


def _declared(parameters: Mapping[str, Any]) -> tuple[str, tuple[Digest, ...]]:
    """Address of the source in the external parameters, and its commit where it stands there."""
    match parameters:
        case {"workflow": {"repository": str(uri)}}:
            return uri, ()
        case {"source": str(uri)}:
            return uri, ()
        case {"source": {"uri": str(uri), **rest}}:
            found = rest.get("digest")
            return uri, _commits(digests(found)) if isinstance(found, dict) else ()
        case {"sourceToBuild": {"repository": str(uri)}} | {"buildConfigSource": {"repository": str(uri)}}:
            return uri, ()
    return "", ()


def _commit_of(uri: str, resources: Sequence[Resource]) -> tuple[Digest, ...]:
    return next(
        (
            commit
            for one in resources
            if (one.uri == uri or repository_url.same(one.uri, uri)) and (commit := _commits(one.digests))
        ),
        (),
    )


def _only(resources: Sequence[Resource]) -> tuple[str, tuple[Digest, ...]]:
    """The one git resource at a commit, if there is just one: with several, nothing says which is the source."""
    found = [(one.uri, commit) for one in resources if (commit := _commits(one.digests)) and _is_git(one)]
    return found[0] if len(found) == 1 else ("", ())


def _is_git(one: Resource) -> bool:
    """A ``sha1`` may be of any file, so it is a commit only where the address is of a repository."""
    if any(digest.algorithm == "gitCommit" for digest in one.digests):
        return True
    return one.uri.startswith(("git+", "git:", "ssh:", "git@")) or one.uri.partition("@")[0].endswith(".git")


def _commits(found: Sequence[Digest]) -> tuple[Digest, ...]:
    return tuple(digest for digest in found if digest.algorithm in COMMITS)


def _resources(values: _Descriptors | None, what: str) -> tuple[Resource, ...]:
    if values and len(values) > MAX_RESOURCES:
        raise TooLarge(f"{what} has {len(values)} entries, over {MAX_RESOURCES}")
    return tuple(resource(one) for one in values or ())


def _convert(value: Mapping[str, Any], kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from error


def _required(text: str, what: str) -> str:
    if not text:
        raise Malformed(f"{what} is empty, expected the URI of the builder")
    return text


def _time(text: str | None, what: str) -> datetime | None:
    return times.parse(text, what=what) if text else None
