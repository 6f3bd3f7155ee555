"""Pages to chunks of whole sentences."""
