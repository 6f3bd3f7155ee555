"""GGUF files, as LM Studio, Ollama and llama.cpp leave them, converted once into folders that mlx-lm loads.

`reader` reads a file's header and trusts nothing in it; `architectures` names its network as mlx-lm does, `tokenizer`
writes its vocabulary as `tokenizers` does, `weights` keeps its numbers, and `convert` puts the folder into the cache.
`packaged` finds models that come as Python packages.
"""
