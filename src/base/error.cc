#include "base/error.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <execinfo.h>

#include "base/text.h"

namespace osiris {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUser:
      return "user";
    case ErrorKind::kConnection:
      return "connection";
    case ErrorKind::kData:
      return "data";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

Location Location::parse(const std::string& text) {
  Location location{text, 0, 0};
  for (int* const number : {&location.column, &location.line}) {
    const std::size_t colon = location.file.rfind(':');
    const auto value =
        colon == std::string::npos ? std::nullopt : parse_integer(location.file.substr(colon + 1));
    if (!value) break;
    *number = static_cast<int>(*value);
    location.file.resize(colon);
  }
  // "file:5" has a line and no column.
  if (location.line == 0) std::swap(location.line, location.column);
  return location;
}

std::string Location::to_string() const {
  if (line == 0) return file;
  return column == 0 ? cat(file, ':', line) : cat(file, ':', line, ':', column);
}

namespace {

/// Where the program is, innermost first, as addresses that addr2line reads.
std::vector<std::string> native_frames() {
  constexpr int kOwnFrames = 2;  // this function and the constructor that calls it
  std::array<void*, 32> addresses{};
  const int count = ::backtrace(addresses.data(), static_cast<int>(addresses.size()));
  const std::unique_ptr<char*, decltype(&std::free)> names(::backtrace_symbols(addresses.data(), count),
                                                           std::free);
  std::vector<std::string> frames;
  for (int index = kOwnFrames; names != nullptr && index < count; ++index)
    frames.emplace_back(names.get()[index]);
  return frames;
}

}  // namespace

Error::Error(ErrorKind kind, std::string code, std::string message, std::string hint)
    : kind_(kind), code_(std::move(code)), message_(std::move(message)), hint_(std::move(hint)) {
  if (kind == ErrorKind::kInternal) frames_ = native_frames();
}

Error&& Error::at(Location location) && {
  location_ = std::move(location);
  return std::move(*this);
}

Error&& Error::retryable(bool value) && {
  retryable_ = value;
  return std::move(*this);
}

void Error::set_step(const std::string& step) {
  if (step_.empty()) step_ = step;
}

void invariant(bool condition, std::string_view what_must_hold) {
  if (condition) return;
  throw Error(ErrorKind::kInternal, "internal.invariant", cat("broken invariant: ", what_must_hold),
              "this is a bug in osiris; please report it with the session folder");
}

Error as_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& foreign) {
    return {ErrorKind::kInternal, "internal.exception", cat("unexpected exception: ", foreign.what()),
            "this is a bug in osiris; please report it with the session folder"};
  }
}

void throw_errno(ErrorKind kind, const std::string& code, const std::string& message) {
  throw Error(kind, code, cat(message, ": ", std::strerror(errno)));
}

}  // namespace osiris
