#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osiris {

/// Says who must act on an error.
enum class ErrorKind {
  kUser,        ///< The pipeline, a flag or a config value is wrong: edit it.
  kConnection,  ///< A remote system refused or vanished: retry or fix access.
  kData,        ///< A value does not fit where it has to go.
  kInternal,    ///< A broken invariant of ours: report it.
};

/// The kind's word in events and JSON: user, connection, data, internal.
std::string_view to_string(ErrorKind kind);

/// A place in a file that a person wrote. Line and column start at 1; 0 means unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  /// Reads back what to_string() gives.
  static Location parse(const std::string& text);

  bool empty() const { return file.empty(); }
  /// "file:line:column", as far as known.
  std::string to_string() const;
};

/// The one exception of the program. Code is a row of docs/reference/errors.md, message says what is,
/// hint says what to do; both start small and end without a full stop.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string code, std::string message, std::string hint = {});

  /// An error at a place in a file.
  Error&& at(Location location) &&;
  /// Marks an error that may vanish when the same work is tried again.
  Error&& retryable(bool value = true) &&;

  ErrorKind kind() const { return kind_; }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const Location& location() const { return location_; }
  bool is_retryable() const { return retryable_; }
  /// Where the error passed, innermost first: "object 'x'", "component 'y'", "step 'z'".
  const std::vector<std::string>& frames() const { return frames_; }
  /// The step whose code failed; empty before a step is known.
  const std::string& step() const { return step_; }

  void add_frame(std::string frame) { frames_.push_back(std::move(frame)); }
  /// Names the failing step; the innermost caller wins.
  void set_step(const std::string& step);
  void set_location(Location location) { location_ = std::move(location); }

  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string code_, message_, hint_;
  Location location_;
  bool retryable_ = false;
  std::vector<std::string> frames_;
  std::string step_;
};

/// Runs work; an Error that leaves it gathers `frame`.
template <typename Work>
auto within(const std::string& frame, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (Error& error) {
    error.add_frame(frame);
    throw;
  }
}

/// Runs work; an Error that leaves it without a place gets this one.
template <typename Work>
auto located(const Location& location, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (Error& error) {
    if (error.location().empty()) error.set_location(location);
    throw;
  }
}

/// Throws kInternal when `condition` is false; stays on in release builds.
void invariant(bool condition, std::string_view what_must_hold);

/// The Error in a stored exception; a foreign one becomes kInternal "internal.exception".
Error as_error(const std::exception_ptr& failure);

/// Throws kInternal "system.*" or the given kind with the text of errno.
[[noreturn]] void throw_errno(ErrorKind kind, const std::string& code, const std::string& message);

}  // namespace osiris
