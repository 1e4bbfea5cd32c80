"""The Python side of a python step: takes batches from the program, hands them to the user's function, and gives back
what it returns.

Runs on Python 3.9 and later without packages; pyarrow and pandas serve those who ask for their tables. Messages come on
descriptor 3 and go out on descriptor 4, each behind a header: its kind, a number, its size. The kinds:

    J  settings, as JSON             to the worker, first
    P  the packages are there        from the worker, when those that the step names are installed
    R  ready: the function is there  from the worker, before it takes a row
    S  an Arrow schema message       both ways, before the batches of a stream; to the worker, of the input of that number
    B  an Arrow record batch         both ways, likewise
    E  the end of a stream           both ways; to the worker, with the number of inputs that go on
    X  a failure, as JSON            from the worker, and its last word
"""
import decimal
import json
import os
import struct
import sys
import threading
import types

from osiris_columns import INTEGERS, TYPE_KEY, Column, Failure, batch_message, columns_of, schema_message, type_of, values_of

FROM_PROGRAM, TO_PROGRAM, LIFE_LINE = 3, 4, 5
HEADER = struct.Struct("<cIQ")


# --- The three forms in which a function may want its rows.


class Rows:
    """Lists of dicts."""

    allocate = bytearray

    def __init__(self, settings):
        self.given = settings.get("schema")

    def table(self, columns, batches):
        names = [column.name for column in columns]
        rows = []
        for data in batches:
            lists, _ = values_of(data, columns)
            rows += [dict(zip(names, row)) for row in zip(*lists)]
        return rows

    def columns_for(self, rows, inputs):
        """The columns of the first rows: as declared, as they came in, or by their values."""
        if self.given:
            return [Column(name, kind) for name, kind in self.given.items()]
        if not rows:
            return [Column(column.name, column.kind.name) for column in inputs]
        known = {column.name: column for column in inputs}
        check_row(rows[0], None, 1)
        return [self.column(name, [row.get(name) if isinstance(row, dict) else None for row in rows], known.get(name)) for name in rows[0]]

    @staticmethod
    def column(name, values, before):
        if before is not None:
            try:
                before.kind.store(values)
                return before
            except (ValueError, TypeError, OverflowError, AttributeError, decimal.DecimalException):
                pass
        return Column(name, type_of(values, name))

    def messages(self, rows, columns, rows_before, batch_rows):
        names = [column.name for column in columns]
        wanted = set(names)
        for number, row in enumerate(rows, rows_before + 1):
            check_row(row, wanted, number)
        for begin in range(0, len(rows), batch_rows):
            part = rows[begin:begin + batch_rows]
            lists = [[row[name] for row in part] for name in names]
            yield batch_message(columns, lists, len(part), rows_before + begin)


def check_row(row, wanted, number):
    if not isinstance(row, dict):
        raise Failure("python.wrong_result", f"row {number} is no dict: {type(row).__name__}")
    if wanted is None or row.keys() == wanted:
        for name in row if wanted is None else ():
            if not isinstance(name, str):
                raise Failure("python.wrong_result", f"row {number} has a key that is no text: {name!r}")
        return
    for name in row:
        if name not in wanted:
            raise Failure("python.schema_changed", f"row {number} has a column that the first one does not have: '{name}'")
    raise Failure("python.schema_changed", f"row {number} lacks a column: '{min(wanted - row.keys())}'")


class Arrow:
    """pyarrow Tables."""

    def __init__(self, settings):
        import pyarrow
        self.pa, self.given = pyarrow, settings.get("schema")
        self.allocate = pyarrow.allocate_buffer  # out of a pool, where memory that was used serves again

    def table(self, columns, batches):
        schema = self.pa.ipc.read_schema(self.pa.py_buffer(schema_message(columns)))
        return self.pa.Table.from_batches([self.pa.ipc.read_record_batch(self.pa.py_buffer(data), schema) for data in batches], schema)

    def arrow(self, result, _):
        return self.pa.Table.from_batches([result]) if isinstance(result, self.pa.RecordBatch) else result

    def columns_for(self, result, inputs):
        if self.given:
            return [Column(name, kind) for name, kind in self.given.items()]
        known = {column.name: column for column in inputs}
        table = self.arrow(result, inputs)
        return [self.column(field, table.column(index), known.get(field.name)) for index, field in enumerate(table.schema)]

    def column(self, field, values, before):
        named = (field.metadata or {}).get(TYPE_KEY.encode())
        for candidate in filter(None, (named and Column(field.name, named.decode()), before)):
            try:
                values.cast(self.type_of(candidate))
                return candidate
            except (self.pa.ArrowInvalid, self.pa.ArrowNotImplementedError):
                pass
        return Column(field.name, self.name_of(field))

    def name_of(self, field):
        kinds, arrow = self.pa.types, field.type
        if kinds.is_dictionary(arrow):
            arrow = arrow.value_type
        if kinds.is_decimal(arrow):
            return f"decimal({arrow.precision},{max(arrow.scale, 0)})"
        if kinds.is_timestamp(arrow):
            return "timestamp with time zone" if arrow.tz else "timestamp"
        tests = ((kinds.is_boolean, "boolean"), (kinds.is_int8, "tinyint"), (kinds.is_int16, "smallint"), (kinds.is_int32, "integer"),
                 (kinds.is_int64, "bigint"), (kinds.is_uint8, "tinyint unsigned"), (kinds.is_uint16, "smallint unsigned"), (kinds.is_uint32, "integer unsigned"),
                 (kinds.is_uint64, "bigint unsigned"), (kinds.is_float16, "float"), (kinds.is_float32, "float"), (kinds.is_float64, "double"),
                 (kinds.is_date, "date"), (kinds.is_time, "time"), (kinds.is_binary, "bytes"), (kinds.is_large_binary, "bytes"),
                 (kinds.is_string, "text"), (kinds.is_large_string, "text"), (kinds.is_null, "text"))
        for test, name in tests:
            if test(arrow):
                return name
        raise Failure("python.unknown_type", f"no column can hold values of {field.type}: '{field.name}'")

    def type_of(self, column):
        pa, name = self.pa, column.kind.name
        if column.kind.arrow == 5:
            return pa.string()
        if column.kind.arrow == 7:
            return pa.decimal128(column.kind.arrow_fields[0][1], column.kind.arrow_fields[1][1])
        if name in INTEGERS:
            return getattr(pa, f"{'' if INTEGERS[name].islower() else 'u'}int{8 * struct.calcsize(INTEGERS[name])}")()
        return {"boolean": pa.bool_(), "float": pa.float32(), "double": pa.float64(), "date": pa.date32(), "time": pa.time64("us"), "bytes": pa.binary(),
                "timestamp": pa.timestamp("us"), "timestamp with time zone": pa.timestamp("us", "UTC"), "uuid": pa.binary(16)}[name]

    def messages(self, result, columns, rows_before, batch_rows):
        table = self.arrow(result, columns)
        names = [column.name for column in columns]
        if table.schema.names != names:
            if sorted(table.schema.names) != sorted(names):
                extra = [name for name in table.schema.names if name not in names]
                what = f"has a column that the first one does not have: '{extra[0]}'" if extra else f"lacks a column: '{[n for n in names if n not in table.schema.names][0]}'"
                raise Failure("python.schema_changed", f"the table from row {rows_before + 1} {what}")
            table = table.select(names)
        arrays = [self.cast(values, column, rows_before) for values, column in zip(table.columns, columns)]
        for batch in self.pa.Table.from_arrays(arrays, names=names).combine_chunks().to_batches(batch_rows):
            yield batch.serialize()

    def cast(self, values, column, rows_before):
        wanted = self.type_of(column)
        if values.type == wanted:
            return values
        try:
            return values.cast(wanted)
        except (self.pa.ArrowInvalid, self.pa.ArrowNotImplementedError) as error:
            for index, value in enumerate(values):
                try:
                    self.pa.scalar(value.as_py(), value.type).cast(wanted)
                except (self.pa.ArrowInvalid, self.pa.ArrowNotImplementedError) as reason:
                    raise Failure("python.wrong_type", f"row {rows_before + index + 1}, column '{column.name}': {reason}") from None
            raise Failure("python.wrong_type", f"column '{column.name}' cannot be {column.kind.name}: {error}") from None


class Pandas(Arrow):
    """pandas DataFrames; on the way they are Arrow's tables."""

    def __init__(self, settings):
        super().__init__(settings)
        import pandas  # noqa: F401, it is missed here and not when the first batch comes

    def table(self, columns, batches):
        return super().table(columns, batches).to_pandas(integer_object_nulls=True, date_as_object=True)

    def arrow(self, result, columns):
        known = {column.name: column for column in columns}
        names = [str(name) for name in result.columns]
        return self.pa.table([self.array(result.iloc[:, index], known.get(name), name) for index, name in enumerate(names)], names)

    def array(self, series, column, name):
        """Objects say little of their type: they have that of the column that they came as, where they fit it."""
        wrong = (self.pa.ArrowException, OverflowError, TypeError, ValueError)
        if column is not None and series.dtype == object:
            try:
                return self.pa.array(series, self.type_of(column), from_pandas=True)
            except wrong:
                pass
        try:
            return self.pa.array(series, from_pandas=True)
        except wrong as error:
            raise Failure("python.unknown_type", f"no column can hold these values: '{name}': {error}") from None


FORMS = {"rows": Rows, "arrow": Arrow, "pandas": Pandas}
CLASSES = {"list": "rows", "Table": "arrow", "RecordBatch": "arrow", "DataFrame": "pandas"}
ANNOTATIONS = {"list": "rows", "dict": "rows", "Table": "arrow", "RecordBatch": "arrow", "DataFrame": "pandas"}


# --- The script and its function.


def load_script(settings):
    """The user's module. What it prints goes to the log, for both descriptors are the program's."""
    name, source = settings["name"], settings["code"]
    module = type(sys)("osiris_script")
    module.__file__ = name
    sys.modules["osiris_script"] = module
    if settings.get("folder"):
        sys.path.insert(0, settings["folder"])
    exec(compile(source, name, "exec"), module.__dict__)
    return module


def named_requirements(source):
    """The packages that a script names in a block as PEP 723 has it."""
    if "# /// script" not in source:
        return []
    import re
    lines, is_inside = [], False
    for line in source.splitlines():
        if not is_inside:
            is_inside = line.rstrip() == "# /// script"
        elif line.rstrip() == "# ///" or not line.startswith("#"):
            break
        else:
            lines.append(line[1:])
    found = re.search(r"^\s*dependencies\s*=\s*\[(.*?)\]\s*$", "\n".join(lines), re.M | re.S)
    return [first or second for first, second in re.findall(r'"([^"]*)"|\'([^\']*)\'', found[1])] if found else []


def missing_requirements(requirements):
    """Those that are not installed, or in another version."""
    if not requirements:
        return []
    import importlib.metadata
    import re
    missing = []
    for requirement in requirements:
        name = re.split(r"[\s\[<>=!~;@(]", requirement.strip(), maxsplit=1)[0]
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(requirement)
            continue
        if not satisfies(version, requirement):
            missing.append(f"{requirement} (there is {version})")
    return missing


def satisfies(version, requirement):
    try:
        from packaging.requirements import Requirement
    except ImportError:
        try:
            from pip._vendor.packaging.requirements import Requirement
        except ImportError:
            return True
    parsed = Requirement(requirement)
    return parsed.marker is not None and not parsed.marker.evaluate() or parsed.specifier.contains(version, prereleases=True)


def form_of(function, settings):
    if settings.get("as"):
        return settings["as"]
    for annotation in getattr(function, "__annotations__", {}).values():
        word = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
        found = ANNOTATIONS.get(word.split("[")[0].split(".")[-1])
        if found:
            return found
    return "rows"


def parameters_of(function):
    code = getattr(function, "__code__", None)
    return code.co_varnames[:code.co_argcount + code.co_kwonlyargcount] if code else ()


class Step:
    """One run of the user's function over its inputs."""

    def __init__(self, settings):
        self.settings = settings
        self.requirements = named_requirements(settings["code"]) + settings["requirements"]
        missing = missing_requirements(self.requirements)
        if missing:
            raise Failure("python.requirements_missing", "Python packages are missing: " + ", ".join(missing), requirements=self.requirements)
        send(b"P")
        try:
            module = load_script(settings)
        except SyntaxError as error:
            raise Failure("python.syntax", f"{settings['name']}: {error.msg}", line=error.lineno, column=error.offset) from None
        self.function = getattr(module, settings["function"], None)
        if not callable(self.function):
            raise Failure("python.no_function", f"the script has no function '{settings['function']}'")
        self.forms = {}
        self.form = self.form_called(form_of(self.function, settings))
        self.extras = self.wanted_extras()
        self.columns, self.row_count, self.inputs = None, 0, []

    def wanted_extras(self):
        names, extras = parameters_of(self.function), {}
        if "params" in names:
            extras["params"] = self.settings["params"]
        if "secrets" in names:
            extras["secrets"] = self.settings["secrets"]
        if "log" in names:
            import logging
            extras["log"] = logging.getLogger("osiris")
            extras["log"].addHandler(logging.StreamHandler(sys.stderr))
            extras["log"].setLevel(logging.INFO)
        return extras

    def form_called(self, name):
        if name not in self.forms:
            try:
                self.forms[name] = FORMS[name](self.settings)
            except ImportError as error:
                raise Failure("python.requirements_missing", f"Python packages are missing: {error.name}",
                              requirements=[*self.requirements, error.name]) from None
        return self.forms[name]

    def call(self, *tables, **named):
        result = self.function(*tables, **named, **self.extras)
        return result if isinstance(result, types.GeneratorType) else [result]

    def give_back(self, pieces):
        if self.settings["function"] == "write":
            for _ in pieces:
                pass
            return
        for piece in pieces:
            if type(piece).__name__ not in CLASSES:
                raise Failure("python.wrong_result", f"'{self.settings['function']}' gave back {type(piece).__name__}, which is no table")
            form = self.form_called(CLASSES[type(piece).__name__])
            if self.columns is None:
                self.columns = form.columns_for(piece, [column for columns in self.inputs for column in columns])
                send(b"S", schema_message(self.columns))
            for data in form.messages(piece, self.columns, self.row_count, self.settings["batch_rows"]):
                send(b"B", data)
            self.row_count += len(piece)

    def run(self, stream):
        stream.allocate = self.form.allocate
        self.inputs = [columns_of(stream.expect(b"S", index)) for index in range(len(self.settings["inputs"]))]
        if not self.inputs:
            self.give_back(self.call())
        elif len(self.inputs) == 1 and not self.settings.get("whole_table"):
            self.run_by_batch(stream)
        else:
            batches = [[] for _ in self.inputs]
            for index, data in stream.batches():
                batches[index].append(data)
            tables = [self.form.table(columns, each) for columns, each in zip(self.inputs, batches)]
            batches.clear()
            if len(tables) == 1:
                self.give_back(self.call(*tables))
            else:
                self.give_back(self.call(**dict(zip(self.settings["inputs"], tables))))
        if self.columns is None:
            self.give_back([self.form.table(self.inputs[0], [])] if self.inputs else [[]])
        send(b"E")

    def run_by_batch(self, stream):
        rows_before = 0
        for _, data in stream.batches():
            table = self.form.table(self.inputs[0], [data])
            begin, rows_before = rows_before + 1, rows_before + len(table)
            try:
                self.give_back(self.call(table))
            except Failure:
                raise
            except Exception as error:
                raise failure_of(error, self.settings["name"], begin) from error


def failure_of(error, name, first_row=None):
    """An exception of the script as the program tells it: where in the script, innermost first."""
    import traceback
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    where = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(frames)]
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    return Failure("python.raised", text, trace=where, line=frames[-1].lineno if frames else None, first_row=first_row)


# --- The pipes.


class Stream:
    def __init__(self):
        self.pipe = os.fdopen(FROM_PROGRAM, "rb", buffering=1 << 20)
        self.allocate = bytearray

    def next(self):
        header = self.pipe.read(HEADER.size)
        if len(header) < HEADER.size:
            os._exit(1)  # the program is gone
        kind, index, size = HEADER.unpack(header)
        data = memoryview(self.allocate(size))
        if self.pipe.readinto(data) < size:
            os._exit(1)
        return kind, index, data

    def expect(self, wanted, index=0):
        kind, number, data = self.next()
        assert (kind, number) == (wanted, index), (kind, number)
        return data

    def batches(self):
        """Index and message of every batch, until all inputs have ended."""
        open_inputs = None
        while open_inputs is None or open_inputs > 0:
            kind, index, data = self.next()
            if kind == b"E":
                open_inputs = index
            else:
                yield index, data


def send(kind, data=b""):
    for part in (HEADER.pack(kind, 0, len(data)), data):
        view = memoryview(part)
        while view.nbytes:
            view = view[os.write(TO_PROGRAM, view):]


def die_with_the_program():
    """Ends this process when the other end of the pipe is closed, whatever the script is doing."""
    os.read(LIFE_LINE, 1)
    os._exit(1)


def main():
    for descriptor in (FROM_PROGRAM, TO_PROGRAM, LIFE_LINE):
        os.set_inheritable(descriptor, False)
    threading.Thread(target=die_with_the_program, daemon=True).start()
    stream = Stream()
    settings = json.loads(bytes(stream.expect(b"J")))
    try:
        step = Step(settings)
        send(b"R")
        if not settings["only_looks"]:
            step.run(stream)
    except Failure as failure:
        send(b"X", json.dumps(failure.facts).encode())
    except Exception as error:
        send(b"X", json.dumps(failure_of(error, settings["name"]).facts).encode())
    sys.stdout.flush()
    sys.stderr.flush()
