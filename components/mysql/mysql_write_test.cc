#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mysqld_error.h>

#include "base/test_error.h"
#include "base/text.h"
#include "mysql/column.h"
#include "mysql/errors.h"
#include "mysql/merge_sql.h"
#include "mysql/row_encoder.h"
#include "mysql/row_sinks.h"
#include "mysql/target_column.h"
#include "mysql/type_verdicts.h"
#include "tests/conformance/places.h"

namespace osiris::mysql {
namespace {

using testing::ElementsAre;

ColumnType column_type(TypeId id, Encoding encoding = Encoding::kNative) {
  ColumnType type;
  type.name = "c";
  type.type = {id};
  type.encoding = encoding;
  return type;
}

/// A source's column by the word of a type, "decimal(12,2)", "mysql varchar(20)".
ColumnType source_named(const std::string& word) {
  if (word.starts_with("mysql ")) {
    const TargetColumn origin = parse_column("c", word.substr(6));
    ColumnType type = column_type(origin.type.id, Encoding::kText);
    type.type = origin.type;
    type.source_type = word;
    type.style.fraction_digits = origin.fraction_digits;
    type.style.hide_zone = true;
    return type;
  }
  if (word.starts_with("decimal")) {
    ColumnType type = column_type(TypeId::kDecimal);
    type.type = parse_column("c", word).type;
    return type;
  }
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    if (to_string(LogicalType{static_cast<TypeId>(id)}) == word) return column_type(static_cast<TypeId>(id));
  }
  ADD_FAILURE() << "no type is called " << word;
  return {};
}

std::string verdict_of(const ColumnType& source, const TargetColumn& target) {
  try {
    const Judgement judgement = passage_of(source, target).judgement;
    const bool must_explain = judgement.verdict == Verdict::kChecked || judgement.verdict == Verdict::kLossy;
    EXPECT_EQ(must_explain && judgement.reason.empty(), false)
        << source.source_type << " " << target.declared;
    return std::string(to_string(judgement.verdict));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "load.unsupported_type");
    return "–";
  }
}

TEST(MysqlWriteTypes, gives_the_verdicts_of_the_page) {
  std::ifstream page(components_folder() / "mysql/WRITE_TYPES.md");
  int cases = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    const std::vector<std::string> cells = split(line, '|');
    const auto word = [&](std::size_t cell) {
      const std::string_view trimmed = trim(cells[cell]);
      return std::string(trimmed.substr(1, trimmed.size() - 2));
    };
    const TargetColumn target = parse_column("c", word(2));
    EXPECT_EQ(verdict_of(source_named(word(1)), target), trim(cells[3])) << line;
    ++cases;
  }
  EXPECT_GT(cases, 80);
}

TEST(MysqlWriteTypes, checks_texts_for_other_charsets) {
  TargetColumn latin = parse_column("c", "longtext");
  latin.type_modifier = kOtherCharset;
  EXPECT_EQ(verdict_of(source_named("text"), latin), "checked");
  EXPECT_EQ(verdict_of(source_named("mysql longtext"), latin), "checked");
  EXPECT_EQ(verdict_of(source_named("uuid"), latin), "widening");
}

TEST(MysqlWriteTypes, reads_declarations) {
  const TargetColumn decimal = parse_column("c", "decimal(12,2) unsigned zerofill");
  EXPECT_EQ(decimal.type, (LogicalType{TypeId::kDecimal, 12, 2}));
  EXPECT_EQ(decimal.type_modifier, 1);
  EXPECT_EQ(parse_column("c", "int(10) unsigned").type.id, TypeId::kUint32);
  EXPECT_EQ(parse_column("c", "int").type.id, TypeId::kInt32);
  EXPECT_EQ(parse_column("c", "bit(10)").type_modifier, 10);
  EXPECT_EQ(parse_column("c", "double(8,3)").type_modifier, 3);
  EXPECT_EQ(parse_column("c", "double").type_modifier, -1);
  EXPECT_EQ(parse_column("c", "varchar(20)").most_characters, 20U);
  EXPECT_EQ(parse_column("c", "text").most_characters, 65535U);
  EXPECT_EQ(parse_column("c", "datetime(3)").fraction_digits, 3);
  EXPECT_EQ(parse_column("c", "timestamp").fraction_digits, 0);
  EXPECT_EQ(kind_of(parse_column("c", "enum('a(1)','unsigned')")), ColumnKind::kListed);
  EXPECT_EQ(kind_of(parse_column("c", "vector(3)")), ColumnKind::kUnknown);
}

std::string made_for(const ColumnType& source, bool is_key = false) {
  return column_for(source, is_key, {.has_uuid = true, .is_mariadb = true}).declared;
}

TEST(MysqlWriteTypes, makes_columns_that_hold_every_value) {
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    ColumnType source = column_type(static_cast<TypeId>(id));
    if (source.type.id == TypeId::kDecimal) source.type = {TypeId::kDecimal, 38, 10};
    const TargetColumn target = column_for(source, false, {.has_uuid = false, .is_mariadb = false});
    EXPECT_NE(verdict_of(source, target), "–") << target.declared;
    EXPECT_NE(verdict_of(source, target), "lossy") << target.declared;
  }
  EXPECT_EQ(made_for(source_named("text")), "longtext");
  EXPECT_EQ(made_for(source_named("text"), true), "varchar(255)");
  EXPECT_EQ(made_for(source_named("uuid")), "uuid");
}

TEST(MysqlWriteTypes, repeats_columns_of_the_same_family) {
  EXPECT_EQ(made_for(source_named("mysql enum('a','b')")), "enum('a','b')");
  EXPECT_EQ(made_for(source_named("mysql int(6) unsigned zerofill")), "int(6) unsigned zerofill");
  EXPECT_EQ(made_for(source_named("mysql varchar(20)"), true), "varchar(20)");
  EXPECT_EQ(made_for(source_named("mysql longtext"), true), "varchar(255)");
  EXPECT_EQ(made_for(source_named("mysql varchar(60000)")), "longtext");
  ColumnType listless = source_named("text");
  listless.source_type = "mysql enum";
  EXPECT_EQ(made_for(listless), "longtext");
}

/// What a text of a source becomes in a column: its fit, and what is sent.
struct Sent {
  Fit fit;
  std::string text;
  friend bool operator==(const Sent&, const Sent&) = default;
  friend void PrintTo(const Sent& sent, std::ostream* out) {
    *out << static_cast<int>(sent.fit) << " '" << to_hex(sent.text) << "' " << sent.text;
  }
};

class Encoded {
 public:
  Encoded(ColumnType source, const std::string& declared) : source_(std::move(source)) {
    match_.target = parse_column("c", declared);
  }

  Sent text(std::string_view value) const {
    const StringRef ref(value);
    return sent({nullptr, &ref});
  }
  template <typename T>
  Sent native(T value) const {
    return sent({nullptr, &value});
  }

 private:
  Sent sent(const ColumnView& column) const {
    TextArena arena;
    Cell cell;
    const CellEncoder encoder(source_, match_, false);
    const Fit fit = encoder.encode(column, 0, arena, cell);
    return {fit, fit == Fit::kFits ? std::string(*cell) : ""};
  }

  ColumnType source_;
  MatchedColumn match_;
};

Sent sent(std::string text) { return {Fit::kFits, std::move(text)}; }
Sent refused(Fit fit) { return {fit, ""}; }

Encoded from_text(const std::string& declared) { return {column_type(TypeId::kText), declared}; }

TEST(MysqlEncoder, takes_whole_numbers_only_where_they_fit) {
  const Encoded tiny = from_text("tinyint(4)");
  EXPECT_EQ(tiny.text("-128"), sent("-128"));
  EXPECT_EQ(tiny.text("127"), sent("127"));
  EXPECT_EQ(tiny.text("5.00"), sent("5.00"));
  EXPECT_EQ(tiny.text("1e2"), sent("1e2"));
  EXPECT_EQ(tiny.text("-129"), refused(Fit::kOutOfRange));
  EXPECT_EQ(tiny.text("128"), refused(Fit::kOutOfRange));
  EXPECT_EQ(tiny.text("1.5"), refused(Fit::kOutOfRange));
  EXPECT_EQ(tiny.text("1e9999"), refused(Fit::kOutOfRange));
  for (const char* malformed : {"", " 1", "1 ", "0x1", "1e", "--1", "true", "1,000", "1e99999999999", "."}) {
    EXPECT_EQ(tiny.text(malformed), refused(Fit::kMalformed)) << malformed;
  }
  const Encoded big = from_text("bigint(20)");
  EXPECT_EQ(big.text("-9223372036854775808"), sent("-9223372036854775808"));
  EXPECT_EQ(big.text("9223372036854775808"), refused(Fit::kOutOfRange));
  const Encoded unsigned_big = from_text("bigint(20) unsigned");
  EXPECT_EQ(unsigned_big.text("18446744073709551615"), sent("18446744073709551615"));
  EXPECT_EQ(unsigned_big.text("18446744073709551616"), refused(Fit::kOutOfRange));
  EXPECT_EQ(unsigned_big.text("-0"), sent("-0"));
  EXPECT_EQ(unsigned_big.text("-1"), refused(Fit::kOutOfRange));
  EXPECT_EQ(from_text("mediumint(9)").text("8388608"), refused(Fit::kOutOfRange));
}

TEST(MysqlEncoder, never_rounds_decimals) {
  const Encoded decimal = from_text("decimal(5,2)");
  EXPECT_EQ(decimal.text("999.99"), sent("999.99"));
  EXPECT_EQ(decimal.text("-0.5000"), sent("-0.5000"));
  EXPECT_EQ(decimal.text("00012.30"), sent("00012.30"));
  EXPECT_EQ(decimal.text(".5"), sent(".5"));
  EXPECT_EQ(decimal.text("9.99e2"), sent("9.99e2"));
  EXPECT_EQ(decimal.text("1.005"), refused(Fit::kOutOfRange));
  EXPECT_EQ(decimal.text("1000"), refused(Fit::kOutOfRange));
  EXPECT_EQ(decimal.text("nan"), refused(Fit::kMalformed));
  EXPECT_EQ(from_text("decimal(5,2) unsigned").text("-0.01"), refused(Fit::kOutOfRange));
  EXPECT_EQ(from_text("decimal(5,2) unsigned").text("-0.00"), sent("-0.00"));
  const Encoded from_double(column_type(TypeId::kDouble), "decimal(5,2)");
  EXPECT_EQ(from_double.native(0.25), sent("0.25"));
  EXPECT_EQ(from_double.native(0.1 + 0.2), refused(Fit::kOutOfRange));
}

TEST(MysqlEncoder, takes_numbers_that_a_float_gives_back) {
  const Encoded to_double = from_text("double");
  EXPECT_EQ(to_double.text("0.1"), sent("0.1"));
  EXPECT_EQ(to_double.text("1.7976931348623157e308"), sent("1.7976931348623157e308"));
  EXPECT_EQ(to_double.text("0.30000000000000004"), sent("0.30000000000000004"));
  EXPECT_EQ(to_double.text("9007199254740992"), sent("9007199254740992"));
  EXPECT_EQ(to_double.text("9007199254740993"), refused(Fit::kOutOfRange));
  EXPECT_EQ(to_double.text("1e400"), refused(Fit::kOutOfRange));
  EXPECT_EQ(to_double.text("inf"), refused(Fit::kOutOfRange));
  EXPECT_EQ(to_double.text("abc"), refused(Fit::kMalformed));
  EXPECT_EQ(from_text("float").text("16777217"), refused(Fit::kOutOfRange));
  EXPECT_EQ(from_text("float").text("3.4028235e38"), sent("3.4028235e38"));
  EXPECT_EQ(from_text("double(8,3)").text("1.2345"), refused(Fit::kOutOfRange));
  const Encoded own(column_type(TypeId::kDouble), "double");
  EXPECT_EQ(own.native(std::numeric_limits<double>::quiet_NaN()), refused(Fit::kOutOfRange));
  EXPECT_EQ(own.native(-std::numeric_limits<double>::infinity()), refused(Fit::kOutOfRange));
  EXPECT_EQ(own.native(5e-324), sent("5e-324"));
  EXPECT_EQ(Encoded(column_type(TypeId::kFloat), "float").native(0.1F), sent("0.1"));
}

TEST(MysqlEncoder, counts_characters_and_bytes) {
  const Encoded varchar = from_text("varchar(3)");
  EXPECT_EQ(varchar.text("žlu"), sent("žlu"));
  EXPECT_EQ(varchar.text("🐎🐎🐎"), sent("🐎🐎🐎"));
  EXPECT_EQ(varchar.text("abcd"), refused(Fit::kTooLong));
  EXPECT_EQ(varchar.text("abc "), refused(Fit::kTooLong));
  EXPECT_EQ(varchar.text("ab "), sent("ab "));
  EXPECT_EQ(from_text("char(3)").text("ab "), refused(Fit::kMalformed));
  ColumnType padded = column_type(TypeId::kText);
  padded.source_type = "postgres character(3)";
  EXPECT_EQ(Encoded(padded, "char(3)").text("ab "), sent("ab "));
  EXPECT_EQ(from_text("tinytext").text(std::string(256, 'a')), refused(Fit::kTooLong));
  EXPECT_EQ(from_text("varbinary(2)").text("abc"), refused(Fit::kTooLong));
  EXPECT_EQ(from_text("binary(3)").text("ab"), refused(Fit::kMalformed));
  const Encoded bytes(column_type(TypeId::kBytes), "longtext");
  EXPECT_EQ(bytes.text("\xFF"), refused(Fit::kNotUtf8));
  EXPECT_EQ(bytes.text("é"), sent("é"));
}

TEST(MysqlEncoder, takes_dates_of_the_calendar_and_zero_dates) {
  const Encoded date = from_text("date");
  EXPECT_EQ(date.text("2024-02-29"), sent("2024-02-29"));
  EXPECT_EQ(date.text("0000-00-00"), sent("0000-00-00"));
  EXPECT_EQ(date.text("2024-00-10"), sent("2024-00-10"));
  EXPECT_EQ(date.text("2023-02-29"), refused(Fit::kMalformed));
  EXPECT_EQ(date.text("2024-2-9"), refused(Fit::kMalformed));
  EXPECT_EQ(date.text("20240229"), refused(Fit::kMalformed));
  EXPECT_EQ(date.text("2024-02-29 10:00:00"), refused(Fit::kMalformed));
  EXPECT_EQ(date.text("0044-03-15 (BC)"), refused(Fit::kOutOfRange));
  EXPECT_EQ(date.text("12024-01-01"), refused(Fit::kOutOfRange));
  EXPECT_EQ(Encoded(column_type(TypeId::kDate), "date").native(std::int32_t{0}), sent("1970-01-01"));
}

TEST(MysqlEncoder, takes_moments_with_as_many_decimals_as_the_column_keeps) {
  const Encoded milliseconds = from_text("datetime(3)");
  EXPECT_EQ(milliseconds.text("2024-02-29 23:59:59.123"), sent("2024-02-29 23:59:59.123"));
  EXPECT_EQ(milliseconds.text("2024-02-29T23:59:59.123000"), sent("2024-02-29T23:59:59.123000"));
  EXPECT_EQ(milliseconds.text("2024-02-29"), sent("2024-02-29"));
  EXPECT_EQ(milliseconds.text("0000-00-00 00:00:00"), sent("0000-00-00 00:00:00"));
  EXPECT_EQ(milliseconds.text("2024-02-29 23:59:59.1234"), refused(Fit::kOutOfRange));
  EXPECT_EQ(milliseconds.text("2024-02-29 24:00:00"), refused(Fit::kMalformed));
  EXPECT_EQ(milliseconds.text("2024-02-29 23:59"), refused(Fit::kMalformed));
  EXPECT_EQ(milliseconds.text("infinity"), refused(Fit::kOutOfRange));
}

TEST(MysqlEncoder, stores_moments_with_a_zone_in_utc) {
  const Encoded moment = from_text("datetime(6)");
  EXPECT_EQ(moment.text("2024-01-01T00:30:00.5+02:00"), sent("2023-12-31 22:30:00.5"));
  EXPECT_EQ(moment.text("2024-01-01 00:30:00-05"), sent("2024-01-01 05:30:00"));
  EXPECT_EQ(moment.text("2024-01-01T00:30:00Z"), sent("2024-01-01 00:30:00"));
  EXPECT_EQ(moment.text("2024-01-01T00:30:00+2"), refused(Fit::kMalformed));
  EXPECT_EQ(moment.text("2024-01-01T00:30:00 CET"), refused(Fit::kMalformed));
  const Encoded native(column_type(TypeId::kTimestampTz), "datetime(6)");
  EXPECT_EQ(native.native(std::int64_t{1}), sent("1970-01-01 00:00:00.000001"));
  EXPECT_EQ(native.native(std::numeric_limits<std::int64_t>::max()), refused(Fit::kOutOfRange));
}

TEST(MysqlEncoder, keeps_timestamps_within_their_years) {
  const Encoded timestamp = from_text("timestamp(6)");
  EXPECT_EQ(timestamp.text("1970-01-01 00:00:01"), sent("1970-01-01 00:00:01"));
  EXPECT_EQ(timestamp.text("2038-01-19 03:14:07.999999"), sent("2038-01-19 03:14:07.999999"));
  EXPECT_EQ(timestamp.text("0000-00-00 00:00:00"), sent("0000-00-00 00:00:00"));
  EXPECT_EQ(timestamp.text("1970-01-01 00:00:00"), refused(Fit::kOutOfRange));
  EXPECT_EQ(timestamp.text("2038-01-19 03:14:08"), refused(Fit::kOutOfRange));
  EXPECT_EQ(timestamp.text("2024-00-10 00:00:00"), refused(Fit::kOutOfRange));
}

TEST(MysqlEncoder, takes_times_up_to_the_servers_own_bounds) {
  const Encoded time = from_text("time(3)");
  EXPECT_EQ(time.text("-838:59:59.000"), sent("-838:59:59.000"));
  EXPECT_EQ(time.text("23:59:59.999"), sent("23:59:59.999"));
  EXPECT_EQ(time.text("839:00:00"), refused(Fit::kOutOfRange));
  EXPECT_EQ(time.text("838:59:59.001"), refused(Fit::kOutOfRange));
  EXPECT_EQ(time.text("00:00:00.0001"), refused(Fit::kOutOfRange));
  EXPECT_EQ(time.text("12:30"), refused(Fit::kMalformed));
  const Encoded span(column_type(TypeId::kInterval), "time(6)");
  EXPECT_EQ(span.native(Interval{0, 0, -500'000}), sent("-00:00:00.5"));
  EXPECT_EQ(span.native(Interval{0, 2, 0}), refused(Fit::kOutOfRange));
}

TEST(MysqlEncoder, sends_truths_years_and_bits_in_the_servers_form) {
  const Encoded truth(column_type(TypeId::kBoolean), "tinyint(1)");
  EXPECT_EQ(truth.native(std::uint8_t{1}), sent("1"));
  EXPECT_EQ(truth.native(std::uint8_t{0}), sent("0"));
  EXPECT_EQ(Encoded(column_type(TypeId::kBoolean), "varchar(5)").native(std::uint8_t{1}), sent("true"));
  EXPECT_EQ(from_text("year(4)").text("0"), sent("0000"));
  EXPECT_EQ(from_text("year(4)").text("2155"), sent("2155"));
  EXPECT_EQ(from_text("year(4)").text("24"), refused(Fit::kOutOfRange));
  const Encoded bits = from_text("bit(10)");
  EXPECT_EQ(bits.text("0"), sent(std::string(1, '\0')));
  EXPECT_EQ(bits.text("513"), sent("\x02\x01"));
  EXPECT_EQ(bits.text("1024"), refused(Fit::kOutOfRange));
  const Encoded all_bits(column_type(TypeId::kUint64), "bit(64)");
  EXPECT_EQ(all_bits.native(~std::uint64_t{0}), sent(std::string(8, '\xFF')));
}

TEST(MysqlEncoder, sends_geometries_as_the_server_holds_them) {
  using namespace std::string_literals;
  const Encoded point(column_type(TypeId::kBytes), "point");
  const std::string coordinates(16, '\x3F');
  for (const std::string& held :
       {"\0\0\0\0\x01\x01\0\0\0"s + coordinates, "\xE6\x10\0\0\x01\x01\0\0\0"s + coordinates,
        "\xE6\x10\0\0\0\0\0\0\x01"s + coordinates}) {
    EXPECT_EQ(point.text(to_ewkb(held)), sent(held));
  }
  EXPECT_EQ(point.text("\x01\x01\0"s), refused(Fit::kMalformed));
  EXPECT_EQ(point.text("\x01\x01\0\0\x20\x01"s), refused(Fit::kMalformed));
}

/// Leaves rows out and remembers why.
class Refusals : public RowPolicy {
 public:
  void refuse(const Batch&, std::size_t row, std::optional<std::size_t> column,
              const Error& reason) override {
    told.push_back(cat(row, " ", column ? cat(*column) : "-", " ", reason.code(), ": ", reason.message()));
  }
  std::vector<std::string> told;
};

class MysqlRowEncoder : public testing::Test {
 protected:
  MysqlRowEncoder() {
    schema_ = {column_type(TypeId::kText), column_type(TypeId::kInt32)};
    schema_[0].name = "name";
    schema_[1].name = "size";
    for (std::size_t index = 0; index < schema_.size(); ++index) {
      MatchedColumn column;
      column.source = index;
      column.target = parse_column(schema_[index].name, index == 0 ? "varchar(3)" : "tinyint(4)");
      match_.columns.push_back(column);
    }
    BatchBuilder builder(schema_);
    const auto add = [&](const char* name, std::optional<std::int32_t> size) {
      builder.append_text(0, name);
      if (size) {
        builder.append(1, *size);
      } else {
        builder.append_null(1);
      }
      builder.end_row();
    };
    add("one", 1);
    add("four", 4);
    add("two", 200);
    add("end", std::nullopt);
    batch_.emplace(builder.finish());
  }

  std::vector<std::string> encode(RowEncoder& encoder) {
    std::vector<std::string> rows;
    for (std::size_t row = 0; row < batch_->row_count(); ++row) {
      const auto cells = encoder.encode(*batch_, row);
      if (!cells) continue;
      std::string text;
      for (const Cell& cell : *cells) text += cat(cell ? *cell : "NULL", ";");
      rows.push_back(text);
    }
    return rows;
  }

  Schema schema_;
  TableMatch match_;
  std::optional<Batch> batch_;
  Refusals refusals_;
};

TEST_F(MysqlRowEncoder, leaves_rows_out_that_the_policy_takes) {
  RowEncoder encoder(schema_, match_, {}, std::nullopt, refusals_);
  EXPECT_THAT(encode(encoder), ElementsAre("one;1;", "end;NULL;"));
  EXPECT_THAT(
      refusals_.told,
      ElementsAre(
          "1 0 value.too_long: column 'name' gets a value that is longer than varchar(3) holds: 'four'",
          "2 1 value.out_of_range: column 'size' gets a value that is beyond what tinyint(4) "
          "holds exactly: '200'"));
}

TEST_F(MysqlRowEncoder, numbers_staged_rows_without_gaps) {
  RowEncoder encoder(schema_, match_, {"NAME"}, 7, refusals_);
  EXPECT_EQ(encoder.cell_count(), 3U);
  EXPECT_THAT(encode(encoder), ElementsAre("one;1;7;", "end;NULL;8;"));
}

TEST_F(MysqlRowEncoder, refuses_nulls_where_the_table_takes_none) {
  match_.columns[1].target.is_nullable = false;
  RowEncoder encoder(schema_, match_, {}, std::nullopt, refusals_);
  EXPECT_THAT(encode(encoder), ElementsAre("one;1;"));
  EXPECT_THAT(refusals_.told.back(), testing::StartsWith("3 1 value.null: "));
  match_.columns[1].target.is_nullable = true;
  RowEncoder staged(schema_, match_, {"size"}, 0, refusals_);
  EXPECT_THAT(encode(staged), ElementsAre("one;1;0;"));
  EXPECT_THAT(refusals_.told.back(), testing::StartsWith("3 1 load.null_key: "));
}

TEST(MysqlTextArena, keeps_texts_where_they_are) {
  TextArena arena;
  std::vector<std::string_view> kept;
  for (int text = 0; text < 100'000; ++text) {
    char* const at = arena.room(352);
    kept.push_back(arena.keep(std::ranges::copy(cat(text), at).out));
  }
  EXPECT_EQ(kept.front(), "0");
  EXPECT_EQ(kept[54'321], "54321");
  EXPECT_EQ(kept.back(), "99999");
  arena.clear();
  const std::string large(1'000'000, 'x');
  EXPECT_EQ(arena.keep(std::ranges::copy(large, arena.room(large.size())).out), large);
}

TEST(MysqlSinkColumns, tells_bytes_and_texts_of_other_charsets_apart) {
  TableMatch match;
  for (const char* declared : {"int(11)", "bit(1)", "blob", "varchar(5)"}) {
    match.columns.emplace_back().target = parse_column("a`b", declared);
  }
  match.columns.back().target.type_modifier = kOtherCharset;
  const SinkColumns columns(match, true);
  EXPECT_EQ(columns.list(), "(`a``b`, `a``b`, `a``b`, `a``b`, `_osiris_row`)");
  EXPECT_FALSE(columns.columns[0].is_binary);
  EXPECT_TRUE(columns.columns[1].is_binary);
  EXPECT_TRUE(columns.columns[2].is_binary);
  EXPECT_TRUE(columns.columns[3].needs_charset);
}

TEST(MysqlSinks, take_less_than_all_for_an_error) {
  expect_rows(3, 3);
  EXPECT_EQ(error_of([] { expect_rows(2, 3); }), "load.rows_lost: the server took 2 rows of 3");
  EXPECT_EQ(error_of([] { refuse_long_row(5 << 20, 1 << 20); }),
            "value.too_long: a row is larger than the server takes: 5.0 MiB of at most 1.0 MiB");
}

struct NumberMeaning {
  unsigned number;
  ErrorKind kind;
  const char* code;
  bool is_retryable = false;
};

TEST(MysqlWriteErrors, come_from_numbers) {
  const ConnectionSpec spec = parse_connection_spec("mysql", "title: A server\nfields: {}\n");
  const ConnectionConfig connection("mysql", "main", spec, {});
  for (const NumberMeaning& meaning : {
           NumberMeaning{ER_DUP_ENTRY, ErrorKind::kData, "value.duplicate_key"},
           NumberMeaning{ER_NO_REFERENCED_ROW_2, ErrorKind::kData, "value.unknown_reference"},
           NumberMeaning{ER_ROW_IS_REFERENCED_2, ErrorKind::kData, "value.referenced"},
           NumberMeaning{ER_BAD_NULL_ERROR, ErrorKind::kData, "value.null"},
           NumberMeaning{ER_WARN_DATA_OUT_OF_RANGE, ErrorKind::kData, "value.out_of_range"},
           NumberMeaning{WARN_DATA_TRUNCATED, ErrorKind::kData, "value.malformed"},
           NumberMeaning{ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ErrorKind::kData, "value.malformed"},
           NumberMeaning{ER_DATA_TOO_LONG, ErrorKind::kData, "value.too_long"},
           NumberMeaning{ER_CONSTRAINT_FAILED, ErrorKind::kData, "value.check_failed"},
           NumberMeaning{3819, ErrorKind::kData, "value.check_failed"},
           NumberMeaning{ER_LOCK_WAIT_TIMEOUT, ErrorKind::kUser, "query.locked", true},
           NumberMeaning{ER_LOCK_DEADLOCK, ErrorKind::kUser, "query.locked", true},
       }) {
    const Error error = server_error(meaning.number, "text", connection);
    EXPECT_EQ(error.kind(), meaning.kind) << meaning.number;
    EXPECT_EQ(error.code(), meaning.code) << meaning.number;
    EXPECT_EQ(error.is_retryable(), meaning.is_retryable) << meaning.number;
  }
}

}  // namespace
}  // namespace osiris::mysql
