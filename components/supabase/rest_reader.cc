#include "supabase/rest_reader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "format/json_rows.h"

namespace osiris::supabase {

namespace {

/// Pages that wait for the reader, beside the one that is on its way.
constexpr std::size_t kPagesAhead = 1;
constexpr std::string_view kKeyPrefix = "osiris_key_";

/// Where a page begins.
struct Position {
  std::vector<std::optional<std::string>> last;  ///< what the row before has of the order; empty: no row
  std::uint64_t row_count = 0;                   ///< rows before
};

std::string key_alias(std::size_t index) { return cat(kKeyPrefix, index); }

/// Every value as the database's own text, which is exact; those of the order apart, for they may not be
/// among the columns.
std::string selection(const RestRead& read) {
  std::vector<std::string> words;
  for (const RestTable::Column& column : read.columns)
    words.push_back(cat(column_word(column.type.name), "::text"));
  for (std::size_t index = 0; read.has_key && index < read.order.size(); ++index) {
    words.push_back(cat(key_alias(index), ":", column_word(read.order[index].column), "::text"));
  }
  return join(words, ",");
}

std::string path_of_page(const RestRead& read, const Position& position) {
  std::string path =
      cat(url_encoded(read.table.name), "?select=", selection(read), "&limit=", read.page_rows);
  for (const Condition& condition : read.conditions) path += cat("&", rest_condition(condition));
  if (!read.order.empty()) path += cat("&order=", rest_order(read.order));
  if (!read.has_key) return cat(path, "&offset=", position.row_count);
  return position.last.empty() ? path : cat(path, "&", rest_behind(read.order, position.last));
}

/// A page's text, and where the next one begins; nowhere where this one is empty.
struct Page {
  std::string text;
  std::optional<Position> end;
};

std::vector<std::string> key_aliases(const RestRead& read) {
  std::vector<std::string> aliases;
  for (std::size_t index = 0; index < read.order.size(); ++index) aliases.push_back(key_alias(index));
  return aliases;
}

/// Reads no more than the last row's key: its columns are the row's last ones, and no text can hold their
/// names in quotes that are not escaped.
std::optional<Position> end_by_key(const std::string& text, const RestRead& read) {
  const std::size_t at = text.rfind(cat("\"", key_alias(0), "\":"));
  if (at == std::string::npos) return std::nullopt;
  const std::string tail = "[{" + text.substr(at);
  JsonRows rows(tail, key_aliases(read));
  Position end;
  for (const JsonCell& cell : *rows.next()) end.last.emplace_back(cell);
  return end;
}

std::optional<Position> end_by_count(const std::string& text, std::uint64_t rows_before) {
  JsonRows rows(text, {});
  Position end{{}, rows_before};
  while (rows.next() != nullptr) ++end.row_count;
  return end.row_count > rows_before ? std::optional(std::move(end)) : std::nullopt;
}

class RestReader : public Extractor {
 public:
  RestReader(RestRead read, Context& context)
      : read_(std::move(read)),
        schema_(read_.schema()),
        context_(&context),
        builder_(schema_),
        client_(context.connection(), requests_),
        hook_(context.cancellation().on_cancel([this] { stop(); })) {
    for (const RestTable::Column& column : read_.columns) names_.push_back(column.type.name);
    thread_ = std::thread([this] { fetch_pages(); });
  }
  RestReader(const RestReader&) = delete;
  RestReader& operator=(const RestReader&) = delete;
  ~RestReader() override {
    stop();
    thread_.join();
  }

  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override;

 private:
  void stop();
  void fetch_pages();
  bool put(Page page);
  bool take_page();
  void append(const std::vector<JsonCell>& cells);

  RestRead read_;
  Schema schema_;
  Context* context_;
  BatchBuilder builder_;
  std::vector<std::string> names_;
  Page page_;
  std::optional<JsonRows> rows_;

  Cancellation requests_;  ///< what is on its way ends with the reader
  RestClient client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Page> pages_;
  bool is_over_ = false, is_stopped_ = false;
  std::optional<Error> failure_;
  Cancellation::Hook hook_;
  std::thread thread_;
};

void RestReader::stop() {
  requests_.cancel();
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  changed_.notify_all();
}

void RestReader::fetch_pages() {
  try {
    Position position;
    for (;;) {
      Page page{client_.send({"GET", path_of_page(read_, position)}).body, {}};
      if (!page.text.starts_with('[')) throw strange_answer("holds no rows");
      page.end = read_.has_key ? end_by_key(page.text, read_) : end_by_count(page.text, position.row_count);
      if (page.end) position = *page.end;
      const bool is_last = !page.end;
      if (!put(std::move(page)) || is_last) break;
    }
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    failure_ = error;
  }
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  changed_.notify_all();
}

bool RestReader::put(Page page) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_stopped_ || pages_.size() < kPagesAhead; });
  if (is_stopped_) return false;
  pages_.push_back(std::move(page));
  changed_.notify_all();
  return true;
}

bool RestReader::take_page() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_stopped_ || is_over_ || !pages_.empty(); });
  if (pages_.empty()) {
    if (failure_) throw Error(*failure_);
    context_->cancellation().check();
    return false;
  }
  page_ = std::move(pages_.front());
  pages_.pop_front();
  changed_.notify_all();
  return true;
}

std::optional<Batch> RestReader::next() {
  context_->cancellation().check();
  for (;;) {
    while (const auto* cells = rows_ ? rows_->next() : nullptr) {
      append(*cells);
      if (builder_.is_full(0)) return builder_.finish();
    }
    if (builder_.row_count() > 0) return builder_.finish();
    if (!take_page()) return std::nullopt;
    context_->count_bytes_read(page_.text.size());
    rows_.emplace(page_.text, names_);
  }
}

void RestReader::append(const std::vector<JsonCell>& cells) {
  for (std::size_t column = 0; column < cells.size(); ++column) {
    if (cells[column]) {
      builder_.append_text(column, *cells[column]);
    } else {
      builder_.append_null(column);
    }
  }
  builder_.end_row();
}

}  // namespace

Schema RestRead::schema() const {
  Schema schema;
  for (const RestTable::Column& column : columns) schema.push_back(column.type);
  return schema;
}

RestRead plan_read(const Config& config, const RestDescription& description) {
  RestRead read{description.table(config.text("table")),
                {},
                {},
                false,
                parse_filter(config.value("filter")),
                static_cast<std::uint64_t>(config.integer("page_rows"))};
  const auto wanted = config.has("columns") ? config.texts("columns") : read.table.column_names();
  for (const std::string& name : wanted) read.columns.push_back(read.table.column(name));
  const auto add_term = [&read](OrderTerm term) {
    if (std::ranges::find(read.order, term.column, &OrderTerm::column) != read.order.end()) return;
    const RestTable::Column& column = read.table.column(term.column);
    term.is_nullable = column.type.nullable && !column.is_key;
    read.order.push_back(std::move(term));
  };
  for (const std::string& word : config.texts("order")) add_term(parse_order_term(word));
  const std::vector<std::string> key = read.table.key();
  read.has_key = !key.empty();
  for (const std::string& name : key) add_term({name});
  return read;
}

std::unique_ptr<Extractor> open_rest_reader(RestRead read, Context& context) {
  return std::make_unique<RestReader>(std::move(read), context);
}

}  // namespace osiris::supabase
