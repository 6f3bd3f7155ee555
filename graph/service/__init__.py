"""The web service: jobs that survive, an API, a page, MCP. Outermost, like `graph.cli`: nothing imports it."""
