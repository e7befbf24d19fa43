"""The HTTP API of an office: JSON in, JSON out, problem details (RFC 9457) where it fails. Needs the extra ``server``.

No handler decides anything: each finds out who asks, calls one use case, and shows what it returns.
"""
