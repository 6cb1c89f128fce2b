"""Sweeps: run a design of cells through scenarios, chunk by chunk, into a Parquet dataset that can be resumed."""
