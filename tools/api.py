"""Write the API's description (docs/openapi.json) and the table of its routes in docs/api.md.

python tools/api.py            write them
python tools/api.py --check    exit 1 when one is not what would be written
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.support.applications import application  # noqa: E402
from tests.support.desks import World  # noqa: E402

from assay.office.permissions import Action  # noqa: E402
from assay.web.api import description  # noqa: E402
from assay.web.api.routes import Open  # noqa: E402

DESCRIPTION, PAGE = ROOT / "docs/openapi.json", ROOT / "docs/api.md"
BEGIN, END = "<!-- routes: python tools/api.py -->\n", "<!-- end of routes -->\n"


def made() -> dict[Path, str]:
    """Text by file."""
    world = World()
    document = world.client.get(f"{description.PATH}/openapi.json").json()
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    if END not in rest:
        raise SystemExit(f"{PAGE.name} has no room for the routes")
    return {
        DESCRIPTION: json.dumps(document, indent=1, sort_keys=True) + "\n",
        PAGE: before + BEGIN + routes(document, actions(application())) + END + after,
    }


def actions(app: Any) -> dict[tuple[str, str], str]:
    """What each route says that it takes of the table of permissions."""
    return {
        (method.value if hasattr(method, "value") else str(method), route.path_format): _said(handler.opt.get("action"))
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
    }  # fmt: skip


def _said(action: Any) -> str:
    match action:
        case Action():
            return f"`{action.value}`"
        case tuple():
            return " or ".join(f"`{one.value}`" for one in action)
        case Open():
            return action.because
    return "public"


def routes(document: dict[str, Any], asks: dict[tuple[str, str], str]) -> str:
    """A table for each tag."""
    text = []
    for tag in document["tags"]:
        rows = [
            f"| `{method.upper()} {path}` | {one['summary']} | {asks[method.upper(), path]} |"
            for path, methods in document["paths"].items()
            for method, one in methods.items()
            if one.get("tags") == [tag["name"]]
        ]
        if rows:
            text += [f"### {tag['description']}", "", "| route | what it does | permission |", "| --- | --- | --- |", *rows, ""]  # fmt: skip
    return "\n" + "\n".join(text)


def main() -> int:
    check, changed = "--check" in sys.argv[1:], []
    for path, text in made().items():
        if not path.exists() or path.read_text() != text:
            changed.append(path.name)
            if not check:
                path.write_text(text)
    if changed:
        sys.stdout.write(f"{'to be written' if check else 'written'}: {', '.join(changed)}\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
