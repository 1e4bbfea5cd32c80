#include "postgres/copy_encoder.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "postgres/server_types.h"
#include "table/values.h"

namespace osiris::postgres {
namespace {

constexpr std::int32_t kNullLength = -1;
constexpr std::string_view kNullText = "\\N";

/// Writes a value; in the binary format behind its length.
template <typename Kind, CopyFormat kFormat>
void put_cell(const typename Kind::Value& value, CopyBuffer& out) {
  if constexpr (kFormat == CopyFormat::kBinary) {
    char* const length = out.room(sizeof(std::int32_t) + Kind::binary_room(value));
    char* const payload = length + sizeof(std::int32_t);
    char* const end = Kind::put_binary(payload, value);
    put_big_endian(length, static_cast<std::int32_t>(end - payload));
    out.take(end);
  } else {
    out.take(Kind::put_text(out.room(Kind::text_room(value)), value));
  }
}

template <typename Kind, CopyFormat kFormat>
Fit finish_cell(const CellPlan& plan, Fit fit, const typename Kind::Value& value, CopyBuffer& out) {
  if (fit != Fit::kFits && (fit != Fit::kInexact || !plan.bounds.may_round)) return fit;
  put_cell<Kind, kFormat>(value, out);
  return Fit::kFits;
}

template <typename Kind, CopyFormat kFormat>
Fit encode_from_text(const CellPlan& plan, std::string_view text, CopyBuffer& out) {
  typename Kind::Value value{};
  Fit fit = Kind::parse(plan.bounds, text, value);
  if (fit == Fit::kMalformed) fit = Kind::parse(plan.bounds, trim(text), value);
  return finish_cell<Kind, kFormat>(plan, fit, value, out);
}

template <typename Kind, CopyFormat kFormat>
Fit encode_text(const CellPlan& plan, const ColumnView& column, std::size_t row, CopyBuffer& out) {
  return encode_from_text<Kind, kFormat>(plan, column.text(row), out);
}

/// Bytes that a column takes as text.
template <typename Kind, CopyFormat kFormat>
Fit encode_unchecked_text(const CellPlan& plan, const ColumnView& column, std::size_t row, CopyBuffer& out) {
  const std::string_view text = column.text(row);
  return is_valid_utf8(text) ? encode_from_text<Kind, kFormat>(plan, text, out) : Fit::kNotUtf8;
}

template <CopyFormat kFormat>
Fit encode_bytes(const CellPlan& plan, const ColumnView& column, std::size_t row, CopyBuffer& out) {
  BytesKind::Value value;
  const Fit fit = BytesKind::from_bytes(plan.bounds, column.text(row), value);
  return finish_cell<BytesKind, kFormat>(plan, fit, value, out);
}

/// Native values of a type that the kind does not read itself: by their text.
template <typename Kind, CopyFormat kFormat>
Fit encode_printed(const CellPlan& plan, const ColumnView& column, std::size_t row, CopyBuffer& out) {
  std::array<char, kMaxPrintedBytes> text;
  const char* const end = print_native(text.data(), column, row, plan.source);
  return encode_from_text<Kind, kFormat>(plan, {text.data(), static_cast<std::size_t>(end - text.data())},
                                         out);
}

template <typename Kind, CopyFormat kFormat, typename S,
          Fit (*kRead)(const CellBounds&, const S&, typename Kind::Value&)>
Fit encode_native(const CellPlan& plan, const ColumnView& column, std::size_t row, CopyBuffer& out) {
  typename Kind::Value value{};
  const Fit fit = kRead(plan.bounds, column.as<S>()[row], value);
  return finish_cell<Kind, kFormat>(plan, fit, value, out);
}

bool is_text(const ColumnType& source) {
  return source.encoding == Encoding::kText || is_string(source.type);
}

/// Chooses, for one format, the function that reads a source's column and writes a kind of value.
template <CopyFormat kFormat>
struct Chooser {
  /// By text, whatever the source.
  template <typename Kind>
  static EncodeCell by_text(const ColumnType& source) {
    if (source.type.id == TypeId::kBytes) return encode_unchecked_text<Kind, kFormat>;
    return is_text(source) ? encode_text<Kind, kFormat> : encode_printed<Kind, kFormat>;
  }

  template <typename Kind, typename S>
  static constexpr EncodeCell kInteger = encode_native<Kind, kFormat, S, &Kind::template from_integer<S>>;

  template <typename Kind>
  static EncodeCell integers(const ColumnType& source) {
    if (is_text(source)) return by_text<Kind>(source);
    switch (source.type.id) {
      case TypeId::kBoolean:
      case TypeId::kUint8:
        return kInteger<Kind, std::uint8_t>;
      case TypeId::kInt8:
        return kInteger<Kind, std::int8_t>;
      case TypeId::kInt16:
        return kInteger<Kind, std::int16_t>;
      case TypeId::kInt32:
        return kInteger<Kind, std::int32_t>;
      case TypeId::kInt64:
        return kInteger<Kind, std::int64_t>;
      case TypeId::kUint16:
        return kInteger<Kind, std::uint16_t>;
      case TypeId::kUint32:
        return kInteger<Kind, std::uint32_t>;
      case TypeId::kUint64:
        return kInteger<Kind, std::uint64_t>;
      default:
        return by_text<Kind>(source);
    }
  }

  template <typename Kind>
  static EncodeCell floats(const ColumnType& source) {
    if (is_text(source)) return by_text<Kind>(source);
    if (source.type.id == TypeId::kFloat)
      return encode_native<Kind, kFormat, float, &Kind::template from_float<float>>;
    if (source.type.id == TypeId::kDouble)
      return encode_native<Kind, kFormat, double, &Kind::template from_float<double>>;
    return integers<Kind>(source);
  }

  template <typename S>
  static constexpr EncodeCell kScaled = encode_native<ScaledKind, kFormat, S, &ScaledKind::from_scaled<S>>;

  static EncodeCell numerics(const ColumnType& source) {
    if (is_text(source)) return by_text<NumericKind>(source);
    switch (source.type.id) {
      case TypeId::kBoolean:
      case TypeId::kUint8:
        return kScaled<std::uint8_t>;
      case TypeId::kInt8:
        return kScaled<std::int8_t>;
      case TypeId::kInt16:
        return kScaled<std::int16_t>;
      case TypeId::kInt32:
        return kScaled<std::int32_t>;
      case TypeId::kInt64:
        return kScaled<std::int64_t>;
      case TypeId::kUint16:
        return kScaled<std::uint16_t>;
      case TypeId::kUint32:
        return kScaled<std::uint32_t>;
      case TypeId::kUint64:
        return kScaled<std::uint64_t>;
      case TypeId::kHugeint:
        return kHugeints;
      case TypeId::kDecimal:
        return decimals(native_width(source.type));
      default:
        return by_text<NumericKind>(source);
    }
  }

  static constexpr EncodeCell kHugeints =
      encode_native<ScaledKind, kFormat, Hugeint, &ScaledKind::from_hugeint>;

  static EncodeCell decimals(std::size_t width) {
    if (width == sizeof(std::int16_t)) return kScaled<std::int16_t>;
    if (width == sizeof(std::int32_t)) return kScaled<std::int32_t>;
    return width == sizeof(std::int64_t) ? kScaled<std::int64_t> : kHugeints;
  }

  static EncodeCell dates(const ColumnType& source) {
    if (is_text(source)) return by_text<DateKind>(source);
    switch (source.type.id) {
      case TypeId::kDate:
        return encode_native<DateKind, kFormat, std::int32_t, &DateKind::from_days>;
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        return encode_native<DateKind, kFormat, std::int64_t, &DateKind::from_micros>;
      default:
        return by_text<DateKind>(source);
    }
  }

  static EncodeCell times(const ColumnType& source) {
    if (is_text(source)) return by_text<TimeKind>(source);
    switch (source.type.id) {
      case TypeId::kTime:
        return encode_native<TimeKind, kFormat, std::int64_t, &TimeKind::from_micros>;
      case TypeId::kInterval:
        return encode_native<TimeKind, kFormat, Interval, &TimeKind::from_interval>;
      default:
        return by_text<TimeKind>(source);
    }
  }

  template <typename Kind>
  static EncodeCell timestamps(const ColumnType& source) {
    if (is_text(source)) return by_text<Kind>(source);
    switch (source.type.id) {
      case TypeId::kTimestamp:
        return encode_native<Kind, kFormat, std::int64_t, &Kind::from_micros>;
      case TypeId::kTimestampTz:
        return encode_native<Kind, kFormat, std::int64_t, &Kind::from_instant>;
      case TypeId::kDate:
        return encode_native<Kind, kFormat, std::int32_t, &Kind::from_days>;
      default:
        return by_text<Kind>(source);
    }
  }

  static EncodeCell intervals(const ColumnType& source) {
    if (is_text(source)) return by_text<IntervalKind>(source);
    switch (source.type.id) {
      case TypeId::kInterval:
        return encode_native<IntervalKind, kFormat, Interval, &IntervalKind::from_interval>;
      case TypeId::kTime:
        return encode_native<IntervalKind, kFormat, std::int64_t, &IntervalKind::from_micros>;
      default:
        return by_text<IntervalKind>(source);
    }
  }

  static EncodeCell uuids(const ColumnType& source) {
    if (is_text(source) || source.type.id != TypeId::kUuid) return by_text<UuidKind>(source);
    return encode_native<UuidKind, kFormat, Hugeint, &UuidKind::from_uuid>;
  }

  static EncodeCell choose(const ColumnType& source, Form form) {
    switch (form) {
      case Form::kBoolean:
        return integers<BooleanKind>(source);
      case Form::kInt2:
        return integers<IntegerKind<std::int16_t>>(source);
      case Form::kInt4:
        return integers<IntegerKind<std::int32_t>>(source);
      case Form::kInt8:
        return integers<IntegerKind<std::int64_t>>(source);
      case Form::kFloat4:
        return floats<FloatKind<float>>(source);
      case Form::kFloat8:
        return floats<FloatKind<double>>(source);
      case Form::kNumeric:
        return numerics(source);
      case Form::kDate:
        return dates(source);
      case Form::kTime:
        return times(source);
      case Form::kTimestamp:
        return timestamps<TimestampKind<false>>(source);
      case Form::kTimestampTz:
        return timestamps<TimestampKind<true>>(source);
      case Form::kInterval:
        return intervals(source);
      case Form::kUuid:
        return uuids(source);
      case Form::kBytea:
        return source.type.id == TypeId::kBytes ? encode_bytes<kFormat> : by_text<BytesKind>(source);
      case Form::kJsonb:
        return by_text<JsonbKind>(source);
      case Form::kText:
      case Form::kOther:
        break;
    }
    return by_text<TextKind>(source);
  }
};

/// Requires: exponent ≤ 38. 1 for those below 0.
Uint128 power_of_ten(int exponent) {
  Uint128 power = 1;
  for (int at = 0; at < exponent; ++at) power *= 10;
  return power;
}

void bound_numeric(CellBounds& bounds, const TargetColumn& target) {
  if (target.type_modifier < 0) return;
  const NumericBounds numeric = numeric_bounds(target.type_modifier);
  bounds.has_precision = true;
  bounds.precision = numeric.precision;
  bounds.scale = numeric.scale;
  constexpr int kMostNativePrecision = 38;
  const auto source_scale = static_cast<int>(bounds.source_scale);
  const int most_digits = numeric.precision - numeric.scale + source_scale;
  bounds.scaled_limit = most_digits <= kMostNativePrecision ? power_of_ten(most_digits) : 0;
  bounds.scaled_unit = power_of_ten(std::min(source_scale - numeric.scale, kMostNativePrecision));
}

std::int64_t fraction_unit(const TargetColumn& target) {
  std::int64_t unit = 1;
  for (int digits = target.fraction_digits; digits < 6; ++digits) unit *= 10;
  return unit;
}

/// What is to be said of a value that does not fit.
struct Misfit {
  std::string_view code, message, hint;
};

Misfit describe(Fit fit) {
  switch (fit) {
    case Fit::kInexact:
      return {"value.out_of_range", "would lose a part of it",
              "round the values at their source, or name the column in allow_lossy"};
    case Fit::kOutOfRange:
      return {"value.out_of_range", "does not hold it",
              "correct the value, or give the column a larger type"};
    case Fit::kTooLong:
      return {"value.too_long", "is too short for it", "shorten the value, or give the column a longer type"};
    case Fit::kNulByte:
      return {"value.nul_byte", "takes no text with a NUL byte",
              "remove the byte at its source, or load the column as bytea"};
    case Fit::kNotUtf8:
      return {"value.invalid_utf8", "takes text, and these bytes are not UTF-8", "load the column as bytea"};
    case Fit::kMalformed:
    case Fit::kFits:
      break;
  }
  return {"value.malformed", "cannot be read from it", "correct the value at its source"};
}

/// A value as a message shows it.
std::string shown(const CellPlan& plan, const ColumnView& column, std::size_t row) {
  constexpr std::size_t kMost = 80;
  std::string text;
  append_value_text(text, column, row, plan.source);
  if (!is_valid_utf8(text) || text.find('\0') != std::string::npos) text = "\\x" + to_hex(text);
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

Error unfit(const CellPlan& plan, Fit fit, const ColumnView& column, std::size_t row) {
  const Misfit misfit = describe(fit);
  return {ErrorKind::kData, std::string(misfit.code),
          cat("column '", plan.source.name, "', ", plan.target, ", ", misfit.message, ": '",
              shown(plan, column, row), "'"),
          std::string(misfit.hint)};
}

}  // namespace

CellPlan plan_cell(const ColumnType& source, const TargetColumn& target, CopyFormat format, bool may_round) {
  const Form form = form_of(target.type_number);
  CellPlan plan;
  plan.encode = format == CopyFormat::kBinary ? Chooser<CopyFormat::kBinary>::choose(source, form)
                                              : Chooser<CopyFormat::kText>::choose(source, form);
  plan.source = source;
  plan.target = target.declared;
  plan.bounds.may_round = may_round;
  plan.bounds.most_characters = target.most_characters;
  plan.bounds.fraction_unit = fraction_unit(target);
  plan.bounds.source_scale = source.type.id == TypeId::kDecimal ? source.type.scale : 0;
  if (form == Form::kNumeric) bound_numeric(plan.bounds, target);
  return plan;
}

CopyFormat copy_format(const TableMatch& match) {
  const bool needs_text = std::ranges::any_of(match.columns, [](const MatchedColumn& column) {
    return form_of(column.target.type_number) == Form::kOther;
  });
  return needs_text ? CopyFormat::kText : CopyFormat::kBinary;
}

CopyEncoder::CopyEncoder(const Schema& schema, const TableMatch& match, const LossyColumns& lossy,
                         std::optional<std::uint64_t> first_row_number)
    : format_(copy_format(match)), next_row_number_(first_row_number) {
  for (const MatchedColumn& column : match.columns) {
    const ColumnType& source = schema[column.source];
    const bool may_round = std::ranges::find(lossy, source.name) != lossy.end();
    plans_.push_back(plan_cell(source, column.target, format_, may_round));
    plans_.back().source_index = column.source;
  }
  views_.resize(plans_.size());
}

template <CopyFormat kFormat>
const CellPlan* CopyEncoder::encode_row(std::size_t row, CopyBuffer& out, Fit& fit) {
  constexpr bool kIsBinary = kFormat == CopyFormat::kBinary;
  const std::size_t field_count = plans_.size() + (next_row_number_ ? 1 : 0);
  if constexpr (kIsBinary) {
    out.take(put_big_endian(out.room(sizeof(std::int16_t)), static_cast<std::int16_t>(field_count)));
  }
  for (std::size_t at = 0; at < plans_.size(); ++at) {
    const CellPlan& plan = plans_[at];
    if (views_[at].is_valid(row)) {
      fit = plan.encode(plan, views_[at], row, out);
      if (fit != Fit::kFits) return &plan;
    } else if constexpr (kIsBinary) {
      out.take(put_big_endian(out.room(sizeof kNullLength), kNullLength));
    } else {
      out.append(kNullText);
    }
    if constexpr (!kIsBinary) out.append(at + 1 < field_count ? "\t" : "\n");
  }
  if (!next_row_number_) return nullptr;
  put_cell<IntegerKind<std::int64_t>, kFormat>(static_cast<std::int64_t>((*next_row_number_)++), out);
  if constexpr (!kIsBinary) out.append("\n");
  return nullptr;
}

std::uint64_t CopyEncoder::encode(const Batch& batch, std::size_t begin, std::size_t end, RowPolicy& policy,
                                  CopyBuffer& out) {
  for (std::size_t at = 0; at < plans_.size(); ++at) views_[at] = batch.column(plans_[at].source_index);
  std::uint64_t row_count = 0;
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t size = out.size();
    Fit fit = Fit::kFits;
    const CellPlan* const misfit = format_ == CopyFormat::kBinary
                                       ? encode_row<CopyFormat::kBinary>(row, out, fit)
                                       : encode_row<CopyFormat::kText>(row, out, fit);
    if (misfit == nullptr) {
      ++row_count;
      continue;
    }
    out.cut(size);
    const ColumnView& view = batch.column(misfit->source_index);
    policy.refuse(batch, row, misfit->source_index, unfit(*misfit, fit, view, row));
  }
  return row_count;
}

}  // namespace osiris::postgres
