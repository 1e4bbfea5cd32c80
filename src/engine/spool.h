#pragma once

#include <memory>
#include <optional>

#include "engine/engine.h"
#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// Rows that are kept whole, so that several read them, each in its own time: a table of the engine, which
/// spills beyond its memory limit. The values come out as they went in.
class Spool {
 public:
  /// Errors: kUser "engine.missing", "engine.version".
  Spool(const Schema& schema, const SqlOptions& options);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  /// Takes all rows of a stream. Called once, before anybody reads.
  /// Errors: what `next` threw, unchanged; kData "sql.out_of_memory", "sql.io".
  void fill(std::function<std::optional<Batch>()> next);

  /// All rows, in the order in which they came.
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual std::optional<Batch> next() = 0;
  };
  /// For a thread of its own. The spool outlives it, and so does `cancellation`.
  std::unique_ptr<Reader> read(Cancellation& cancellation) const;

 private:
  class Table;
  std::unique_ptr<Table> table_;
};

}  // namespace osiris
