"""Pages to chunks of whole sentences: chunks.py cuts, plan.py decides where, sentences.py knows where they end.

Of models it knows a function that counts tokens.
"""
