"""What text is made of in any language: its language, its sentences, words and marks, and how lines join.

Pure functions of text: nothing here imports any other package of ours. It is the one part of `llm` that
`graph.documents` may import. Nothing heavy is loaded before it is needed.
"""
