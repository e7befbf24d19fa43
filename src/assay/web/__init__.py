"""Pages: rendered on the server, complete without script."""
