"""A typed client of an office's HTTP API. The commands that take an office's URL are built on it."""

from assay.client.office import OfficeClient

__all__ = ["OfficeClient"]
