"""Writes the Parquet files that ParquetRowsTest and TrainClassifyCommandTest read.

    ~/.cache/heed-goldens/bin/python tools/goldens/parquet.py

The same table as pandas, Spark and the hub write it: several row groups, pages of versions 1 and 2, dictionaries or not,
unpacked, gzip and Snappy; and one packed in a way that Heed has no reader for.
"""
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
TASKS = ROOT / "tasks/src/test/resources/goldens/parquet"
APP = ROOT / "app/src/test/resources/goldens/parquet"

rows = 60
table = pa.table(
    {
        "picture": pa.array([{"bytes": b"\x89PNG", "path": None}] * rows),
        "text": pa.array([f"Eine größere Zeile, die {i}. 🚂" if i != 41 else None for i in range(rows)]),
        "label": pa.array([i % 3 for i in range(rows)], pa.int64()),
        "score": pa.array([i / 4 for i in range(rows)], pa.float64()),
        "small": pa.array([-i for i in range(rows)], pa.int8()),
        "good": pa.array([i % 2 == 0 for i in range(rows)]),
        "tags": pa.array([["a", "b"][: i % 3] for i in range(rows)], pa.list_(pa.string())),
        "raw": pa.array([b"\xff\xfe"] * rows, pa.binary()),
    }
)


def write(folder, name, **how):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / name, row_group_size=25, write_statistics=False, store_schema=False, **how)


write(TASKS, "unpacked.parquet", compression="none")
write(TASKS, "gzip-v2.parquet", compression="gzip", data_page_version="2.0")
write(TASKS, "plain.parquet", compression="none", use_dictionary=False)
write(TASKS, "zstd.parquet", compression="zstd")
write(APP, "snappy.parquet", compression="snappy")
write(APP, "snappy-v2.parquet", compression="snappy", data_page_version="2.0", use_dictionary=False)
