"""Who did what, and who may come in: sessions, API keys, the audit log."""
