"""What tests of several rooms share: worlds, laws, twins, made-up years and results. No test imports another test."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
