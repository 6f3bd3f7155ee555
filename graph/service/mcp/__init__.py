"""Summaries as tools of the Model Context Protocol, for assistants: over stdio, and at `/mcp` of the service.

Clients give up after a minute; jobs do not: a call answers in time with how far its job has come.
"""
