"""OpenAI-compatible servers, such as Ollama or vLLM: `chat` calls them, `errors` explains their failures."""
