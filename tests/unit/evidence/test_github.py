"""What a GitHub workflow means."""

import pytest

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.evidence.repository import Workflow, read_workflow

PIN = "1f" * 20
IMAGE = "sha256:" + "ab" * 32
NAME = ".github/workflows/ci.yml"


def read(text: str, name: str = NAME) -> Workflow:
    return read_workflow(text.encode(), name=name)


def steps(*lines: str, on: str = "pull_request", top: str = "", job: str = "") -> Workflow:
    """A workflow of one job; each of *lines* is a step in flow style."""
    body = "".join(f"      - {line}\n" for line in lines)
    return read(f"on: {on}\n{top}jobs:\n  build:\n    runs-on: ubuntu-24.04\n{job}    steps:\n{body}")


@pytest.mark.parametrize(
    ("on", "triggers"),
    [
        pytest.param("push", ("push",), id="one"),
        pytest.param("[push, pull_request]", ("push", "pull_request"), id="list"),
        pytest.param(
            "{push: {branches: [main]}, workflow_dispatch: }", ("push", "workflow_dispatch"), id="map"
        ),
    ],
)
def test_triggers(on: str, triggers: tuple[str, ...]) -> None:
    assert steps("run: make", on=on).triggers == triggers


@pytest.mark.parametrize(
    ("uses", "kind", "name", "ref", "pinned"),
    [
        pytest.param(f"actions/checkout@{PIN}", "action", "actions/checkout", PIN, True, id="commit"),
        pytest.param("actions/checkout@v5", "action", "actions/checkout", "v5", False, id="tag"),
        pytest.param(
            f"actions/checkout@{PIN[:12]}", "action", "actions/checkout", PIN[:12], False, id="short commit"
        ),
        pytest.param(
            f"actions/checkout@{PIN.upper()}",
            "action",
            "actions/checkout",
            PIN.upper(),
            False,
            id="upper case",
        ),
        pytest.param("acme/deploy", "action", "acme/deploy", "", False, id="no ref"),
        pytest.param("./.github/actions/setup", "local", "./.github/actions/setup", "", True, id="local"),
        pytest.param(f"docker://alpine@{IMAGE}", "image", "alpine", IMAGE, True, id="image digest"),
        pytest.param("docker://alpine:3.20", "image", "alpine", "3.20", False, id="image tag"),
        pytest.param(
            "docker://host.example:5000/alpine",
            "image",
            "host.example:5000/alpine",
            "",
            False,
            id="port is no tag",
        ),
    ],
)
def test_uses(uses: str, kind: str, name: str, ref: str, pinned: bool) -> None:
    (use,) = steps(f"uses: {uses}").uses
    assert (use.kind, use.name, use.ref, use.pinned) == (kind, name, ref, pinned)
    assert use.at == f"{NAME}:6"


def test_images_of_containers_and_services_and_called_workflows() -> None:
    workflow = read(
        f"""\
on: push
jobs:
  call:
    uses: acme/flows/.github/workflows/test.yml@main
  build:
    runs-on: x
    container:
      image: ghcr.example/base@{IMAGE}
    services:
      db: {{image: postgres:16}}
      cache: "${{{{ matrix.cache }}}}"
    steps: []
"""
    )
    assert [(use.kind, use.name, use.pinned, use.resolved) for use in workflow.uses] == [
        ("workflow", "acme/flows/.github/workflows/test.yml", False, True),
        ("image", "ghcr.example/base", True, True),
        ("image", "postgres", False, True),
        ("image", "${{ matrix.cache }}", False, False),
    ]


@pytest.mark.parametrize(
    ("top", "level", "write_all", "writes"),
    [
        pytest.param("", "default", False, (), id="not stated"),
        pytest.param("permissions: {}\n", "least", False, (), id="none"),
        pytest.param("permissions: {contents: read}\n", "least", False, (), id="one read"),
        pytest.param("permissions: read-all\n", "read", False, (), id="read-all"),
        pytest.param("permissions: write-all\n", "write", True, (), id="write-all"),
        pytest.param(
            "permissions: {contents: write, pages: read}\n", "write", False, ("contents",), id="one write"
        ),
    ],
)
def test_permissions(top: str, level: str, write_all: bool, writes: tuple[str, ...]) -> None:
    workflow = steps("run: make", top=top)
    assert (workflow.permissions, workflow.write_all, workflow.writes) == (level, write_all, writes)


@pytest.mark.parametrize(
    ("on", "run", "untrusted"),
    [
        pytest.param(
            "issues", "echo ${{ github.event.issue.title }}", ("github.event.issue.title",), id="issue title"
        ),
        pytest.param("issues", "echo ${{ github.event.issue.number }}", (), id="a number is no text"),
        pytest.param("push", "echo ${{ github.event.issue.title }}", (), id="empty under this event"),
        pytest.param("pull_request", "echo ${{ github.head_ref }}", ("github.head_ref",), id="branch name"),
        pytest.param("pull_request", "echo ${{ github.ref_name }}", (), id="ref_name is the number"),
        pytest.param(
            "push",
            "echo ${{ github.event.commits[0].message }}",
            ("github.event.commits.*.message",),
            id="commits",
        ),
        pytest.param("push", "echo ${{ github.event.head_commit.id }}", (), id="commit id"),
        pytest.param(
            "workflow_call",
            "echo ${{ github.event.issue.title }}",
            ("github.event.issue.title",),
            id="called",
        ),
        pytest.param("issues", "echo ${{ toJSON(github.event) }}", ("github.event",), id="whole event"),
        pytest.param("issues", "echo ${{ toJSON(github.event.sender) }}", (), id="another object"),
        pytest.param(
            "pull_request", "echo ${{ github.event.pull_request.title != '' }}", (), id="only compared"
        ),
        pytest.param(
            "pull_request", "echo ${{ contains(github.head_ref, 'x') && 'a' || 'b' }}", (), id="only tested"
        ),
        pytest.param("issues", 'echo "$TITLE"', (), id="through the environment"),
        pytest.param("issues", "echo ${{ env.TITLE }}", ("github.event.issue.title",), id="env pasted back"),
        pytest.param("issues", "echo ${{ env.LOOP }}", (), id="env that names itself"),
        pytest.param("workflow_dispatch", "echo ${{ inputs.version }}", (), id="an input is semi-trusted"),
    ],
)
def test_untrusted_text_in_scripts(on: str, run: str, untrusted: tuple[str, ...]) -> None:
    env = "env:\n  TITLE: ${{ github.event.issue.title }}\n  LOOP: ${{ env.loop }}\n"
    (script,) = steps(f"run: {run!r}" if '"' in run else f'run: "{run}"', on=on, top=env).scripts
    assert script.untrusted == untrusted
    assert script.at == f"{NAME}:9"


def test_inputs_are_kept_apart() -> None:
    (script,) = steps(
        'run: "echo ${{ inputs.version }} ${{ github.event.inputs.x }}"', on="workflow_dispatch"
    ).scripts
    assert script.semi_trusted == ("inputs.version", "github.event.inputs.x")


def test_an_expression_that_cannot_be_read_is_kept_as_unclear() -> None:
    (script,) = steps('run: "echo ${{ github. }}"').scripts
    assert script.untrusted == ()
    assert "has '' after a dot" in script.unclear[0]


def test_looks_into_github_script() -> None:
    (script,) = steps(
        f'{{uses: actions/github-script@{PIN}, with: {{script: "console.log(`${{{{ github.event.issue.body }}}}`)"}}}}',
        on="issues",
    ).scripts
    assert script.untrusted == ("github.event.issue.body",)


CHECKOUT = "{{uses: actions/checkout@" + PIN + ', with: {{ref: "{ref}"}}}}'


@pytest.mark.parametrize(
    ("on", "ref", "found"),
    [
        pytest.param("pull_request_target", "${{ github.event.pull_request.head.sha }}", True, id="head"),
        pytest.param("pull_request_target", "${{ github.head_ref }}", True, id="head_ref"),
        pytest.param(
            "pull_request_target", "refs/pull/${{ github.event.number }}/merge", True, id="merge ref"
        ),
        pytest.param("issue_comment", "refs/pull/${{ github.event.issue.number }}/head", True, id="comment"),
        pytest.param("workflow_run", "${{ github.event.workflow_run.head_sha }}", True, id="workflow_run"),
        pytest.param("pull_request", "${{ github.event.pull_request.head.sha }}", False, id="unprivileged"),
        pytest.param("pull_request_target", "${{ github.event.pull_request.base.sha }}", False, id="base"),
        pytest.param("pull_request_target", "main", False, id="branch"),
        pytest.param(
            "workflow_run", "${{ github.event.pull_request.head.sha }}", False, id="empty under this event"
        ),
    ],
)
def test_checkouts_of_untrusted_code(on: str, ref: str, found: bool) -> None:
    workflow = steps(CHECKOUT.format(ref=ref), on=on)
    assert workflow.checks_out_untrusted == ((f"{NAME}:6",) if found else ())


@pytest.mark.parametrize(
    ("job", "guard"),
    [
        pytest.param(
            "    if: github.event.pull_request.head.repo.fork == false\n", "if: github", id="condition"
        ),
        pytest.param("    environment: review\n", "an environment", id="environment"),
        pytest.param("    needs: approve\n", "an earlier job", id="needs"),
        pytest.param("    if: always()\n", "", id="no condition at all"),
        pytest.param("    if: ${{ success() }}\n", "", id="the default condition"),
    ],
)
def test_guards(job: str, guard: str) -> None:
    workflow = steps(CHECKOUT.format(ref="${{ github.head_ref }}"), on="pull_request_target", job=job)
    (checkout,) = workflow.checkouts
    assert checkout.guard.startswith(guard)
    assert bool(checkout.guard) == bool(guard)


def test_a_fetch_in_a_script_is_only_a_hint() -> None:
    (checkout,) = steps('run: "gh pr checkout 3"', on="pull_request_target").checkouts
    assert not checkout.certain


def test_an_action_has_its_callers_triggers() -> None:
    text = """\
name: greet
runs:
  using: composite
  steps:
    - run: echo ${{ github.event.issue.title }}
      shell: bash
    - uses: acme/other@v1
"""
    workflow = read(text, "action.yml")
    assert workflow.action
    assert workflow.scripts[0].untrusted == ("github.event.issue.title",)
    assert [use.name for use in workflow.uses] == ["acme/other"]


def test_keeps_what_a_workflow_run_waits_for() -> None:
    workflow = steps("run: make", on="{workflow_run: {workflows: [CI, Lint], types: [completed]}}")
    assert workflow.after == ("CI", "Lint")


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        pytest.param("a: 1\n", Unsupported, "neither jobs .a workflow. nor runs", id="something else"),
        pytest.param("jobs: {}\n", Malformed, "has no 'on'", id="no triggers"),
        pytest.param("on: push\njobs: [a]\n", Malformed, "jobs is not a mapping", id="jobs as list"),
        pytest.param(
            "on: push\njobs: {a: {steps: {}}}\n", Malformed, "jobs.a.steps is not a list", id="steps as map"
        ),
        pytest.param(
            "on: push\njobs: {a: {steps: [{run: [x]}]}}\n",
            Malformed,
            r"steps\[0\].run is not text",
            id="run as list",
        ),
        pytest.param(
            "on: push\npermissions: some\njobs: {}\n",
            Malformed,
            "expected read-all, write-all or scopes",
            id="permissions",
        ),
        pytest.param("on: push\non: pull_request\njobs: {}\n", Malformed, "twice", id="key twice"),
        pytest.param("[1, 2]\n", Malformed, "is not a mapping", id="list"),
    ],
)
def test_refuses(text: str, error: type[AssayError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        read(text)


def test_a_flood_of_expressions_is_refused() -> None:
    env = "env:\n  BIG: " + "".join(f"${{{{ a.x{index} }}}}" for index in range(1900)) + "\n"
    pasted = [f'run: "${{{{ env.BIG }}}} {number}"' for number in range(30)]
    assert len(steps(*pasted[:3], top=env).scripts) == 3
    with pytest.raises(TooLarge, match="pastes over 50000 expressions"):
        steps(*pasted, top=env)
