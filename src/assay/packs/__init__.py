"""Requirement packs: regimes as data files, and their model."""
