"""Registration of signed statements over HTTP: SCRAPI, a draft of the IETF (draft-ietf-scitt-scrapi-08).

Alone in a package because its answers changed from version to version: nothing else knows of it.
"""
