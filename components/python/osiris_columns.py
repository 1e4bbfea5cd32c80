"""Columns of Python values, and Arrow's messages: what a python step says and hears, without any package.

The format is Arrow's IPC; each field of a schema names the program's own type in its metadata, which decides what its
values are in Python.
"""
import datetime
import decimal
import json
import struct

TYPE_KEY = "osiris:type"


class Failure(Exception):
    """What the user must know; the program gives it a place and a hint."""

    def __init__(self, code, message, **facts):
        super().__init__(message)
        self.facts = {"code": code, "message": message, **facts}


# --- Arrow's metadata: flatbuffers, read and written by hand. Slots are those of Message.fbs and Schema.fbs.


def number_at(data, at, form):
    return struct.unpack_from("<" + form, data, at)[0]


def slot(data, table, index):
    """Where the field of a table is; 0 where it is left out."""
    layout = table - number_at(data, table, "i")
    if 4 + 2 * index >= number_at(data, layout, "H"):
        return 0
    offset = number_at(data, layout + 4 + 2 * index, "H")
    return table + offset if offset else 0


def follow(data, at):
    return at + number_at(data, at, "I")


def text_at(data, at):
    begin = follow(data, at)
    return bytes(data[begin + 4:begin + 4 + number_at(data, begin, "I")]).decode()


def tables_at(data, at):
    begin = follow(data, at)
    return [follow(data, begin + 4 + 4 * index) for index in range(number_at(data, begin, "I"))]


class FlatBuffer:
    """A flatbuffer from its root on: whatever refers stands before what it refers to."""

    def __init__(self):
        self.data = bytearray(4)

    def align(self, size, ahead=0):
        self.data += bytes(-(len(self.data) + ahead) % size)

    def table(self, fields):
        """`fields`: index -> (form of struct, value), or (None, function that writes the value and returns where)."""
        places, size = {}, 4
        for index, (form, _) in sorted(fields.items(), key=lambda item: -struct.calcsize(item[1][0] or "I")):
            width = struct.calcsize(form or "I")
            size += -size % width
            places[index] = size
            size += width
        count = max(fields, default=-1) + 1
        self.align(8, 4 + 2 * count)
        layout = len(self.data)
        self.data += struct.pack(f"<HH{count}H", 4 + 2 * count, size, *(places.get(index, 0) for index in range(count)))
        table = len(self.data)
        self.data += struct.pack("<i", table - layout) + bytes(size - 4)
        for index, (form, value) in fields.items():
            at = table + places[index]
            if form:
                struct.pack_into("<" + form, self.data, at, value)
            else:
                struct.pack_into("<I", self.data, at, value() - at)
        return table

    def text(self, value):
        self.align(4)
        at, data = len(self.data), value.encode()
        self.data += struct.pack("<I", len(data)) + data + b"\0"
        return at

    def tables(self, writers):
        self.align(4)
        at = len(self.data)
        self.data += struct.pack("<I", len(writers)) + bytes(4 * len(writers))
        for index, write in enumerate(writers):
            place = at + 4 + 4 * index
            struct.pack_into("<I", self.data, place, write() - place)
        return at

    def structs(self, form, values):
        self.align(8, 4)
        at = len(self.data)
        self.data += struct.pack("<I", len(values)) + b"".join(struct.pack("<" + form, *value) for value in values)
        return at


def message(kind, write_header, body=b""):
    """An encapsulated message; `write_header(buffer)` writes its table."""
    buffer = FlatBuffer()
    root = buffer.table({0: ("h", 4), 1: ("B", kind), 2: (None, lambda: write_header(buffer)), 3: ("q", len(body))})
    struct.pack_into("<I", buffer.data, 0, root)
    buffer.align(8)
    return struct.pack("<Ii", 0xFFFFFFFF, len(buffer.data)) + bytes(buffer.data) + body


def opened(data):
    """The table of a message's header, and its body."""
    size = number_at(data, 4, "i")
    metadata, body = data[8:8 + size], data[8 + size:]
    return metadata, follow(metadata, slot(metadata, follow(metadata, 0), 2)), body


# --- Types: what each is in Python, and in Arrow's buffers.

EXACT = decimal.Context(prec=100, traps=[decimal.Inexact, decimal.InvalidOperation])
EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_UTC = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DAY_ZERO = datetime.date(1970, 1, 1).toordinal()
MICROSECOND = datetime.timedelta(microseconds=1)
DIGITS = bytes([0x30, 0x31]) + bytes(254)
BITS = [bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256)]
INTEGERS = {"tinyint": "b", "smallint": "h", "integer": "i", "bigint": "q",
            "tinyint unsigned": "B", "smallint unsigned": "H", "integer unsigned": "I", "bigint unsigned": "Q"}


def flags_of(bitmap, count):
    return b"".join([BITS[byte] for byte in bitmap[:(count + 7) // 8]])[:count]


def bitmap_of(flags):
    """Of bytes that are 0 or 1, or booleans."""
    return int(bytes(flags)[::-1].translate(DIGITS) or b"0", 2).to_bytes((len(flags) + 7) // 8, "little")


def misfit(value, kind):
    return ValueError(f"{kind} cannot hold {value!r}")


class Kind:
    """One type. `load` takes buffers behind the validity and gives a list; `store` takes a list without None."""

    def __init__(self, name, arrow, arrow_fields, load, store):
        self.name, self.arrow, self.arrow_fields, self.load, self.store = name, arrow, arrow_fields, load, store


def fixed(name, form, arrow, arrow_fields, to_python=None, to_number=lambda value: value, empty=0):
    """A type of fixed width, `form` in struct's and memoryview's words."""

    def load(buffers, count):
        numbers = buffers[0][:count * struct.calcsize(form)].cast(form).tolist()
        return list(map(to_python, numbers)) if to_python else numbers

    def store(values):
        numbers = [empty if value is None else to_number(value) for value in values]
        try:
            return [struct.pack(f"<{len(numbers)}{form}", *numbers)]
        except (struct.error, OverflowError):
            for value, number in zip(values, numbers):
                try:
                    struct.pack("<" + form, number)
                except (struct.error, OverflowError):
                    raise misfit(value, name) from None
            raise
    return Kind(name, arrow, arrow_fields, load, store)


def variable(name, arrow, to_python, to_bytes):
    """A type of any length: 32-bit offsets and bytes."""

    def load(buffers, count):
        offsets = buffers[0][:4 * (count + 1)].cast("i").tolist() if count else [0]
        data = bytes(buffers[1])
        return to_python(data, offsets)

    def store(values):
        parts = [b"" if value is None else to_bytes(value) for value in values]
        offsets, end = [0], 0
        for part in parts:
            end += len(part)
            offsets.append(end)
        return [struct.pack(f"<{len(offsets)}i", *offsets), b"".join(parts)]
    return Kind(name, arrow, {}, load, store)


def texts(convert=None):
    def to_python(data, offsets):
        text = data.decode()
        if len(text) == len(data):
            values = [text[begin:end] for begin, end in zip(offsets, offsets[1:])]
        else:
            values = [data[begin:end].decode() for begin, end in zip(offsets, offsets[1:])]
        return [convert(value) if value else None for value in values] if convert else values
    return to_python


def checked(kinds, name, convert=None, but=()):
    """A conversion of values of those classes only."""

    def convert_one(value):
        if not isinstance(value, kinds) or isinstance(value, but):
            raise misfit(value, name)
        return convert(value) if convert else value
    return convert_one


def whole_number(name):
    def convert(value):
        if isinstance(value, bool) or not isinstance(value, (int, decimal.Decimal)) or value != int(value):
            raise misfit(value, name)
        return int(value)
    return convert


def decimal_kind(name, precision, scale):
    bound = 10 ** precision

    def to_python(low_and_high):
        return EXACT.scaleb(decimal.Decimal(low_and_high), -scale)

    def unscaled(value):
        if isinstance(value, bool) or not isinstance(value, (int, decimal.Decimal)):
            raise misfit(value, name)
        try:
            number = int(EXACT.to_integral_exact(EXACT.scaleb(decimal.Decimal(value), scale)))
        except decimal.DecimalException:
            raise misfit(value, name) from None
        if not -bound < number < bound:
            raise misfit(value, name)
        return number

    def load(buffers, count):
        words = buffers[0][:16 * count].cast("q").tolist()
        lows, highs = words[0::2], words[1::2]
        return [to_python(low if high == (low >> 63) else (high << 64) | (low & 0xFFFFFFFFFFFFFFFF)) for low, high in zip(lows, highs)]

    def store(values):
        return [b"".join([(0 if value is None else unscaled(value)).to_bytes(16, "little", signed=True) for value in values])]
    return Kind(name, 7, {0: ("i", precision), 1: ("i", scale), 2: ("i", 128)}, load, store)


def boolean_kind():
    def load(buffers, count):
        return list(map(bool, flags_of(buffers[0], count)))

    def store(values):
        for value in values:
            if value is not None and not isinstance(value, bool):
                raise misfit(value, "boolean")
        return [bitmap_of([bool(value) for value in values])]
    return Kind("boolean", 6, {}, load, store)


def uuid_kind():
    import uuid  # few need it, and each import takes its time

    def load(buffers, count):
        data = bytes(buffers[0])
        return [uuid.UUID(bytes=data[at:at + 16]) for at in range(0, 16 * count, 16)]

    def store(values):
        return [b"".join(bytes(16) if value is None else (value if isinstance(value, uuid.UUID) else uuid.UUID(value)).bytes for value in values)]
    return Kind("uuid", 15, {0: ("i", 16)}, load, store)


def time_of(micros):
    if micros == 86_400_000_000:
        raise ValueError("Python has no time 24:00:00")
    return (EPOCH + micros * MICROSECOND).time()


def as_json(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def naive(value):
    if not isinstance(value, datetime.datetime) or value.tzinfo is not None:
        raise misfit(value, "timestamp")
    return (value - EPOCH) // MICROSECOND


def aware(value):
    if not isinstance(value, datetime.datetime) or value.tzinfo is None:
        raise misfit(value, "timestamp with time zone")
    return (value - EPOCH_UTC) // MICROSECOND


def encode(value):
    return value.encode()


OTHER_NAMES = {"int": "integer", "string": "text", "bool": "boolean", "timestamptz": "timestamp with time zone"}


def kind_of(name):
    """The type that the program calls so."""
    name = OTHER_NAMES.get(name.lower(), name.lower())
    if name.startswith("decimal(") and name.endswith(")"):
        precision, scale = map(int, name[len("decimal("):-1].split(","))
        if precision <= 38:
            return decimal_kind(name, precision, scale)
        return variable(name, 5, texts(decimal.Decimal), checked((decimal.Decimal, int), name, lambda value: f"{decimal.Decimal(value):f}".encode()))
    if name in INTEGERS:
        form = INTEGERS[name]
        fields = {0: ("i", 8 * struct.calcsize(form)), 1: ("B", form.islower())}
        return fixed(name, form, 2, fields, None, whole_number(name))
    return {
        "boolean": boolean_kind,
        "hugeint": lambda: variable(name, 5, texts(int), lambda value: str(whole_number(name)(value)).encode()),
        "float": lambda: fixed(name, "f", 3, {0: ("h", 1)}, None, checked((int, float), name, float, but=bool)),
        "double": lambda: fixed(name, "d", 3, {0: ("h", 2)}, None, checked((int, float), name, float, but=bool)),
        "date": lambda: fixed(name, "i", 8, {0: ("h", 0)}, lambda days: datetime.date.fromordinal(days + DAY_ZERO),
                              checked(datetime.date, name, lambda value: value.toordinal() - DAY_ZERO, but=datetime.datetime)),
        "time": lambda: fixed(name, "q", 9, {0: ("h", 2), 1: ("i", 64)}, time_of,
                              checked(datetime.time, name, lambda value: (datetime.datetime.combine(EPOCH.date(), value) - EPOCH) // MICROSECOND)),
        "timestamp": lambda: fixed(name, "q", 10, {0: ("h", 2)}, lambda micros: EPOCH + micros * MICROSECOND, naive),
        "timestamp with time zone": lambda: fixed(name, "q", 10, {0: ("h", 2), 1: (None, "UTC")}, lambda micros: EPOCH_UTC + micros * MICROSECOND, aware),
        "bytes": lambda: variable(name, 4, lambda data, offsets: [data[begin:end] for begin, end in zip(offsets, offsets[1:])],
                                  checked((bytes, bytearray, memoryview), name, bytes)),
        "uuid": uuid_kind,
        "json": lambda: variable(name, 5, texts(), lambda value: as_json(value).encode()),
        "interval": lambda: variable(name, 5, texts(), checked(str, name, encode)),
        "text": lambda: variable(name, 5, texts(), checked(str, name, encode)),
    }.get(name, lambda: unknown_type(name))()


def unknown_type(name):
    raise Failure("python.unknown_type", f"no such type: '{name}'")


def type_of(values, name):
    """The name of the type of a new column, by the classes of its values."""
    classes = {type(value) for value in values if value is not None}
    if not classes:
        return "text"
    if classes == {bool}:
        return "boolean"
    if classes == {int}:
        numbers = [value for value in values if value is not None]
        return "bigint" if -2 ** 63 <= min(numbers) and max(numbers) < 2 ** 63 else "hugeint"
    if classes <= {int, float}:
        return "double"
    if classes <= {int, decimal.Decimal}:
        scale = max(max(-value.as_tuple().exponent, 0) for value in values if isinstance(value, decimal.Decimal))
        return f"decimal(38,{scale})"
    if classes == {datetime.datetime}:
        zoned = {value.tzinfo is not None for value in values if value is not None}
        if len(zoned) == 1:
            return "timestamp with time zone" if zoned == {True} else "timestamp"
    if classes <= {dict, list}:
        return "json"
    one = {"str": "text", "bytes": "bytes", "date": "date", "time": "time", "UUID": "uuid"}
    if len(classes) == 1 and next(iter(classes)).__name__ in one:
        return one[next(iter(classes)).__name__]
    words = " and ".join(sorted(each.__name__ for each in classes))
    raise Failure("python.unknown_type", f"no column can hold values of {words}: '{name}'")


# --- Streams: a schema, and batches as columns of Python values.


class Column:
    def __init__(self, name, type_name):
        self.name, self.kind = name, kind_of(type_name)


def columns_of(data):
    """The columns of a schema message of the program, which names its own type of each."""
    metadata, header, _ = opened(data)
    columns = []
    for field in tables_at(metadata, slot(metadata, header, 1)):
        pairs = {text_at(metadata, slot(metadata, pair, 0)): text_at(metadata, slot(metadata, pair, 1))
                 for pair in tables_at(metadata, slot(metadata, field, 6))}
        columns.append(Column(text_at(metadata, slot(metadata, field, 0)), pairs[TYPE_KEY]))
    return columns


def schema_message(columns):
    def write_type(buffer, column):
        fields = {index: (form, value) if form else (None, lambda value=value: buffer.text(value)) for index, (form, value) in column.kind.arrow_fields.items()}
        return buffer.table(fields)

    def write_field(buffer, column):
        return buffer.table({
            0: (None, lambda: buffer.text(column.name)), 1: ("B", 1), 2: ("B", column.kind.arrow),
            3: (None, lambda: write_type(buffer, column)), 5: (None, lambda: buffer.tables([])),
            6: (None, lambda: buffer.tables([lambda: buffer.table({0: (None, lambda: buffer.text(TYPE_KEY)), 1: (None, lambda: buffer.text(column.kind.name))})]))})
    return message(1, lambda buffer: buffer.table({
        1: (None, lambda: buffer.tables([lambda column=column: write_field(buffer, column) for column in columns]))}))


def values_of(data, columns):
    """The columns of a record batch, as lists, and the number of its rows."""
    metadata, header, body = opened(data)
    count = number_at(metadata, slot(metadata, header, 0), "q") if slot(metadata, header, 0) else 0
    nodes = follow(metadata, slot(metadata, header, 1)) + 4
    places = follow(metadata, slot(metadata, header, 2)) + 4
    buffers = []
    for index in range(number_at(metadata, places - 4, "I")):
        offset, size = struct.unpack_from("<qq", metadata, places + 16 * index)
        buffers.append(body[offset:offset + size])
    lists, at = [], 0
    for index, column in enumerate(columns):
        width = 3 if column.kind.arrow in (4, 5) else 2
        values = column.kind.load(buffers[at + 1:at + width], count) if count else []
        if number_at(metadata, nodes + 16 * index + 8, "q"):
            values = [value if flag else None for value, flag in zip(values, flags_of(buffers[at], count))]
        lists.append(values)
        at += width
    return lists, count


def batch_message(columns, lists, count, rows_before):
    nodes, places, body = [], [], []
    size = 0
    for column, values in zip(columns, lists):
        nulls = values.count(None)
        try:
            buffers = [bitmap_of([value is not None for value in values]) if nulls else b"", *column.kind.store(values)]
        except (ValueError, TypeError, OverflowError, decimal.DecimalException) as error:
            raise where_it_is(column, values, rows_before) or Failure("python.wrong_type", f"{error}: column '{column.name}'") from None
        nodes.append((count, nulls))
        for data in buffers:
            places.append((size, len(data)))
            body += [data, bytes(-len(data) % 8)]
            size += len(data) + -len(data) % 8
    return message(3, lambda buffer: buffer.table({
        0: ("q", count), 1: (None, lambda: buffer.structs("qq", nodes)), 2: (None, lambda: buffer.structs("qq", places))}), b"".join(body))


def where_it_is(column, values, rows_before):
    for index, value in enumerate(values):
        try:
            column.kind.store([value])
        except (ValueError, TypeError, OverflowError, decimal.DecimalException) as error:
            return Failure("python.wrong_type", f"row {rows_before + index + 1}, column '{column.name}': {error}")
    return None
