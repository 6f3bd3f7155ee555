"""OpenAI's chat completions, for Open WebUI and whatever else speaks them: the configured model, and `summarize`.

Requests that are there at the same time are decoded together, and together with the calls of the summaries.
"""

from graph.service.openai_api.routes import router

__all__ = ["router"]
