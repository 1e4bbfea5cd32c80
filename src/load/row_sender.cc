#include "load/row_sender.h"

#include "load/bad_row_search.h"

namespace osiris {

RowSender::RowSender(LoadTarget& target, const Schema& schema, const TableMatch& match,
                     bool leaves_out_bad_rows, BadRows& bad_rows)
    : target_(target),
      schema_(schema),
      match_(match),
      leaves_out_bad_rows_(leaves_out_bad_rows),
      bad_rows_(bad_rows) {}

void RowSender::begin(std::string table, bool is_staged) {
  table_ = std::move(table);
  is_staged_ = is_staged;
  acknowledged_rows_ = 0;
}

void RowSender::send(const Batch& batch, std::size_t begin, std::size_t end, std::uint64_t load_row) {
  bad_rows_.place_batch(load_row, begin);
  if (leaves_out_bad_rows_) return send_without_bad_rows(batch, begin, end, load_row);
  if (!sink_) sink_ = open_sink(load_row);
  sink_->write(batch, begin, end);
}

std::uint64_t RowSender::finish() {
  if (sink_) acknowledged_rows_ += sink_->finish();
  sink_.reset();
  return acknowledged_rows_;
}

std::unique_ptr<RowSink> RowSender::open_sink(std::uint64_t load_row) {
  bad_rows_.begin_sink(load_row);
  const auto first_staged = is_staged_ ? std::optional(acknowledged_rows_) : std::nullopt;
  return target_.open_sink(table_, schema_, match_, first_staged, bad_rows_);
}

void RowSender::send_without_bad_rows(const Batch& batch, std::size_t begin, std::size_t end,
                                      std::uint64_t load_row) {
  std::uint64_t acknowledged = 0;
  const RowRangeWork sending{[&](std::uint64_t from, std::uint64_t to) {
                               bad_rows_.drop_piece();
                               const auto sink = open_sink(load_row + (from - begin));
                               sink->write(batch, from, to);
                               acknowledged = sink->finish();
                             },
                             [&] {
                               acknowledged_rows_ += acknowledged;
                               bad_rows_.keep_piece();
                             },
                             [&](std::uint64_t row, const Error& reason) {
                               bad_rows_.drop_piece();
                               bad_rows_.refuse(batch, row, std::nullopt, reason);
                               bad_rows_.keep_piece();
                             }};
  leave_out_bad_rows(target_, sending, begin, end);
}

}  // namespace osiris
