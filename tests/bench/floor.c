/* The least that a program can do to move a query's rows into a CSV file: libmariadb, mysql_use_result, a
 * buffer of 1 MiB, fsync and rename. With `fetch` the rows are received and counted, and nothing else.
 *
 *   floor fetch HOST PORT USER DATABASE QUERY
 *   floor csv   HOST PORT USER DATABASE QUERY FILE        the password is in MYSQL_PASSWORD
 */
#include <fcntl.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kBufferBytes = 1 << 20, kMaxColumns = 256, kBinaryCharset = 63 };

static char buffer[kBufferBytes];
static size_t used = 0;
static int file = -1;

static void fail(const char* what) {
  fprintf(stderr, "floor: %s\n", what);
  exit(1);
}

static void flush_buffer(void) {
  for (size_t done = 0; done < used;) {
    const ssize_t count = write(file, buffer + done, used - done);
    if (count <= 0) fail("write failed");
    done += (size_t)count;
  }
  used = 0;
}

/* Makes room for this many bytes, so that what follows needs no check. */
static void reserve(size_t length) {
  if (used + length > kBufferBytes) flush_buffer();
  if (length > kBufferBytes) fail("a value is longer than the buffer");
}

static int needs_quotes(const char* text, size_t length) {
  static const char kSpecial[256] = {[','] = 1, ['"'] = 1, ['\n'] = 1, ['\r'] = 1};
  int found = length == 0; /* NULL is nothing at all */
  for (size_t i = 0; i < length; ++i) found |= kSpecial[(unsigned char)text[i]];
  return found;
}

static void put_text(const char* text, size_t length) {
  reserve(2 * length + 2);
  if (!needs_quotes(text, length)) {
    memcpy(buffer + used, text, length);
    used += length;
    return;
  }
  char* out = buffer + used;
  *out++ = '"';
  for (size_t i = 0; i < length; ++i) {
    if (text[i] == '"') *out++ = '"';
    *out++ = text[i];
  }
  *out++ = '"';
  used = (size_t)(out - buffer);
}

static void put_hex(const char* bytes, size_t length) {
  static const char kDigits[] = "0123456789ABCDEF";
  reserve(2 * length);
  for (size_t i = 0; i < length; ++i) {
    const unsigned char byte = (unsigned char)bytes[i];
    buffer[used++] = kDigits[byte >> 4];
    buffer[used++] = kDigits[byte & 15];
  }
}

static void put_char(char character) {
  reserve(1);
  buffer[used++] = character;
}

static int is_binary(const MYSQL_FIELD* field) {
  return field->charsetnr == kBinaryCharset && field->type >= MYSQL_TYPE_TINY_BLOB &&
         field->type <= MYSQL_TYPE_STRING;
}

static void write_rows(MYSQL_RES* result) {
  const unsigned columns = mysql_num_fields(result);
  const MYSQL_FIELD* fields = mysql_fetch_fields(result);
  int binary[kMaxColumns];
  if (columns > kMaxColumns) fail("too many columns");
  for (unsigned column = 0; column < columns; ++column) {
    binary[column] = is_binary(&fields[column]);
    if (column > 0) put_char(',');
    put_text(fields[column].name, fields[column].name_length);
  }
  put_char('\n');
  for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    for (unsigned column = 0; column < columns; ++column) {
      if (column > 0) put_char(',');
      if (!row[column]) continue;
      if (binary[column]) {
        put_hex(row[column], lengths[column]);
      } else {
        put_text(row[column], lengths[column]);
      }
    }
    put_char('\n');
  }
}

static void write_file(MYSQL_RES* result, const char* path) {
  char temporary[4096];
  snprintf(temporary, sizeof temporary, "%s.part", path);
  file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) fail("cannot open the file");
  write_rows(result);
  flush_buffer();
  if (fsync(file) != 0 || close(file) != 0 || rename(temporary, path) != 0) fail("cannot finish the file");
}

static void count_rows(MYSQL_RES* result) {
  unsigned long long rows = 0;
  while (mysql_fetch_row(result)) ++rows;
  printf("%llu rows\n", rows);
}

int main(int argument_count, char** arguments) {
  const int to_file = argument_count == 8 && strcmp(arguments[1], "csv") == 0;
  if (!to_file && !(argument_count == 7 && strcmp(arguments[1], "fetch") == 0))
    fail("see the head of floor.c for its arguments");
  MYSQL* mysql = mysql_init(NULL);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (!mysql_real_connect(mysql, arguments[2], arguments[4], getenv("MYSQL_PASSWORD"), arguments[5],
                          (unsigned)atoi(arguments[3]), NULL, 0) ||
      mysql_query(mysql, "SET time_zone='+00:00'") || mysql_query(mysql, arguments[6])) {
    fail(mysql_error(mysql));
  }
  MYSQL_RES* result = mysql_use_result(mysql);
  if (!result) fail(mysql_error(mysql));
  if (to_file) {
    write_file(result, arguments[7]);
  } else {
    count_rows(result);
  }
  if (mysql_errno(mysql)) fail(mysql_error(mysql));
  mysql_free_result(result);
  mysql_close(mysql);
  return 0;
}
