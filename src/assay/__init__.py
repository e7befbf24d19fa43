"""Assay: an assay office for software. Evidence goes in, verdicts come out, and everybody can recompute them."""

__version__ = "0.1.0"
