"""Whether a text says something, or only stands where something should be said."""

_STANDINS = frozenset({
    "", "-", "--", "?", "n/a", "none", "nobody", "someone", "somebody", "tba", "tbc", "tbd", "todo", "to do",
    "fixme", "xxx", "unknown", "to be announced", "to be confirmed", "to be decided", "to be determined", "to be done",
})  # fmt: skip


def is_placeholder(text: str) -> bool:
    """True for nothing, for ``TBD`` and its like, and for ``<your name>``."""
    plain = " ".join(text.split()).rstrip(".!…").casefold()
    return (
        plain in _STANDINS
        or plain.startswith(("todo:", "todo ", "fixme:"))
        or (plain.startswith("<") and plain.endswith(">"))
    )
