"""The versioned system prompts: found, checked, rendered. A released version never changes: its hash is recorded."""

from bot.prompting.library import ListedPrompt, PromptLibrary

__all__ = ["ListedPrompt", "PromptLibrary"]
