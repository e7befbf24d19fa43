"""The API's description, OpenAPI 3.1: what the framework reads off the handlers, with what it leaves out."""

import re
from collections.abc import Mapping, Sequence
from inspect import getdoc
from typing import Any

import msgspec
from litestar.connection import Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, OpenAPIType, Schema, SecurityScheme, Tag
from litestar.plugins import OpenAPISchemaPlugin
from litestar.types import Method
from litestar.typing import FieldDefinition

from assay import __version__
from assay.web.api.problems import MEDIA_TYPE

PATH = "/api/schema"
_LISTED = re.compile(r"Listed_(?:\w+\.)*(\w+)_")


class _Structs(OpenAPISchemaPlugin):
    """What the types of requests and answers say of themselves, and that requests hold nothing else."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return isinstance(value, type) and issubclass(value, msgspec.Struct)

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        frameworks = next(
            one for one in schema_creator.plugins
            if one is not self and one.is_plugin_supported_field(field_definition)
        )  # fmt: skip
        made: Schema = frameworks.to_openapi_schema(field_definition, schema_creator)
        kind = field_definition.origin or field_definition.annotation
        if kind.__struct_config__.forbid_unknown_fields:
            made.additional_properties = False
        if kind.__dict__.get("__doc__"):
            made.description = getdoc(kind)
        return made


class _Documents(OpenAPISchemaPlugin):
    """Documents that are handed through as they are: their formats are described elsewhere."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is msgspec.Raw

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return field_definition.annotation is msgspec.Raw

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ARG002 - the framework's
        return Schema(type=OpenAPIType.OBJECT)


class _Rendered(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, tidy(openapi_schema))


PLUGINS = (_Structs(), _Documents())


def config(tags: Sequence[Tag]) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Assay office",
        version=__version__,
        description="Everything that the pages of an office do, and what anybody may verify. Failures are problem details (RFC 9457).",
        contact=Contact(name="The office that answers here"),
        path=PATH,
        security=[{"token": []}, {}],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        tags=list(tags),
        render_plugins=[_Rendered()],
        operation_id_creator=_id,
    )


def _id(_: HTTPRouteHandler, method: Method, parts: Sequence[Any]) -> str:
    """Stable: it says the method and the path."""
    words = [str(getattr(one, "name", one)) for one in parts]
    named = [word for word in words if word not in ("api", "v1")]
    return "-".join(
        [
            str(getattr(method, "value", method)).lower(),
            *(re.sub(r"[^A-Za-z0-9]+", "-", word) for word in named),
        ]
    )


def tidy(document: Mapping[str, Any]) -> dict[str, Any]:
    """Parts by names that say nothing of our modules, and failures once."""
    parts = document.get("components", {}).get("schemas", {})
    names = {name: _LISTED.sub(r"\1s", name) for name in parts}
    renamed = {f"#/components/schemas/{old}": f"#/components/schemas/{new}" for old, new in names.items()}

    def walk(value: Any) -> Any:
        match value:
            case {"oneOf": [only, {**rest}]} if (
                not rest
            ):  # how the framework says "a tuple of as many as there are"
                return walk(only)
            case dict():
                return {key: said(key, one) for key, one in value.items()}
            case list():
                return [walk(one) for one in value]
            case set() | frozenset():
                return sorted(value, key=str)
        return value

    def said(key: str, value: Any) -> Any:
        return renamed.get(value, value) if key == "$ref" and isinstance(value, str) else walk(value)

    made: dict[str, Any] = walk(dict(document))
    if parts:
        made["components"]["schemas"] = {
            names[name]: part for name, part in made["components"]["schemas"].items()
        }
        made["components"]["responses"] = _failures(made["paths"])
    return made


def _failures(paths: Mapping[str, Mapping[str, dict[str, Any]]]) -> dict[str, Any]:
    """What all routes say of a failure, said once: their own words become references to it."""
    found: dict[str, Any] = {}
    for one in (operation for methods in paths.values() for operation in methods.values()):
        for code, said in one.get("responses", {}).items():
            if MEDIA_TYPE in said.get("content", {}) and found.setdefault(f"Problem{code}", said) == said:
                one["responses"][code] = {"$ref": f"#/components/responses/Problem{code}"}
    return found
