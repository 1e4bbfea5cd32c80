// What `osiris discover` says of a file: nothing here is used when rows are read.
#include "component/proposal.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "engine/parquet_reader.h"
#include "filesystem/input_file.h"
#include "filesystem/text_encoding.h"
#include "filesystem/value_sniffer.h"
#include "format/compression.h"
#include "format/csv.h"
#include "format/json_object.h"
#include "format/text_lines.h"

namespace osiris::filesystem {

std::optional<Proposal> propose(const std::string& path, Context& context);

namespace {

constexpr std::size_t kSampleBytes = std::size_t{1} << 20;

/// The beginning of a file as text, and how it became that.
struct Sample {
  std::string text;  ///< whole lines
  bool is_whole = false;
  std::string compression;  ///< empty: by name
  std::string encoding = "utf-8";
  std::vector<std::string> notes;
};

std::string first_bytes(ByteSource& source, bool& is_whole) {
  std::string bytes(kSampleBytes, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const std::size_t count = source.read(bytes.data() + size, bytes.size() - size);
    is_whole = count == 0;
    if (is_whole) break;
    size += count;
  }
  bytes.resize(size);
  return bytes;
}

/// UTF-16 of mostly Latin letters has a NUL in every second byte.
std::string unmarked_utf16(std::string_view bytes) {
  std::array<std::size_t, 2> nuls{};
  for (std::size_t at = 0; at < bytes.size(); ++at) nuls[at % 2] += bytes[at] == '\0' ? 1 : 0;
  const std::size_t half = bytes.size() / 2;
  if (nuls[1] > half / 2 && nuls[0] < half / 8) return "utf-16le";
  return nuls[0] > half / 2 && nuls[1] < half / 8 ? "utf-16be" : "";
}

std::string decoded(std::string_view bytes, const std::string& encoding) {
  TextDecoder decoder(std::make_unique<MemorySource>(bytes), encoding, "sample");
  bool is_whole = false;
  std::string text;
  for (std::string part = first_bytes(decoder, is_whole); !part.empty();
       part = first_bytes(decoder, is_whole))
    text += part;
  return text;
}

/// Whether every byte is a character of an encoding that does not use them all.
bool can_be(const std::string& encoding, std::string_view bytes) {
  return is_valid_utf8(decoded(bytes, encoding));
}

void find_encoding(Sample& sample, const std::string& bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    sample.encoding = "utf-16";
  } else if (const std::string utf16 = unmarked_utf16(bytes); !utf16.empty()) {
    sample.encoding = utf16;
  } else {
    // The sample may end in the middle of a character.
    constexpr std::size_t kLongestCharacter = 4;
    const std::size_t bad = find_invalid_utf8(bytes);
    if (bad == std::string::npos || (!sample.is_whole && bad + kLongestCharacter > bytes.size())) return;
    sample.encoding = can_be("windows-1252", bytes) ? "windows-1252" : "windows-1250";
    sample.notes.push_back(cat("byte ", bad, " is not UTF-8: ", sample.encoding,
                               " is a guess; look at the letters, it may be iso-8859-2 or another"));
  }
}

Sample take_sample(const InputPath& path) {
  Sample sample;
  const auto open = [&](Compression compression) {
    bool is_whole = false;
    const auto source = decompressed(std::make_unique<InputFile>(path), compression, damage_of(path));
    std::string bytes = first_bytes(*source, is_whole);
    sample.is_whole = is_whole;
    return bytes;
  };
  std::string bytes = open(compression_of("by_name", path.path.native()));
  if (bytes.starts_with("\x1F\x8B") || bytes.starts_with("\x28\xB5\x2F\xFD")) {
    sample.compression = bytes.starts_with("\x1F\x8B") ? "gzip" : "zstd";
    bytes = open(compression_of(sample.compression, ""));
  }
  find_encoding(sample, bytes);
  sample.text = is_utf8(sample.encoding) ? bytes : decoded(bytes, sample.encoding);
  if (!sample.is_whole && sample.text.rfind('\n') != std::string::npos)
    sample.text.resize(sample.text.rfind('\n') + 1);
  return sample;
}

struct Row {
  std::vector<std::string> fields;
  std::vector<bool> is_quoted;
  std::uint64_t line = 0;
  bool is_malformed = false;
};

std::vector<Row> rows_of(const Sample& sample, CsvDialect dialect) {
  MemorySource source(sample.text);
  CsvReader reader(dialect, [&](char* buffer, std::size_t size) { return source.read(buffer, size); });
  std::vector<Row> rows;
  while (const CsvRecord* record = reader.next()) {
    if (record->is_blank()) continue;
    Row& row = rows.emplace_back();
    row.line = record->line;
    row.is_malformed = record->is_malformed();
    for (const CsvField& field : record->fields) {
      row.fields.emplace_back(field.text);
      row.is_quoted.push_back(field.is_quoted);
    }
  }
  return rows;
}

/// The number of fields that most rows have.
std::size_t usual_width(const std::vector<Row>& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const Row& row : rows) {
    if (!row.is_malformed) ++counts[row.fields.size()];
  }
  std::size_t width = 1, most = 0;
  for (const auto& [fields, count] : counts) {
    if (count > most) {
      most = count;
      width = fields;
    }
  }
  return width;
}

/// How well a dialect explains the text: the share of its rows that have the usual width, more than one.
double score(const std::vector<Row>& rows, std::size_t width) {
  if (rows.empty() || width < 2) return 0;
  const auto usual = std::count_if(rows.begin(), rows.end(), [&](const Row& row) {
    return !row.is_malformed && row.fields.size() == width;
  });
  return static_cast<double>(usual) / static_cast<double>(rows.size());
}

struct CsvGuess {
  CsvDialect dialect;
  std::vector<Row> rows;
  std::size_t width = 1;
};

CsvGuess find_dialect(const Sample& sample, char comment) {
  CsvGuess best{{',', '"', comment}, rows_of(sample, {',', '"', comment}), 1};
  best.width = usual_width(best.rows);
  double best_score = score(best.rows, best.width);
  for (const char quote : {'"', '\''}) {
    for (const char delimiter : {',', ';', '\t', '|'}) {
      CsvGuess guess{{delimiter, quote, comment}, rows_of(sample, {delimiter, quote, comment}), 1};
      guess.width = usual_width(guess.rows);
      const double guess_score = score(guess.rows, guess.width);
      if (guess_score <= best_score) continue;
      best_score = guess_score;
      best = std::move(guess);
    }
  }
  return best;
}

/// Names: all there, all different, and none of them a value.
bool is_header(const Row& row) {
  std::set<std::string> names;
  for (const std::string& field : row.fields) {
    ValueSniffer sniffer;
    sniffer.add(field, false);
    if (is_blank(field) || !names.insert(field).second || sniffer.type() != "text") return false;
  }
  return true;
}

void add_form(const Sample& sample, Json& config) {
  if (!sample.compression.empty()) config["compression"] = sample.compression;
  if (sample.encoding != "utf-8") config["encoding"] = sample.encoding;
}

/// Adds the columns' types to a proposal: what is text needs no word.
void add_types(const std::vector<std::string>& names, const std::vector<ValueSniffer>& sniffers,
               Proposal& proposal) {
  Json types = Json::object();
  for (std::size_t index = 0; index < names.size(); ++index) {
    const std::string type = sniffers[index].type();
    proposal.columns.emplace_back(names[index], type);
    if (type != "text") types[names[index]] = type;
    if (const std::string doubt = sniffers[index].doubt(); !doubt.empty() && type == "text") {
      proposal.notes.push_back(cat("'", names[index], "' could be ", doubt, ": it stays text until you say"));
    }
  }
  if (!types.empty()) proposal.config["types"] = types;
}

Proposal propose_csv(const std::string& path, const Sample& sample) {
  const bool has_comments = sample.text.starts_with('#') || sample.text.find("\n#") != std::string::npos;
  CsvGuess guess = find_dialect(sample, has_comments ? '#' : '\0');
  Proposal proposal{
      "filesystem.csv_extractor", {{"path", path}}, {}, sample.text.size(), 0, sample.is_whole, sample.notes};
  const auto first = std::find_if(guess.rows.begin(), guess.rows.end(), [&](const Row& row) {
    return !row.is_malformed && row.fields.size() == guess.width;
  });
  if (first == guess.rows.end()) {
    proposal.notes.emplace_back("no row could be read");
    return proposal;
  }
  if (guess.dialect.delimiter != ',')
    proposal.config["delimiter"] =
        guess.dialect.delimiter == '\t' ? "tab" : std::string(1, guess.dialect.delimiter);
  if (guess.dialect.quote != '"') proposal.config["quote"] = std::string(1, guess.dialect.quote);
  if (first != guess.rows.begin()) proposal.config["skip"] = first->line - 1;
  if (has_comments) proposal.config["comment"] = "#";
  const bool has_header = is_header(*first);
  std::vector<std::string> names = first->fields;
  if (!has_header) {
    proposal.config["header"] = false;
    for (std::size_t index = 0; index < names.size(); ++index) names[index] = cat("column_", index + 1);
  }
  std::vector<ValueSniffer> sniffers(guess.width);
  std::size_t short_rows = 0, bad_rows = 0;
  for (auto row = first + (has_header ? 1 : 0); row != guess.rows.end(); ++row) {
    ++proposal.sample_rows;
    short_rows += !row->is_malformed && row->fields.size() < guess.width ? 1 : 0;
    bad_rows += row->is_malformed || row->fields.size() > guess.width ? 1 : 0;
    for (std::size_t index = 0; index < std::min(row->fields.size(), guess.width); ++index) {
      const bool is_null = row->fields[index].empty() && !row->is_quoted[index];
      if (!is_null) sniffers[index].add(row->fields[index], !row->is_quoted[index]);
    }
  }
  std::vector<std::string> null_words{""};
  for (const ValueSniffer& sniffer : sniffers) {
    for (const std::string& word : sniffer.null_words()) {
      if (std::find(null_words.begin(), null_words.end(), word) == null_words.end())
        null_words.push_back(word);
    }
  }
  if (null_words.size() > 1) proposal.config["null_values"] = null_words;
  if (short_rows > 0) proposal.config["ragged"] = "pad";
  if (short_rows > 0)
    proposal.notes.push_back(cat(counted(short_rows, "row"), " shorter than the others: NULLs are added"));
  if (bad_rows > 0)
    proposal.notes.push_back(
        cat(counted(bad_rows, "row"), " malformed or too long: see on_bad_row and ragged"));
  add_types(names, sniffers, proposal);
  add_form(sample, proposal.config);
  return proposal;
}

std::optional<Proposal> propose_json_lines(const std::string& path, const Sample& sample) {
  MemorySource source(sample.text);
  TextLines lines([&](char* buffer, std::size_t size) { return source.read(buffer, size); },
                  kSampleBytes * 4);
  Proposal proposal{"filesystem.jsonl_extractor",
                    {{"path", path}},
                    {},
                    sample.text.size(),
                    0,
                    sample.is_whole,
                    sample.notes};
  JsonObject object;
  std::vector<std::string> names;
  std::vector<ValueSniffer> sniffers;
  std::vector<bool> is_nested;
  bool is_first_complete = true;
  while (const auto line = lines.next()) {
    if (is_blank(line->text)) continue;
    if (!object.read(line->text).empty()) {
      if (proposal.sample_rows == 0) return std::nullopt;
      proposal.notes.push_back(cat("line ", line->line, " is no object: see on_bad_row"));
      continue;
    }
    ++proposal.sample_rows;
    for (const JsonMember& member : object.members()) {
      auto found = std::find(names.begin(), names.end(), member.key);
      if (found == names.end()) {
        is_first_complete = is_first_complete && proposal.sample_rows == 1;
        names.emplace_back(member.key);
        sniffers.emplace_back();
        is_nested.push_back(false);
        found = names.end() - 1;
      }
      const auto index = static_cast<std::size_t>(found - names.begin());
      if (member.kind == JsonMember::Kind::kNested) is_nested[index] = true;
      if (member.kind != JsonMember::Kind::kNull) sniffers[index].add(member.text, false);
    }
  }
  if (proposal.sample_rows == 0) return std::nullopt;
  if (!is_first_complete) proposal.config["columns"] = names;
  add_types(names, sniffers, proposal);
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (!is_nested[index]) continue;
    proposal.config["types"][names[index]] = "json";
    proposal.columns[index].second = "json";
  }
  add_form(sample, proposal.config);
  return proposal;
}

Proposal propose_parquet(const InputPath& path, Context& context) {
  SqlOptions options;
  options.allow_external_access = true;
  options.cancellation = &context.cancellation();
  const ParquetReader reader({{path.path, path.shown}}, {}, "", options);
  Proposal proposal{"filesystem.parquet_extractor", {{"path", path.shown}}, {}, 0, 0, true, {}};
  for (const ColumnType& column : reader.schema())
    proposal.columns.emplace_back(column.name, to_string(column.type));
  return proposal;
}

}  // namespace

std::optional<Proposal> propose(const std::string& path, Context& context) {
  const InputPath first = find_input_files(path, context).front();
  std::string magic(4, '\0');
  InputFile(first).read(magic.data(), magic.size());
  if (magic == "PAR1") return propose_parquet({first.path, path}, context);
  const Sample sample = take_sample(first);
  if (sample.text.empty()) {
    throw Error(ErrorKind::kData, "file.empty", cat("there is nothing to look at: '", first.shown, "'"));
  }
  if (trim(sample.text).starts_with('{')) {
    if (auto proposal = propose_json_lines(path, sample)) return proposal;
  }
  return propose_csv(path, sample);
}

}  // namespace osiris::filesystem
