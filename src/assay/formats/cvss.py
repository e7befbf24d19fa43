"""CVSS version 3 base scores (FIRST, CVSS v3.1 specification, sections 7.1 and 7.4; v3.0 differs in nothing that counts here)."""

import re

from assay.errors import Malformed
from assay.formats.text import shown

_VECTOR = re.compile(r"CVSS:3\.[01](?:/[A-Z]{1,3}:[A-Z])+\Z")
_MAX_VECTOR = 300

_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 1.0},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES_CHANGED_SCOPE = {"N": 0.85, "L": 0.68, "H": 0.5}


def base_score(vector: str) -> float:
    """Base score, 0.0 to 10.0, of a ``CVSS:3.0/…`` or ``CVSS:3.1/…`` vector; :class:`Malformed` where :func:`fault` finds one."""
    wrong = fault(vector)
    if wrong:
        raise Malformed(f"CVSS vector {shown(vector, 80)!r} {wrong}")
    metrics = _metrics(vector)
    weights = {name: values[metrics[name]] for name, values in _WEIGHTS.items()}
    changed = metrics["S"] == "C"
    if changed:
        weights["PR"] = _PRIVILEGES_CHANGED_SCOPE[metrics["PR"]]
    return _score(weights, changed=changed)


def fault(vector: str) -> str:
    """What keeps *vector* from having a version 3 base score; empty when it has one."""
    if len(vector) > _MAX_VECTOR or not _VECTOR.match(vector):
        return "is not CVSS:3.0 or CVSS:3.1 with metrics of the form NAME:VALUE"
    metrics = _metrics(vector)
    if len(metrics) != vector.count("/"):
        return "names a metric twice"
    for name, values in _WEIGHTS.items():
        if metrics.get(name) not in values:
            return f"has no {name} of {'/'.join(values)}"
    return ""


def _metrics(vector: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition(":") for part in vector.split("/")[1:])}


def _score(w: dict[str, float], *, changed: bool) -> float:
    loss = 1 - (1 - w["C"]) * (1 - w["I"]) * (1 - w["A"])
    impact = 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15 if changed else 6.42 * loss
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * w["AV"] * w["AC"] * w["PR"] * w["UI"]
    return _roundup(min((1.08 if changed else 1.0) * (impact + exploitability), 10))


def _roundup(value: float) -> float:
    """Appendix A: the smallest number with one decimal that is not smaller, free of floating point noise."""
    scaled = round(value * 100_000)
    return scaled / 100_000 if scaled % 10_000 == 0 else (scaled // 10_000 + 1) / 10
