"""Sweeps: a design of cells taken through a scenario, chunk by chunk, into a Parquet dataset that can be resumed."""
