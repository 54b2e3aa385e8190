"""Takes personal data out of what people wrote, before it becomes a document that others read. Pure.

Patterns and the names that are known, no model: see ops/decisions/0016-redaction-by-rules.md. Somebody reads what is
left before it is published; what is found here is what they need not find.
"""

from bot.redaction.redactor import Known, Redactor

__all__ = ["Known", "Redactor"]
