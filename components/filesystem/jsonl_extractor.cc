#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "filesystem/file_columns.h"
#include "filesystem/input_text.h"
#include "filesystem/refused_rows.h"
#include "filesystem/text_extractor.h"
#include "format/json_object.h"
#include "format/text_lines.h"

namespace osiris::filesystem {

namespace {

/// A file of JSON lines that is being read.
class JsonlFile {
 public:
  JsonlFile(const InputPath& path, const TextForm& form, std::size_t max_row_bytes, Context& context)
      : text_(path, form, &context),
        lines_([this](char* buffer, std::size_t size) { return text_.read(buffer, size); }, max_row_bytes) {}
  JsonlFile(const JsonlFile&) = delete;
  JsonlFile& operator=(const JsonlFile&) = delete;

  const std::string& shown() const { return text_.shown(); }
  /// The next line that holds anything.
  std::optional<TextLine> next() {
    auto line = lines_.next();
    while (line && is_blank(line->text)) line = lines_.next();
    return line;
  }
  RowPlace place(const TextLine& line) const {
    return {shown(), line.line, text_.source_offset(line.byte_offset)};
  }
  std::string original(const TextLine& line) const { return text_.original(line.byte_offset, line.text); }
  std::string problem(const TextLine& line, std::string_view problem) const {
    if (is_valid_utf8(line.text)) return std::string(problem);
    return text_.encoding_problem(line.byte_offset, line.text);
  }
  void forget_before(std::optional<std::uint64_t> byte_offset) {
    text_.forget_before(byte_offset.value_or(lines_.next_offset()));
  }

 private:
  InputText text_;
  TextLines lines_;
};

/// A number without its exponent, digit by digit: 1.5e3 is 1500, 25e-3 is 0.025. As it is where its exponent
/// is none that a value of ours could have.
std::string without_exponent(std::string_view number) {
  constexpr int kMostExponent = 100;
  const std::size_t mark = number.find_first_of("eE");
  if (mark == std::string_view::npos) return std::string(number);
  std::string_view exponent_text = number.substr(mark + 1);
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  int exponent = 0;
  const auto [end, problem] =
      std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (problem != std::errc() || std::abs(exponent) > kMostExponent) return std::string(number);
  const bool is_negative = number.starts_with('-');
  const std::string_view mantissa = number.substr(is_negative ? 1 : 0, mark - (is_negative ? 1 : 0));
  const std::size_t point = mantissa.find('.');
  std::string digits(mantissa.substr(0, point));
  auto whole = static_cast<int>(digits.size()) + exponent;
  if (point != std::string_view::npos) digits += mantissa.substr(point + 1);
  if (whole < 1) {
    digits.insert(0, static_cast<std::size_t>(1 - whole), '0');
    whole = 1;
  }
  const auto whole_digits = static_cast<std::size_t>(whole);
  if (digits.size() < whole_digits) digits.append(whole_digits - digits.size(), '0');
  std::string out = is_negative ? "-" : "";
  out += digits.substr(0, whole_digits);
  if (digits.size() > whole_digits) out += "." + digits.substr(whole_digits);
  return out;
}

class JsonlExtractor : public Extractor {
 public:
  JsonlExtractor(const Config& config, Context& context)
      : context_(context),
        form_(config),
        max_row_bytes_(config.size("max_row_size")),
        ignores_extra_keys_(config.text("extra_keys") == "ignore"),
        refused_(config, "jsonl.rows_skipped", context),
        paths_(find_input_files(config.text("path"), context)) {
    if (const auto bytes = size_of(paths_)) context.expect_total({Total::Unit::kBytes, *bytes});
    open(0);
    std::vector<std::string> names = config.texts("columns");
    if (names.empty()) names = names_of_first_object(config.value("types"));
    columns_.emplace(names, std::vector<std::string>(), config, "json value", paths_[0].shown);
    for (std::size_t column = 0; column < columns_->count(); ++column) {
      column_of_key_.emplace(columns_->schema()[column].name, column);
    }
    member_of_column_.resize(columns_->count());
    builder_.emplace(columns_->schema());
  }

  const Schema& schema() const override { return columns_->schema(); }

  std::optional<Batch> next() override {
    context_.cancellation().check();
    while (const auto line = next_line()) {
      if (builder_->is_full(line->text.size())) {
        kept_ = line;
        return finish_batch();
      }
      append(*line);
    }
    if (builder_->row_count() > 0) return finish_batch();
    refused_.report();
    return std::nullopt;
  }

 private:
  void open(std::size_t index) {
    file_ = std::make_unique<JsonlFile>(paths_[index], form_, max_row_bytes_, context_);
    file_index_ = index;
  }

  std::optional<TextLine> next_line() {
    if (kept_) return std::exchange(kept_, std::nullopt);
    auto line = file_->next();
    while (!line && file_index_ + 1 < paths_.size()) {
      open(file_index_ + 1);
      line = file_->next();
    }
    return line;
  }

  /// The keys of the first object, as a header has names; and those that only `types` declares.
  std::vector<std::string> names_of_first_object(const Json& types) {
    std::vector<std::string> names;
    kept_ = next_line();
    if (kept_) {
      if (const auto problem = object_.read(kept_->text); !problem.empty()) {
        throw Error(
            ErrorKind::kData, "jsonl.malformed",
            cat("malformed row in ", file_->place(*kept_).shown(), ": ", file_->problem(*kept_, problem)),
            "the first object tells the columns; or name them in columns");
      }
      for (const JsonMember& member : object_.members()) names.emplace_back(member.key);
    }
    for (const auto& entry : types.items()) {
      if (std::find(names.begin(), names.end(), entry.key()) == names.end()) names.push_back(entry.key());
    }
    if (names.empty()) {
      throw Error(ErrorKind::kData, "jsonl.no_columns", cat("the file has no keys: '", paths_[0].shown, "'"),
                  "the first object tells the columns; or name them in columns");
    }
    return names;
  }

  void refuse(const TextLine& line, const RowProblem& problem) {
    refused_.refuse(file_->place(line), problem, file_->original(line));
  }

  void append(const TextLine& line) {
    if (const auto problem = object_.read(line.text); !problem.empty()) {
      return refuse(line, {"jsonl.malformed", "", file_->problem(line, problem)});
    }
    guess_ = 0;
    std::fill(member_of_column_.begin(), member_of_column_.end(), nullptr);
    for (const JsonMember& member : object_.members()) {
      const auto found = find_column(member.key);
      if (found) {
        member_of_column_[*found] = &member;
      } else if (!ignores_extra_keys_) {
        return refuse(line, {"jsonl.extra_key", "", cat("a key that is no column: '", member.key, "'")});
      }
    }
    for (std::size_t column = 0; column < columns_->count(); ++column) {
      const JsonMember* const member = member_of_column_[column];
      if (member == nullptr || member->kind == JsonMember::Kind::kNull) {
        builder_->append_null(column);
        continue;
      }
      const Parsed fit = append_value(column, *member);
      if (fit == Parsed::kExact) continue;
      builder_->drop_row();
      return refuse(line, columns_->misfit(fit, column, member->raw));
    }
    columns_->append_file(*builder_, file_->shown());
    builder_->end_row();
  }

  /// Most objects have their keys in the same order.
  std::optional<std::size_t> find_column(std::string_view key) {
    if (guess_ < columns_->count() && columns_->schema()[guess_].name == key) return guess_++;
    const auto found = column_of_key_.find(key);
    if (found == column_of_key_.end()) return std::nullopt;
    guess_ = found->second + 1;
    return found->second;
  }

  Parsed append_value(std::size_t column, const JsonMember& member) {
    const TypeId type = columns_->schema()[column].type.id;
    if (type == TypeId::kJson) return columns_->append(*builder_, column, member.raw);
    if (type != TypeId::kText && member.kind == JsonMember::Kind::kNested) return Parsed::kMalformed;
    const bool is_exact_number = member.kind == JsonMember::Kind::kNumber && type != TypeId::kText &&
                                 type != TypeId::kDouble && type != TypeId::kFloat;
    if (is_exact_number && member.raw.find_first_of("eE") != std::string_view::npos) {
      return columns_->append(*builder_, column, without_exponent(member.raw));
    }
    return columns_->append(*builder_, column, member.text);
  }

  Batch finish_batch() {
    file_->forget_before(kept_ ? std::optional(kept_->byte_offset) : std::nullopt);
    return builder_->finish();
  }

  Context& context_;
  TextForm form_;
  std::size_t max_row_bytes_;
  bool ignores_extra_keys_;
  RefusedRows refused_;
  std::vector<InputPath> paths_;
  std::unique_ptr<JsonlFile> file_;
  std::size_t file_index_ = 0;
  std::optional<TextLine> kept_;  ///< of file_, read but not appended yet
  JsonObject object_;
  std::optional<FileColumns> columns_;
  std::unordered_map<std::string_view, std::size_t> column_of_key_;
  std::vector<const JsonMember*> member_of_column_;
  std::size_t guess_ = 0;
  std::optional<BatchBuilder> builder_;
};

}  // namespace

void describe_jsonl_extractor(Component& component) { describe_text_extractor<JsonlExtractor>(component); }

}  // namespace osiris::filesystem
