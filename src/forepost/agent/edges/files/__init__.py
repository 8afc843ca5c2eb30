"""Folders and files that the agent keeps."""
