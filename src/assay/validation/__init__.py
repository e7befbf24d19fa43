"""The engine: packs, checks and evidence in; outcomes and a verdict, with their reasons, out."""
