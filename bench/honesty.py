"""How often honest evidence is called false, and how often false evidence is found, on released Python packages.

    bench/honesty.py [--quick] [--json]

Wheel and sdist of packages that this repository depends on are fetched by index URL and hash; nothing of them is built,
installed or run. Of each an honest trial is made, half of them with a bill by ``cyclonedx-py``, the others with Assay's, and one
more with little evidence; then every falsehood of ``tests/scenario/honesty`` is told about it. Provider, CI, scanner and people are
fictional.

``false_contradictions`` counts findings against what is true here by construction; ``found_share`` is the part of the falsehoods
that the expected check (or completeness rule, or reader) found. Exit 1 where nothing was judged or nothing could be fetched.
"""

import hashlib
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import zip_longest
from pathlib import Path
from typing import Any

import common

common.importable()

import packages  # noqa: E402 - the path is set above
import trials  # noqa: E402
from packages import Locked, Package  # noqa: E402
from trials import Answer, Told  # noqa: E402

FULL, QUICK = 30, 8
MAX_BYTES = 8 << 20
"""Wheel and sdist together; the largest packages would only test the disk."""
MANY = 3
"""Packages that also go through the command line."""


def chosen(count: int, locked: Mapping[str, Locked]) -> list[Package]:
    """*count* packages, every other one with dependencies, in the order of the digests of their names."""
    order = sorted(locked.values(), key=lambda one: hashlib.sha256(one.name.encode()).digest())
    index = packages.Index(min(order, key=lambda one: len(one.entry)))
    alone: list[Package] = []
    needy: list[Package] = []
    for one in order:
        fetched = packages.fetch(index, one, MAX_BYTES)
        if isinstance(fetched, str):
            common.say(f"  {one.name} {one.version}: left out, {fetched}")
        elif not trials.in_time(fetched):
            common.say(f"  {one.name} {one.version}: left out, younger than the fictional release")
        else:
            (needy if trials.needs_something(fetched) else alone).append(fetched)
        if min(len(needy), len(alone)) * 2 >= count:
            break
    found = [one for pair in zip_longest(needy, alone) for one in pair if one is not None][:count]
    if len(found) < count:
        short = f"{len(found)} of {count} packages fit; is the calendar of tests/scenario/honesty older than the locks?"
        if len(found) < QUICK:
            raise common.CannotRun(f"only {short}")
        common.say(f"only {short}")
    return found


def judged(found: Sequence[Package], locked: Mapping[str, Locked], folder: Path) -> list[Answer]:
    """All trials, in as many processes as there are cores."""
    answers = []
    with ProcessPoolExecutor(max_workers=common.cores()) as pool:
        waiting = [
            pool.submit(
                trials.try_package, one, locked, folder / one.locked.name, by_tool=number % 4 in (1, 2)
            )
            for number, one in enumerate(found)
        ]
        for done in as_completed(waiting):
            answer = done.result()
            answers.append(answer)
            common.say(_line(answer))
    return sorted(answers, key=lambda one: one.package)


def _line(answer: Answer) -> str:
    found = len(answer.told) - len(answer.missed)
    shares = f"{answer.satisfied} of {answer.machine} machine-checkable claims satisfied, "
    shares += f"{found} of {len(answer.told)} falsehoods found"
    lines = [f"  {answer.package}: {answer.result or 'crashed'}, bill by {answer.tool}; {shares}"]
    for what in ("crashes", "against", "known", "open", "missed", "passed", "strays"):
        lines += [f"    {what}: {one}" for one in getattr(answer, what)]
    return "\n".join(lines)


def by_command_line(found: Sequence[Package], locked: Mapping[str, Locked], folder: Path) -> list[Told]:
    answers = [trials.command_line(one, locked, folder / f"cli-{one.locked.name}") for one in found]
    for answer in answers:
        for line in filter(None, (answer.crash, *answer.against)):
            common.say(f"  command line, {answer.package}: {line}")
    return answers


def figures(answers: Sequence[Answer], cli: Sequence[Told]) -> dict[str, Any]:
    told = [kind for answer in answers for kind in answer.told]
    missed = sum(len(answer.missed) for answer in answers)
    machine = sum(answer.machine for answer in answers)
    satisfied = sum(answer.satisfied for answer in answers)
    bare = sum(answer.bare for answer in answers)
    bare_satisfied = sum(answer.bare_satisfied for answer in answers)
    return {
        "packages": len(answers),
        "crashes": sum(len(answer.crashes) for answer in answers) + sum(1 for one in cli if one.crash),
        "false_contradictions": sum(len(one.against) for one in answers)
        + sum(len(one.against) for one in cli),
        "claims_judged": sum(answer.claims for answer in answers),
        "satisfied_share": round(satisfied / machine, 4) if machine else 0.0,
        "checks_exercised": len({check for answer in answers for check in answer.exercised}),
        "kinds": len(set(told)),
        "found_share": round(1 - missed / len(told), 4) if told else 0.0,
        "seconds_per_trial": round(statistics.median(answer.seconds for answer in answers), 3)
        if answers
        else 0.0,
        "scale": {
            "claims_machine_checkable": machine,
            "claims_satisfied": satisfied,
            "bare_claims_machine_checkable": bare,
            "bare_satisfied_share": round(bare_satisfied / bare, 4) if bare else 0.0,
            "falsehoods_told": len(told),
            "falsehoods_found": len(told) - missed,
            "falsehoods_inapplicable": sum(len(answer.inapplicable) for answer in answers),
            "falsehoods_passed": sum(len(answer.passed) for answer in answers),
            "strays": sum(len(answer.strays) for answer in answers),
            "true_contradictions": sum(len(answer.known) for answer in answers),
            "bills_by_assay": sum(answer.tool == "Assay" for answer in answers),
            "bills_by_other_tool": sum(answer.tool != "Assay" for answer in answers),
            "command_line_trials": len(cli),
            "command_line_seconds": round(common.median(one.seconds for one in cli), 3),
            "cores": common.cores(),
        },
    }


ZERO = (
    "crashes", "false_contradictions", "scale.falsehoods_passed", "scale.strays", "scale.true_contradictions", "scale.falsehoods_inapplicable",
)  # fmt: skip


def main() -> int:
    options = common.options(__doc__, f"{QUICK} packages instead of {FULL} (a few minutes)")
    start = time.perf_counter()
    try:
        common.peer(trials.TOOL)
        locked = packages.locked()
        found = chosen(QUICK if options.quick else FULL, locked)
        common.say(f"{len(found)} packages are here")
        folder = common.scratch("honesty")
        answers = judged(found, locked, folder)
        cli = by_command_line(found[: 2 if options.quick else MANY], locked, folder)
    except common.CannotRun as error:
        common.say(f"cannot run: {error}")
        return 1
    measured = figures(answers, cli)
    measured["scale"]["seconds"] = round(time.perf_counter() - start)
    measured["machine"] = common.machine()
    return common.finish(measured, as_json=options.json, may_be_zero=ZERO)


if __name__ == "__main__":
    sys.exit(main())
