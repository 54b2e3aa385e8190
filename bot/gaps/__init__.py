"""Finds what the documents lack, from questions that went unanswered or whose answers were rated badly.

`find.py` is the table of contents: cluster, name, compare with the documents, count. `digest.py` tells the admins of it
once a week.
"""
