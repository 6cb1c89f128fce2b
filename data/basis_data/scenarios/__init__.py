"""Scenarios: windows of real days with dated changes; the TOML files and the models that check them."""
