"""``office.toml`` and ``ASSAY_OFFICE_*``: how a service is set up, read once. See docs/office-settings.md.

No secret stands in it: secrets are files that it names, or systemd credentials.
"""
