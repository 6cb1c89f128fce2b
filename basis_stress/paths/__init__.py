"""Books through ensembles of generated paths: run, streamed to Parquet, counted."""
