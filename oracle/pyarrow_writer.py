"""Writes Arrow IPC streams as Parquet by pyarrow: a JSON request a line, an answer a line."""

import json
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

ENCODINGS = {
    "BOOLEAN": ["PLAIN", "RLE"],
    "INT32": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "INT64": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "FLOAT": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "DOUBLE": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "BYTE_ARRAY": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    "FIXED_LEN_BYTE_ARRAY": ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
}


def write(request):
    with pa.ipc.open_stream(request["ipc"]) as reader:
        table = reader.read_all()
    options = request["options"]
    if request.get("categorical"):
        for i, field in enumerate(table.schema):
            if pa.types.is_string(field.type):
                table = table.set_column(i, field.name, table.column(i).dictionary_encode())
    if request.get("encodings") is not None:
        choose = random.Random(request["encodings"])
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, **{k: v for k, v in options.items() if k != "row_group_size"})
        schema = pq.ParquetFile(sink.getvalue()).schema
        columns = [schema.column(i) for i in range(len(schema))]
        options["use_dictionary"] = False
        options["column_encoding"] = {
            column.path: choose.choice(ENCODINGS.get(column.physical_type, ["PLAIN"]))
            for column in columns
        }
    pq.write_table(table, request["path"], **options)


for line in sys.stdin:
    try:
        write(json.loads(line))
        print(json.dumps({"ok": True}), flush=True)
    except Exception as error:
        print(json.dumps({"ok": False, "error": str(error)}), flush=True)
