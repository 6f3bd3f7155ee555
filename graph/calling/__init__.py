"""One call of the model within its budget: prompt fitted, answer cleaned and bounded, failures tried again."""
