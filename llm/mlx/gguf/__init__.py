"""GGUF files, as LM Studio, Ollama and llama.cpp leave them, converted once into folders that mlx-lm loads.

`source` finds the file that a name means, one in Python packages too. `reader` reads its header and trusts nothing
in it; `architectures` names the network as mlx-lm does, `tokenizer` writes the vocabulary as `tokenizers` does,
`weights` keeps the numbers, and `convert` puts the folder into the cache.
"""
