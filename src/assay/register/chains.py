"""Which chain a draw's commit names, as far as a name alone tells it."""

from datetime import datetime

from assay.errors import Malformed
from assay.formats import times
from assay.register import drand, nist
from assay.register.beacon import Chain


def named(name: str) -> Chain | None:
    """The chain of that name when it is one that everybody knows; NIST's without certificates, so it verifies nothing."""
    if name in drand.KNOWN:
        return drand.KNOWN[name]
    index = name.removeprefix(nist.PREFIX)
    if name.startswith(nist.PREFIX) and index.isascii() and index.isdecimal() and str(int(index)) == index:
        return nist.Nist(int(index), ())
    return None


def misdated(chain: Chain | None, round_: int, due: datetime) -> str:
    """What is wrong with *due* as the time of a round of *chain*; empty when nothing is, or nobody can tell."""
    if chain is None:
        return ""
    try:
        true = chain.due(round_)
    except Malformed as error:
        return str(error)
    return "" if true == due else f"round {round_} of {chain.name[:24]} is due {times.encode(true)}"
