#include "sandbox/multipart.h"

#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

constexpr std::size_t kMostPartHeadBytes = 16 << 10;

[[noreturn]] void refuse_form_body(const char* why) {
  throw Error(ErrorKind::kUser, "http.bad_request", cat("error reading form: ", why));
}

/// The value at the beginning of `text`, which gets shorter by it.
std::string take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find(';'), text.size());
    value = trim(text.substr(0, end));
    text.remove_prefix(end);
    return value;
  }
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1 && (text[1] == '"' || text[1] == '\\')) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  text.remove_prefix(std::min(text.find(';'), text.size()));
  return value;
}

}  // namespace

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
  header.remove_prefix(std::min(header.find(';'), header.size()));
  while (header.starts_with(';')) {
    header.remove_prefix(1);
    const std::size_t equals = header.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string key = to_lower(trim(header.substr(0, equals)));
    header.remove_prefix(equals + 1);
    const std::string value = take_value(header);
    if (key == name) return value;
  }
  return std::nullopt;
}

MultipartReader::MultipartReader(PieceSource source, std::string_view boundary)
    // The first delimiter may stand at the very beginning, with no line before it.
    : source_(std::move(source)), delimiter_(cat("\r\n--", boundary)), buffer_("\r\n") {
  constexpr std::size_t kMostBoundaryBytes = 200;
  if (boundary.empty() || boundary.size() > kMostBoundaryBytes) refuse_form_body("it has no proper boundary");
}

void MultipartReader::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::string_view piece = source_();
  if (piece.empty()) refuse_form_body("it ends before its last part does");
  buffer_ += piece;
}

std::string_view MultipartReader::read() {
  while (is_in_part_) {
    const char* const begin = buffer_.data() + at_;
    const std::size_t size = buffer_.size() - at_;
    const void* const found = ::memmem(begin, size, delimiter_.data(), delimiter_.size());
    // What may be the beginning of a delimiter waits for the rest.
    std::size_t piece = size < delimiter_.size() ? 0 : size - delimiter_.size() + 1;
    if (found != nullptr) {
      piece = static_cast<std::size_t>(static_cast<const char*>(found) - begin);
      if (piece == 0) {
        at_ += delimiter_.size();
        is_in_part_ = false;
        break;
      }
    }
    if (piece > 0) {
      at_ += piece;
      return {begin, piece};
    }
    fill();
  }
  return {};
}

/// The next line of a part's head, without its end; valid until the next call.
std::string_view MultipartReader::take_line() {
  std::size_t end = buffer_.find("\r\n", at_);
  while (end == std::string::npos) {
    if (buffer_.size() - at_ > kMostPartHeadBytes) refuse_form_body("the head of a part is too long");
    fill();
    end = buffer_.find("\r\n", at_);
  }
  const std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 2;
  return line;
}

FormPart MultipartReader::read_head() {
  FormPart part;
  std::size_t size = 0;
  for (;;) {
    const std::string_view line = take_line();
    if (line.empty()) return part;
    size += line.size();
    if (size > kMostPartHeadBytes) refuse_form_body("the head of a part is too long");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) refuse_form_body("a header of a part has no name");
    if (to_lower(line.substr(0, colon)) != "content-disposition") continue;
    part.name = header_parameter(line.substr(colon + 1), "name").value_or("");
    part.filename = header_parameter(line.substr(colon + 1), "filename");
  }
}

std::optional<FormPart> MultipartReader::next_part() {
  while (!read().empty()) {
  }
  if (is_last_) return std::nullopt;
  while (buffer_.size() - at_ < 2) fill();
  if (buffer_.compare(at_, 2, "--") == 0) {
    is_last_ = true;
    return std::nullopt;
  }
  if (!is_blank(take_line())) refuse_form_body("something follows a boundary on its line");
  FormPart part = read_head();
  is_in_part_ = true;
  return part;
}

}  // namespace osiris::sandbox
