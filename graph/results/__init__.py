"""What a run returns: its parts, its types and their JSON Schema. Plain values."""
