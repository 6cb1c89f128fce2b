"""Read a user's Parquet file, which may unpack to a thousand times its size."""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from basis_data.tables.files import read_bytes
from basis_engine.base.errors import InputError

MOST_CELLS = 50_000_000


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a Parquet file.

    Raises
    ------
    InputError
        If it is none, or has too many cells.
    """
    try:
        file = pq.ParquetFile(BytesIO(read_bytes(path, "the path of a CSV or Parquet file")))
        if file.metadata.num_rows * file.metadata.num_columns > MOST_CELLS:
            raise InputError(f"{path}: has more than the {MOST_CELLS:,} cells allowed; give several tables")
        found: pd.DataFrame = file.read().to_pandas()
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise InputError(f"{path}: is not a Parquet file ({str(problem).splitlines()[0]})") from None
    return found
