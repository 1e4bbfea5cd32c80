#include "supabase/rest_road.h"

#include <atomic>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "postgres/errors.h"

namespace osiris::supabase {

namespace {

constexpr std::string_view kPieces = "_osiris_pieces";
constexpr std::string_view kLoads = "_osiris_loads";
/// What a run that died has left in the table of pieces goes after so long.
constexpr std::int64_t kPieceLifeMs = std::int64_t{24} * 60 * 60 * 1000;

std::string words(const std::vector<std::string>& names) {
  std::vector<std::string> words;
  for (const std::string& name : names) words.push_back(column_word(name));
  return join(words, ",");
}

std::uint64_t number_of(const Json& answer, const char* key) {
  return answer.contains(key) && answer[key].is_number_unsigned() ? answer[key].get<std::uint64_t>() : 0;
}

LoadResult result_of(const Json& answer, bool is_upsert) {
  LoadResult result{number_of(answer, "row_count"), {}};
  if (!is_upsert) return result;
  result.merge = MergeCounts{number_of(answer, "inserted"), number_of(answer, "updated"),
                             number_of(answer, "unchanged"), 0};
  return result;
}

/// "session/step/1": the name in the ledger.
std::string ledger_id(const LoadId& id) { return cat(id.session, "/", id.step, "/1"); }

void remove_pieces(RestClient& client, const std::string& id) {
  client.send(
      {"DELETE", cat(kPieces, "?or=(load_id.eq.", quoted_value(id), ")"), {{"Prefer", "return=minimal"}}});
}

/// Rows that the server says it has written: the last number of "*/2000".
std::uint64_t written_rows(const HttpResponse& response) {
  const std::string range = response.header("content-range");
  const std::size_t slash = range.rfind('/');
  const auto count = slash == std::string::npos ? std::nullopt : parse_integer(range.substr(slash + 1));
  if (count) return static_cast<std::uint64_t>(*count);
  throw strange_answer("does not say how many rows were written");
}

class TableRoad : public RestRoad {
 public:
  TableRoad(const RestLoad& load, const std::vector<std::string>& columns)
      : mode_(load.options.mode),
        path_(url_encoded(load.options.table)),
        key_(column_word(load.table.columns.front().name)),
        target_(cat(path_, "?columns=", words(columns))),
        preference_("return=minimal, count=exact") {
    if (!is_upsert()) return;
    target_ += cat("&on_conflict=", words(load.options.primary_key));
    preference_ += ", resolution=merge-duplicates";
  }

  void begin(RestClient& client) override {
    if (!clears_first()) return;
    // A DELETE of all rows wants a condition that says so.
    client.send({"DELETE",
                 cat(path_, "?or=(", key_, ".is.null,", key_, ".not.is.null)"),
                 {{"Prefer", "return=minimal"}}});
  }

  void post(RestClient& client, const Piece& piece, std::size_t begin, std::size_t end) override {
    std::string body;
    piece.body.append_array(body, begin, end);
    const HttpResponse response =
        client.send({"POST",
                     target_,
                     {{"Content-Type", "application/json"}, {"Prefer", preference_}},
                     body,
                     is_upsert()});
    const std::uint64_t written = written_rows(response);
    written_ += written;
    if (written >= end - begin) return;
    throw Error(ErrorKind::kData, "load.rows_missing",
                cat("the server acknowledged ", counted(written, "row"), " of ", with_thousands(end - begin)),
                "look for triggers or rules of the table that drop rows");
  }

  RestResult finish(RestClient&, std::uint64_t) override { return {{written_.load(), {}}, {}}; }
  void abandon(RestClient&) override {}
  bool clears_first() const override { return mode_ == WriteMode::kReplace || mode_ == WriteMode::kTruncate; }
  bool is_immediate() const override { return true; }
  std::uint64_t committed_rows() const override { return written_.load(); }

 private:
  bool is_upsert() const { return mode_ == WriteMode::kUpsert; }

  WriteMode mode_;
  std::string path_, key_, target_, preference_;
  std::atomic<std::uint64_t> written_{0};
};

class FunctionRoad : public RestRoad {
 public:
  FunctionRoad(const RestLoad& load, std::vector<std::string> columns, const LoadId& id,
               const ConnectionConfig& project)
      : load_(load), columns_(std::move(columns)), id_(id), project_(project) {}

  void begin(RestClient& client) override {
    client.send({"DELETE",
                 cat(kPieces, "?or=(load_id.eq.", quoted_value(ledger_id(id_)), ",sent_at.lt.",
                     quoted_value(iso8601(now_ms() - kPieceLifeMs)), ")"),
                 {{"Prefer", "return=minimal"}}});
  }

  /// The same piece sent twice is there once.
  void post(RestClient& client, const Piece& piece, std::size_t begin, std::size_t end) override {
    std::string body =
        cat("[{\"load_id\":", Json(ledger_id(id_)).dump(), ",\"piece\":", piece.rows[begin], ",\"items\":");
    piece.body.append_array(body, begin, end);
    body += "}]";
    client.send(
        {"POST",
         cat(kPieces, "?columns=load_id,piece,items&on_conflict=load_id,piece"),
         {{"Content-Type", "application/json"}, {"Prefer", "return=minimal, resolution=ignore-duplicates"}},
         body});
    ++piece_count_;
    sent_rows_ += end - begin;
  }

  RestResult finish(RestClient& client, std::uint64_t handed_rows) override {
    const std::string body = Json{{"load", request(handed_rows)}}.dump();
    const HttpResponse response =
        client.send({"POST", "rpc/osiris_load", {{"Content-Type", "application/json"}}, body});
    const Json answer = Json::parse(response.body, nullptr, false);
    if (!answer.is_object() || !answer.contains("row_count")) {
      throw Error(ErrorKind::kConnection, "connection.refused", "osiris_load() gives no account of the load",
                  cat("run `osiris supabase install ", project_.reference(), "` again"));
    }
    RestResult result{result_of(answer, load_.options.mode == WriteMode::kUpsert), {}};
    for (const Json& row : answer["refused"]) {
      result.refused.push_back({row["row"].get<std::uint64_t>(), row["object"].get<std::string>(),
                                postgres::server_error(row["code"].get<std::string>(),
                                                       row["message"].get<std::string>(), project_)});
    }
    return result;
  }

  void abandon(RestClient& client) override { remove_pieces(client, ledger_id(id_)); }
  bool clears_first() const override { return false; }
  bool is_immediate() const override { return false; }
  std::uint64_t committed_rows() const override { return 0; }

 private:
  Json request(std::uint64_t handed_rows) const {
    const LoadOptions& options = load_.options;
    Json new_columns = Json::array();
    const auto add = [&](const TargetColumn& column) {
      new_columns.push_back({{"name", column.name}, {"type", column.declared}});
    };
    for (const TargetColumn& column : load_.table.columns) {
      if (load_.makes_table) add(column);
    }
    for (const MatchedColumn& matched : load_.match.columns) {
      if (matched.is_added) add(matched.target);
    }
    constexpr std::uint64_t kAny = std::uint64_t{1} << 62;
    return {{"load_id", ledger_id(id_)},
            {"session", id_.session},
            {"step", id_.step},
            {"table", options.table},
            {"write_mode", to_string(options.mode)},
            {"columns", columns_},
            {"key", options.primary_key},
            {"makes_table", load_.makes_table},
            {"new_columns", new_columns},
            {"pieces", piece_count_.load()},
            {"sent_rows", sent_rows_.load()},
            {"handed_rows", handed_rows},
            {"leaves_out_bad_rows", options.on_bad_row != OnBadRow::kFail},
            {"max_bad_rows", options.max_bad_rows == 0 ? kAny : options.max_bad_rows},
            {"ledger", options.has_ledger}};
  }

  const RestLoad& load_;
  std::vector<std::string> columns_;
  LoadId id_;
  const ConnectionConfig& project_;
  std::atomic<std::uint64_t> piece_count_{0}, sent_rows_{0};
};

}  // namespace

std::unique_ptr<RestRoad> open_table_road(const RestLoad& load, const std::vector<std::string>& columns) {
  return std::make_unique<TableRoad>(load, columns);
}

std::unique_ptr<RestRoad> open_function_road(const RestLoad& load, const std::vector<std::string>& columns,
                                             const LoadId& id, const ConnectionConfig& project) {
  return std::make_unique<FunctionRoad>(load, columns, id, project);
}

std::optional<LoadResult> find_function_load(RestClient& client, const LoadId& id) {
  // Waits for an osiris_load() that is under way; one that comes later finds nothing.
  remove_pieces(client, ledger_id(id));
  const HttpResponse response = client.send(
      {"GET", cat(kLoads, "?select=row_count,inserted:rows_inserted,updated:rows_updated,",
                  "unchanged:rows_unchanged,write_mode&or=(load_id.eq.", quoted_value(ledger_id(id)), ")")});
  const Json rows = Json::parse(response.body, nullptr, false);
  if (!rows.is_array() || rows.empty()) return std::nullopt;
  return result_of(rows[0], rows[0].value("write_mode", "") == "upsert");
}

}  // namespace osiris::supabase
