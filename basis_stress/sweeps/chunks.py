"""The parts of a sweep: how many cells each holds, and how one is made, run and encoded in a single thread."""

import pyarrow as pa
import pyarrow.parquet as pq

from basis_stress.sweeps.jobs import Job, ran, table


def sizes(job: Job) -> list[int]:
    """Cells of every part of a job."""
    total = job.design.size * len(job.scenarios)
    return [min(job.part, total - start) for start in range(0, total, job.part)]


def made(job: Job, part: int) -> bytes:
    """One part of a job, as the bytes of a Parquet file."""
    start = part * job.part
    return encoded(table(job, ran(job, start, min(start + job.part, job.design.size * len(job.scenarios)))))


def encoded(cells: pa.Table) -> bytes:
    """Cells as the bytes of a Parquet file: one row group, nothing in it that changes from run to run."""
    sink = pa.BufferOutputStream()
    floats = [one.name for one in cells.schema if pa.types.is_floating(one.type)]
    pq.write_table(
        cells.combine_chunks(),
        sink,
        row_group_size=len(cells),
        compression="zstd",
        compression_level=1,
        use_dictionary=[one.name for one in cells.schema if one.name not in floats],
        use_byte_stream_split=floats,
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content
