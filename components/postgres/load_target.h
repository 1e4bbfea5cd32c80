#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "component/component.h"
#include "load/load_target.h"
#include "postgres/connection.h"
#include "postgres/copy_encoder.h"

namespace osiris::postgres {

/// PostgreSQL as a load sees it.
class PostgresTarget : public LoadTarget {
 public:
  PostgresTarget(Context& context, LossyColumns lossy);

  std::optional<TargetTable> find_table(const std::string& name) override;
  TargetTable unmade_table(const std::string& name) override;
  TargetColumn column_for(const ColumnType& source, bool is_key) const override;
  Judgement judge(const ColumnType& source, const TargetColumn& target) const override;

  std::string quoted_name(std::string_view name) const override;
  std::string literal(std::string_view text) const override;
  std::uint64_t run(const std::string& statement) override;
  std::vector<Row> rows(const std::string& statement) override;
  std::string insert_unless_there(const std::string& insert) const override;

  void begin() override;
  void commit() override;
  void rollback(std::chrono::steady_clock::time_point deadline) noexcept override;
  void reconnect() override;
  void limit_lock_wait(std::chrono::milliseconds limit) override;
  bool has_transactional_ddl() const override { return true; }

  void create_table(const TargetTable& table, const std::vector<std::string>& primary_key) override;
  void add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) override;
  void remove_rows(const TargetTable& table, WriteMode mode) override;
  bool truncates_in_transaction() const override { return true; }

  Staging stage(const TargetTable& table, const TableMatch& match) override;
  void clear_staging(const Staging& staging) override;
  MergeCounts merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                    const Staging& staging) override;
  std::uint64_t delete_missing(const TargetTable& table, const LoadOptions& options,
                               const Staging& staging) override;

  std::unique_ptr<RowSink> open_sink(const std::string& table, const Schema& schema, const TableMatch& match,
                                     std::optional<std::uint64_t> first_staged_row,
                                     RowPolicy& policy) override;
  std::string road(const Schema& schema, const TableMatch& match) const override;

 private:
  Context* context_;
  LossyColumns lossy_;
  std::unique_ptr<Connection> connection_;
  std::optional<std::chrono::milliseconds> lock_wait_;  ///< of the next transaction
};

}  // namespace osiris::postgres
