"""MLX under LangChain: ChatMLX (messages), MLX (raw text), and the engine that decodes their calls together."""
