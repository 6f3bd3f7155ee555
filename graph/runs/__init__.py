"""Several documents in one run."""
