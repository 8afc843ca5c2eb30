"""Side-by-side figures. `python -m bench [NAME...]`; each file has `main() -> str` (Markdown)."""
