"""Answers questions about a report, with the paragraph and its own words under every answer."""
