/* The least that a program can do to move a table from PostgreSQL into a CSV file: libpq, COPY in binary
 * form, values printed by hand, a buffer of 1 MiB, fsync and rename.
 *
 *   copy_floor CONNECTION TYPES QUERY FILE
 *
 * CONNECTION is libpq's; TYPES has a letter for each column of the query: i integer, n numeric, t text,
 * p timestamp, z timestamp with time zone, b bytea. The first line has the query's names.
 */
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kBufferBytes = 1 << 20, kHeaderBytes = 19, kMostDigits = 64 };

static const int64_t kMicrosecondsOfDay = 86400000000LL;
static const int64_t kDaysTo2000 = 730425; /* from 0000-03-01 */

static char buffer[kBufferBytes];
static char* end = buffer;
static int file = -1;

static void fail(const char* what) {
  fprintf(stderr, "copy_floor: %s\n", what);
  exit(1);
}

static void flush_buffer(void) {
  for (const char* begin = buffer; begin < end;) {
    const ssize_t count = write(file, begin, (size_t)(end - begin));
    if (count <= 0) fail("write failed");
    begin += count;
  }
  end = buffer;
}

static void reserve(size_t length) {
  if (end + length > buffer + kBufferBytes) flush_buffer();
  if (length > kBufferBytes) fail("a value is longer than the buffer");
}

static uint64_t big_endian(const unsigned char* bytes, int length) {
  uint64_t value = 0;
  for (int i = 0; i < length; ++i) value = value << 8 | bytes[i];
  return value;
}

static int64_t signed_value(const unsigned char* bytes, int length) {
  const int shift = 64 - 8 * length;
  return (int64_t)(big_endian(bytes, length) << shift) >> shift;
}

static void put_digits(uint64_t value, int least) {
  char digits[kMostDigits];
  int count = 0;
  for (; value > 0 || count < least; value /= 10) digits[count++] = (char)('0' + value % 10);
  while (count > 0) *end++ = digits[--count];
}

static void put_integer(int64_t value) {
  if (value < 0) *end++ = '-';
  put_digits(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

/* Groups of four digits, the first of weight `weight`; the scale says how many digits are behind the point.
 */
static void put_numeric(const unsigned char* bytes) {
  const int count = (int)big_endian(bytes, 2), weight = (int)signed_value(bytes + 2, 2);
  const int is_negative = bytes[4] == 0x40, scale = (int)big_endian(bytes + 6, 2);
  if (is_negative) *end++ = '-';
  if (weight < 0) *end++ = '0';
  for (int group = 0; group <= weight; ++group)
    put_digits(group < count ? big_endian(bytes + 8 + 2 * group, 2) : 0, group == 0 ? 1 : 4);
  if (scale == 0) return;
  *end++ = '.';
  char* const point = end;
  for (int group = weight + 1; end < point + scale; ++group)
    put_digits(group >= 0 && group < count ? big_endian(bytes + 8 + 2 * group, 2) : 0, 4);
  end = point + scale;
}

/* Source of the calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
static void put_timestamp(int64_t microseconds, int has_zone) {
  int64_t days = microseconds / kMicrosecondsOfDay, clock = microseconds % kMicrosecondsOfDay;
  if (clock < 0) {
    clock += kMicrosecondsOfDay;
    --days;
  }
  days += kDaysTo2000;
  const int64_t era = days / 146097, day_of_era = days % 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153, day = day_of_year - (153 * month + 2) / 5 + 1;
  put_digits((uint64_t)(year_of_era + era * 400 + (month >= 10)), 4);
  *end++ = '-';
  put_digits((uint64_t)(month < 10 ? month + 3 : month - 9), 2);
  *end++ = '-';
  put_digits((uint64_t)day, 2);
  *end++ = ' ';
  const int64_t seconds = clock / 1000000, fraction = clock % 1000000;
  put_digits((uint64_t)(seconds / 3600), 2);
  *end++ = ':';
  put_digits((uint64_t)(seconds / 60 % 60), 2);
  *end++ = ':';
  put_digits((uint64_t)(seconds % 60), 2);
  if (fraction > 0) {
    *end++ = '.';
    put_digits((uint64_t)fraction, 6);
    while (end[-1] == '0') --end;
  }
  if (has_zone) {
    memcpy(end, "+00:00", 6);
    end += 6;
  }
}

static void put_text(const unsigned char* text, size_t length) {
  static const char kSpecial[256] = {[','] = 1, ['"'] = 1, ['\n'] = 1, ['\r'] = 1};
  int needs_quotes = length == 0; /* NULL is nothing at all */
  for (size_t i = 0; i < length; ++i) needs_quotes |= kSpecial[text[i]];
  if (!needs_quotes) {
    memcpy(end, text, length);
    end += length;
    return;
  }
  *end++ = '"';
  for (size_t i = 0; i < length; ++i) {
    if (text[i] == '"') *end++ = '"';
    *end++ = (char)text[i];
  }
  *end++ = '"';
}

static void put_hex(const unsigned char* bytes, size_t length) {
  static const char kDigits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < length; ++i) {
    *end++ = kDigits[bytes[i] >> 4];
    *end++ = kDigits[bytes[i] & 15];
  }
}

static void put_value(char type, const unsigned char* bytes, int length) {
  switch (type) {
    case 'i':
      return put_integer(signed_value(bytes, length));
    case 'n':
      return put_numeric(bytes);
    case 'p':
    case 'z':
      return put_timestamp((int64_t)big_endian(bytes, 8), type == 'z');
    case 'b':
      return put_hex(bytes, (size_t)length);
    default:
      return put_text(bytes, (size_t)length);
  }
}

/* Requires: a message of COPY holds one row; the server sends them so. */
static void put_row(const char* types, const unsigned char* row) {
  const int columns = (int)signed_value(row, 2);
  row += 2;
  for (int column = 0; column < columns; ++column) {
    const int length = (int)signed_value(row, 4);
    row += 4;
    reserve(2 * (size_t)(length < 0 ? 0 : length) + kMostDigits);
    if (column > 0) *end++ = ',';
    if (length < 0) continue;
    put_value(types[column], row, length);
    row += length;
  }
  *end++ = '\n';
}

static void put_names(PGconn* connection, const char* query) {
  PQclear(PQprepare(connection, "", query, 0, NULL));
  PGresult* description = PQdescribePrepared(connection, "");
  for (int column = 0; column < PQnfields(description); ++column) {
    if (column > 0) *end++ = ',';
    put_text((const unsigned char*)PQfname(description, column), strlen(PQfname(description, column)));
  }
  *end++ = '\n';
  PQclear(description);
}

static void put_rows(PGconn* connection, const char* types, const char* query) {
  char statement[4096];
  snprintf(statement, sizeof statement, "COPY (%s) TO STDOUT (FORMAT binary)", query);
  PGresult* result = PQexec(connection, statement);
  if (PQresultStatus(result) != PGRES_COPY_OUT) fail(PQerrorMessage(connection));
  PQclear(result);
  char* message;
  int length, skip = kHeaderBytes;
  while ((length = PQgetCopyData(connection, &message, 0)) > 0) {
    /* The header comes with the first row, the trailer, a count of -1, alone. */
    if (length > skip + 2) put_row(types, (const unsigned char*)message + skip);
    skip = 0;
    PQfreemem(message);
  }
  if (length != -1) fail(PQerrorMessage(connection));
}

int main(int argument_count, char** arguments) {
  if (argument_count != 5) fail("see the head of copy_floor.c for its arguments");
  PGconn* connection = PQconnectdb(arguments[1]);
  if (PQstatus(connection) != CONNECTION_OK) fail(PQerrorMessage(connection));
  PQclear(PQexec(connection, "SET timezone = 'UTC'"));
  char temporary[4096];
  snprintf(temporary, sizeof temporary, "%s.part", arguments[4]);
  file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) fail("cannot open the file");
  put_names(connection, arguments[3]);
  put_rows(connection, arguments[2], arguments[3]);
  flush_buffer();
  if (fsync(file) != 0 || close(file) != 0 || rename(temporary, arguments[4]) != 0)
    fail("cannot finish the file");
  PQfinish(connection);
  return 0;
}
