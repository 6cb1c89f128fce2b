"""Ensembles: books through many generated yield paths, streamed to Parquet, with statistics and a page."""
