"""The result as one page of HTML that needs nothing else: report.py puts it together, chips.py makes the chips."""
