#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "component/component.h"
#include "duckdb/row_converter.h"
#include "engine/database_file.h"
#include "load/load_target.h"

namespace osiris::duckdb {

/// INSERT … SELECT over rows that are gathered, so that the engine writes whole row groups.
class InsertSink : public RowSink {
 public:
  /// `feed` has the converter's schema.
  InsertSink(RowFeed& feed, Context& context, const std::string& table, const TableMatch& match,
             RowConverter converter, bool is_staged, RowPolicy& policy);

  void write(const Batch& batch, std::size_t begin, std::size_t end) override;
  std::uint64_t finish() override;

 private:
  void insert();

  RowFeed* feed_;
  Context* context_;
  RowConverter converter_;
  RowPolicy* policy_;
  std::string statement_;
  std::vector<Batch> gathered_;
  std::size_t gathered_bytes_ = 0;
  std::uint64_t inserted_ = 0;
};

}  // namespace osiris::duckdb
