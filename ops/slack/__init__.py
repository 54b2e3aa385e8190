"""The Slack app as it is to be created: its manifest."""
