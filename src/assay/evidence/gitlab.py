"""What a GitLab CI file means: pins, and variables of strangers that a script hands to an interpreter.

GitLab passes variables through the environment, so ``echo "$CI_COMMIT_TITLE"`` is safe where GitHub's pasting is not; what is not
safe is to have them interpreted again (``eval``, ``sh -c``). Pipelines of forks run in the fork, with the fork's variables.
"""

import re

from assay.evidence.workflow import Script, Use, Workflow
from assay.formats import gitlab_ci
from assay.formats.gitlab_ci import Include

_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_IMAGE_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")
_INTEGRITY = re.compile(r"sha256-[A-Za-z0-9+/]{43}=\Z")
_SOURCE = re.compile(r"\$CI_PIPELINE_SOURCE\s*==\s*[\"']([a-z_]{1,60})[\"']")
_AGAIN = re.compile(r"(?:^|[;&|(\s])(?:eval\s|(?:ba|da|z|k)?sh\s+-[a-z]{0,5}c\s)(.*)")
_STRANGERS = (
    "CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION", "CI_COMMIT_AUTHOR", "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME", "CI_COMMIT_TAG_MESSAGE", "CI_MERGE_REQUEST_TITLE", "CI_MERGE_REQUEST_DESCRIPTION",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
)  # fmt: skip
MAX_LINE = 10_000
_VARIABLE = re.compile(r"(?<!\\)\$\{?(" + "|".join(_STRANGERS) + r")\b")
_SINGLE_QUOTED = re.compile(r"'[^']*'")


def read(data: bytes, *, name: str) -> Workflow:
    file = gitlab_ci.parse(data, what=name)
    images = (_image(image.name, image.at) for image in file.images)
    return Workflow(
        platform="gitlab",
        path=name,
        triggers=tuple(dict.fromkeys(source for text in file.conditions for source in _SOURCE.findall(text))),
        uses=(*(_include(include) for include in file.includes), *images),
        scripts=tuple(map(_script, file.scripts)),
    )


def _include(include: Include) -> Use:
    resolved = "$" not in include.name + include.ref
    match include.kind:
        case "local" | "template":  # a template ships with the GitLab instance
            return Use(include.name, "", "local", pinned=True, at=include.at)
        case "remote":
            pinned = bool(_INTEGRITY.match(include.ref))
        case _:
            pinned = bool(_COMMIT.match(include.ref))
    return Use(include.name, include.ref, "include", pinned, include.at, resolved)


def _image(written: str, at: str) -> Use:
    pinned = bool(_IMAGE_DIGEST.search(written))
    name, _, ref = written.partition("@")
    return Use(name, ref, "image", pinned, at, resolved=pinned or "$" not in written)


def _script(script: gitlab_ci.Script) -> Script:
    """Variables of strangers in what ``eval`` or ``sh -c`` is given; inside single quotes the inner shell expands them safely."""
    certain: dict[str, None] = {}
    unclear: dict[str, None] = {}
    for line in "\n".join(script.lines).split("\n"):
        again = _AGAIN.search(line[:MAX_LINE])
        if again:
            given = _SINGLE_QUOTED.sub("", again[1])
            names = dict.fromkeys(f"${name}" for name in _VARIABLE.findall(given))
            nested = "$(" in given or "`" in given
            unclear |= names if nested else {}
            certain |= {} if nested else names
    return Script(script.at, tuple(certain), unclear=tuple(unclear))
