"""Values that many tests start from. Fictional: no such provider, product or person exists."""
