"""Answers held to a form: any schema, tool or pattern becomes a grammar that decoding cannot leave."""
