"""Shared by tests of several rooms: worlds, laws, twins, synthetic years and results. No test imports another test."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
