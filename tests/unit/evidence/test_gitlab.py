"""What a GitLab CI file means."""

import pytest

from assay.errors import AssayError, Malformed
from assay.evidence.repository import Workflow, read_workflow

PIN = "1f" * 20
IMAGE = "sha256:" + "ab" * 32


def read(text: str) -> Workflow:
    return read_workflow(text.encode(), name=".gitlab-ci.yml")


@pytest.mark.parametrize(
    ("include", "kind", "pinned", "resolved"),
    [
        pytest.param("ci/build.yml", "local", True, True, id="local path"),
        pytest.param("{local: ci/build.yml}", "local", True, True, id="local"),
        pytest.param(
            "{template: Jobs/SAST.gitlab-ci.yml}", "local", True, True, id="template of the instance"
        ),
        pytest.param("https://ci.example/a.yml", "include", False, True, id="bare URL"),
        pytest.param("{remote: https://ci.example/a.yml}", "include", False, True, id="remote"),
        pytest.param(
            f"{{remote: https://ci.example/a.yml, integrity: sha256-{'A' * 43}=}}",
            "include",
            True,
            True,
            id="remote with digest",
        ),
        pytest.param("{project: acme/ci, file: a.yml}", "include", False, True, id="project without ref"),
        pytest.param("{project: acme/ci, ref: v1, file: a.yml}", "include", False, True, id="project at tag"),
        pytest.param(
            f"{{project: acme/ci, ref: {PIN}, file: a.yml}}", "include", True, True, id="project at commit"
        ),
        pytest.param("{project: $GROUP/ci, file: a.yml}", "include", False, False, id="project by variable"),
        pytest.param(
            f"{{component: ci.example/acme/scan@{PIN}}}", "include", True, True, id="component at commit"
        ),
        pytest.param(
            "{component: ci.example/acme/scan@1.2}", "include", False, True, id="component at version"
        ),
    ],
)
def test_includes(include: str, kind: str, pinned: bool, resolved: bool) -> None:
    (use,) = read(f"include:\n  - {include}\n").uses
    assert (use.kind, use.pinned, use.resolved, use.at) == (
        kind,
        pinned,
        resolved,
        ".gitlab-ci.yml include[0]",
    )


def test_images_of_defaults_jobs_and_services() -> None:
    workflow = read(
        f"""\
default:
  image: python:3.12
stages: [test]
test:
  image: {{name: "python@{IMAGE}", entrypoint: [""]}}
  services:
    - postgres:16
    - $CI_REGISTRY_IMAGE/mock
  script: [make]
"""
    )
    assert [(use.name, use.pinned, use.resolved, use.at) for use in workflow.uses] == [
        ("python:3.12", False, True, ".gitlab-ci.yml default.image"),
        ("python", True, True, ".gitlab-ci.yml test.image"),
        ("postgres:16", False, True, ".gitlab-ci.yml test.services[0]"),
        ("$CI_REGISTRY_IMAGE/mock", False, False, ".gitlab-ci.yml test.services[1]"),
    ]


@pytest.mark.parametrize(
    ("line", "untrusted", "unclear"),
    [
        pytest.param('echo "$CI_COMMIT_TITLE"', (), (), id="expanded by the shell"),
        pytest.param('eval "notify $CI_COMMIT_TITLE"', ("$CI_COMMIT_TITLE",), (), id="eval"),
        pytest.param('bash -c "notify ${CI_COMMIT_MESSAGE}"', ("$CI_COMMIT_MESSAGE",), (), id="bash -c"),
        pytest.param("bash -c 'notify \"$CI_COMMIT_TITLE\"'", (), (), id="inner shell expands"),
        pytest.param('sh -ec "echo $CI_COMMIT_SHA"', (), (), id="harmless variable"),
        pytest.param('sh -c "echo $CI_COMMIT_REF_SLUG"', (), (), id="slug"),
        pytest.param('sh -c "echo \\$CI_COMMIT_TITLE"', (), (), id="escaped"),
        pytest.param(
            'eval "$(tool "$CI_COMMIT_BRANCH")"', (), ("$CI_COMMIT_BRANCH",), id="inside a substitution"
        ),
    ],
)
def test_variables_of_strangers(line: str, untrusted: tuple[str, ...], unclear: tuple[str, ...]) -> None:
    (script,) = read("job:\n  script:\n    - |\n      " + line + "\n").scripts
    assert (script.untrusted, script.unclear) == (untrusted, unclear)
    assert script.at == ".gitlab-ci.yml job.script"


def test_sources_that_rules_name() -> None:
    workflow = read(
        "workflow:\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n"
        'job:\n  rules:\n    - if: $CI_PIPELINE_SOURCE == "push"\n  script: make\n'
    )
    assert workflow.triggers == ("push", "merge_request_event")


def test_references_and_a_spec_header_are_read() -> None:
    workflow = read(
        "spec:\n  inputs: {stage: }\n---\n.base:\n  script: [make]\njob:\n  script:\n    - !reference [.base, script]\n    - make test\n"
    )
    assert [script.at for script in workflow.scripts] == [
        ".gitlab-ci.yml .base.script",
        ".gitlab-ci.yml job.script",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("- a\n", "is not a mapping", id="list"),
        pytest.param("include: [{file: x}]\n", "expected one of local, remote", id="include of nothing"),
        pytest.param("a: {image: [x]}\n", "a.image is not text", id="image as list"),
        pytest.param("a: 1\n---\nb: 2\n", "holds 2 YAML documents", id="two documents"),
    ],
)
def test_refuses(text: str, reason: str) -> None:
    error: type[AssayError] = Malformed
    with pytest.raises(error, match=reason):
        read(text)
