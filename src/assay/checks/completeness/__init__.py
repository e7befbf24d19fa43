"""The completeness rules C1 to C17: what an attestation must say and bring before its claims are looked at."""
