"""Steps that tell what on a page is text and what is not, one file a step."""
