"""Summaries as tools of the Model Context Protocol, for assistants: over stdio, and at `/mcp` of the service.

Clients give up after a minute; jobs do not: a call answers in time with how far its job has come.
"""

from graph.service.mcp.http import mount_mcp
from graph.service.mcp.server import make_server

__all__ = ["make_server", "mount_mcp"]
