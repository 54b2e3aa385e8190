"""A local Slack workspace: Slack's wire to the real slack-bolt and slack-sdk, and a web page for people."""
