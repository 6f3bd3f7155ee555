"""What is kept of jobs, in SQLite and in files: each change is a transaction. Knows nothing of models or tasks."""
