"""Writes the Parquet files that ParquetRowsTest reads: python3 files.py (needs pyarrow).

types.parquet has a column of every type, groups.parquet three groups of rows, CODEC.parquet packed pages, nested.parquet lists and a
name with a dot.
"""
import datetime
import decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def write(name, columns, **options):
    pq.write_table(pa.table(columns), name + ".parquet",
                   **{"compression": "none", "write_statistics": False, "store_schema": False, "use_dictionary": False, **options})


day = datetime.date(2020, 1, 2)
write("types", {
    "i8": pa.array([1, None, -3], pa.int8()),
    "i32": pa.array([1, None, -2**31], pa.int32()),
    "i64": pa.array([2**62, None, -5], pa.int64()),
    "u32": pa.array([2**32 - 1, None, 7], pa.uint32()),
    "u64": pa.array([2**64 - 1, None, 7], pa.uint64()),
    "f16": pa.array(np.array([1.5, -2, 0.25], np.float16)),
    "f32": pa.array([0.1, None, float("nan")], pa.float32()),
    "f64": pa.array([0.1, None, 2.5e300], pa.float64()),
    "bool": pa.array([True, None, False]),
    "text": pa.array([" Ölüm ", None, " "]),
    "date": pa.array([day, None, day]),
    "time": pa.array([datetime.datetime(2020, 1, 2, 3, 4, 5, 678000), None, None], pa.timestamp("ms")),
    "decimal": pa.array([decimal.Decimal("12.34"), None, decimal.Decimal("-0.05")], pa.decimal128(9, 2)),
    "none": pa.array([None, None, None]),
    "bytes": pa.array([b"\x00\xff", None, b""]),
})
write("groups", {"id": pa.array(range(60)), "kind": pa.array(["abc"[i % 3] for i in range(60)])}, row_group_size=20, use_dictionary=["kind"])
for codec in ["snappy", "gzip", "zstd"]:
    write(codec, {"id": pa.array(range(200)), "kind": pa.array(["long text, again and again"] * 200)}, compression=codec)
write("nested", {"id": pa.array([1, 2]), "a.b": pa.array(["x", "y"]), "list": pa.array([[1], [2, 3]]), "st": pa.array([{"id": 5}, {"id": 6}])})
write("empty", {"id": pa.array([], pa.int64())})
write("legacy", {"time": pa.array([datetime.datetime(2020, 1, 2, 3, 4, 5)])}, use_deprecated_int96_timestamps=True)
