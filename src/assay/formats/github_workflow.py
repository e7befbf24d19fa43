"""GitHub Actions workflows and ``action.yml`` files: their shape, with lines. What it means is decided in evidence.

Scalars stay text. What Assay does not need is not looked at; what it needs must have the type GitHub's schema gives it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_yaml
from assay.formats.text import shown

MAX_FILE = 2 * 1024 * 1024
MAX_STEPS = 20_000


class Image(msgspec.Struct, frozen=True):
    name: str
    line: int


class Step(msgspec.Struct, frozen=True):
    line: int
    uses: str = ""
    uses_line: int = 0
    run: str = ""
    run_line: int = 0
    condition: str = ""
    inputs: Mapping[str, str] = {}
    """``with``, names in lower case."""
    env: Mapping[str, str] = {}


class Job(msgspec.Struct, frozen=True):
    name: str
    line: int
    uses: str = ""
    uses_line: int = 0
    permissions: str | Mapping[str, str] | None = None
    """``read-all``, ``write-all``, scope -> level, or None when not stated."""
    condition: str = ""
    environment: bool = False
    needs: bool = False
    env: Mapping[str, str] = {}
    images: tuple[Image, ...] = ()
    steps: tuple[Step, ...] = ()


class File(msgspec.Struct, frozen=True):
    """A workflow, or an action as one job without triggers."""

    name: str = ""
    action: bool = False
    triggers: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    """Names of the workflows a ``workflow_run`` waits for."""
    permissions: str | Mapping[str, str] | None = None
    env: Mapping[str, str] = {}
    jobs: tuple[Job, ...] = ()


def parse(data: bytes, *, what: str) -> File:
    value = strict_yaml.load_with_lines(data, what=what, limit=MAX_FILE, scalars="text")
    top = _map(value, what)
    if "jobs" in top:
        return _workflow(top, what)
    if "runs" in top:
        return _action(top, what)
    raise Unsupported(f"{what} has neither jobs (a workflow) nor runs (an action)")


def _workflow(top: dict[str, Any], what: str) -> File:
    if "on" not in top:
        raise Malformed(f"{what} has no 'on', expected the events that start it")
    triggers, after = _triggers(top["on"], f"{what} on")
    jobs = _map(top["jobs"], f"{what} jobs")
    found = tuple(
        _job(name, jobs[name], strict_yaml.line(jobs, name), f"{what} jobs.{shown(name, 60)}")
        for name in jobs
    )
    if sum(len(job.steps) for job in found) > MAX_STEPS:
        raise TooLarge(f"{what} has over {MAX_STEPS} steps")
    return File(
        name=_text(top.get("name", ""), f"{what} name"),
        triggers=triggers,
        after=after,
        permissions=_permissions(top, what),
        env=_env(top, what),
        jobs=found,
    )


def _triggers(value: Any, what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if isinstance(value, str):
        return (value,), ()
    if isinstance(value, list):
        return tuple(_text(item, what) for item in value), ()
    events = _map(value, what)
    waits = events.get("workflow_run")
    after = _map(waits, f"{what}.workflow_run").get("workflows", []) if isinstance(waits, dict) else []
    names = after if isinstance(after, list) else [after]
    return tuple(events), tuple(_text(name, f"{what}.workflow_run.workflows") for name in names)


def _job(name: str, value: Any, line: int, what: str) -> Job:
    job = _map(value, what)
    return Job(
        name=name,
        line=line,
        uses=_text(job.get("uses", ""), f"{what}.uses"),
        uses_line=strict_yaml.line(job, "uses"),
        permissions=_permissions(job, what),
        condition=_text(job.get("if", ""), f"{what}.if"),
        environment=bool(job.get("environment")),
        needs=bool(job.get("needs")),
        env=_env(job, what),
        images=_images(job, what),
        steps=_steps(job, what),
    )


def _images(job: dict[str, Any], what: str) -> tuple[Image, ...]:
    found = []
    if "container" in job:
        found.append(_image(job["container"], strict_yaml.line(job, "container"), f"{what}.container"))
    services = job.get("services")
    if isinstance(services, dict):
        for name, service in services.items():
            found.append(
                _image(service, strict_yaml.line(services, name), f"{what}.services.{shown(name, 60)}")
            )
    return tuple(image for image in found if image.name)


def _image(value: Any, line: int, what: str) -> Image:
    if isinstance(value, dict):
        return Image(_text(value.get("image", ""), f"{what}.image"), strict_yaml.line(value, "image") or line)
    return Image(_text(value, what), line)


def _steps(owner: dict[str, Any], what: str) -> tuple[Step, ...]:
    steps = owner.get("steps", [])
    if not isinstance(steps, list):
        raise Malformed(f"{what}.steps is not a list")
    return tuple(
        _step(item, strict_yaml.line(steps, index), f"{what}.steps[{index}]")
        for index, item in enumerate(steps)
    )


def _step(value: Any, line: int, what: str) -> Step:
    step = _map(value, what)
    return Step(
        line=line,
        uses=_text(step.get("uses", ""), f"{what}.uses"),
        uses_line=strict_yaml.line(step, "uses"),
        run=_text(step.get("run", ""), f"{what}.run"),
        run_line=strict_yaml.line(step, "run"),
        condition=_text(step.get("if", ""), f"{what}.if"),
        inputs=_texts(step.get("with", {}), f"{what}.with"),
        env=_env(step, what),
    )


def _action(top: dict[str, Any], what: str) -> File:
    runs = _map(top["runs"], f"{what} runs")
    image = _text(runs.get("image", ""), f"{what} runs.image")
    images = (Image(image, strict_yaml.line(runs, "image")),) if image.startswith("docker://") else ()
    job = Job("runs", strict_yaml.line(top, "runs"), images=images, steps=_steps(runs, f"{what} runs"))
    return File(name=_text(top.get("name", ""), f"{what} name"), action=True, jobs=(job,))


def _permissions(owner: dict[str, Any], what: str) -> str | Mapping[str, str] | None:
    value = owner.get("permissions", "")
    if value == "":
        return None
    if isinstance(value, dict):
        return _texts(value, f"{what} permissions")
    if value in {"read-all", "write-all"}:
        return str(value)
    raise Malformed(
        f"{what} permissions are {shown(str(value), 60)!r}, expected read-all, write-all or scopes"
    )


def _env(owner: dict[str, Any], what: str) -> Mapping[str, str]:
    value = owner.get("env", {})
    return {} if isinstance(value, str) else _texts(value, f"{what} env")


def _texts(value: Any, what: str) -> Mapping[str, str]:
    if value == "":
        return {}
    return {
        name.lower(): _text(item, f"{what}.{shown(name, 60)}") for name, item in _map(value, what).items()
    }


def _map(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not a mapping")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{what} is not text")
    return value
