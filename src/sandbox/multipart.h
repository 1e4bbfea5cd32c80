#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace osiris::sandbox {

/// Hands out bytes piece by piece, each valid until the next call; an empty one is the end.
using PieceSource = std::function<std::string_view()>;

/// One part of a form.
struct FormPart {
  std::string name;                     ///< of the field
  std::optional<std::string> filename;  ///< as it was sent, folders and all
};

/// Takes a body of type multipart/form-data apart while it comes; nothing of it is kept.
/// Errors: kUser "http.bad_request". Source: RFC 7578; RFC 2046, section 5.1.
class MultipartReader {
 public:
  MultipartReader(PieceSource source, std::string_view boundary);

  /// The next part, whatever is left of the one before; nothing after the last.
  std::optional<FormPart> next_part();
  /// The next piece of the part; empty at its end.
  std::string_view read();

 private:
  void fill();
  std::string_view take_line();
  FormPart read_head();

  PieceSource source_;
  std::string delimiter_;  ///< with the end of the line before it
  std::string buffer_;
  std::size_t at_ = 0;
  bool is_in_part_ = true;  ///< what comes before the first one is a part that nobody wants
  bool is_last_ = false;
};

/// The parameter of a header like `form-data; name="file"`; nothing where there is none. A backslash within
/// quotes stands for itself, unless a quote or another one follows.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

}  // namespace osiris::sandbox
