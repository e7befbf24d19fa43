"""Lock files, one file per format; each has ``parse(data, *, what) -> Lockfile``."""
