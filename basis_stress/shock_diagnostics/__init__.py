"""Diagnostic pages of the shock generators."""
