"""The provider's side: from what was collected and what the provider declares to a signed submission bundle. Pure."""
