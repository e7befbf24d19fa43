"""The office's pages: HTML from the server, which works without script but for passkeys. Needs the extra ``server``.

No handler decides anything: each finds out who asks, calls one use case, and shows what it returns or goes on elsewhere.
"""
