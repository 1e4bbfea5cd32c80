#include "filesystem/text_encoding.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <iconv.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris::filesystem {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{16} << 10;
constexpr const char* kUtf8 = "UTF-8";
/// What stands for bytes that are no character.
constexpr char kNoCharacter = '\xFF';

void* const kNoHandle = reinterpret_cast<void*>(-1);

/// A name that the C library takes as an encoding and nothing more: it reads options after a slash.
bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  });
}

/// In these a byte's meaning depends on bytes long before it, so that no place can be found again.
bool keeps_state(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower.starts_with("iso-2022") || lower.starts_with("iso2022") || lower.starts_with("utf-7") ||
         lower.starts_with("utf7") || lower.starts_with("hz");
}

void* open_conversion(const std::string& to, const std::string& from, const std::string& encoding) {
  void* handle = kNoHandle;
  if (is_plain_name(encoding) && !keeps_state(encoding)) handle = ::iconv_open(to.c_str(), from.c_str());
  if (handle != kNoHandle) return handle;
  throw Error(ErrorKind::kUser, "config.invalid", cat("the encoding is not known: '", encoding, "'"),
              "names are such as utf-8, latin1, windows-1250, windows-1252, utf-16; `iconv -l` lists them");
}

std::size_t unit_bytes_of(std::string_view encoding) {
  const std::string lower = to_lower(encoding);
  if (lower.starts_with("utf-16") || lower.starts_with("utf16") || lower.starts_with("ucs-2")) return 2;
  if (lower.starts_with("utf-32") || lower.starts_with("utf32") || lower.starts_with("ucs-4")) return 4;
  return 1;
}

struct ByteOrder {
  std::string_view encoding, mark, name;
};

constexpr std::array<ByteOrder, 4> kByteOrders{{{"utf-16", "\xFF\xFE", "utf-16le"},
                                                {"utf-16", "\xFE\xFF", "utf-16be"},
                                                {"utf-32", std::string_view("\xFF\xFE\0\0", 4), "utf-32le"},
                                                {"utf-32", std::string_view("\0\0\xFE\xFF", 4), "utf-32be"}}};

}  // namespace

bool is_utf8(std::string_view encoding) {
  const std::string lower = to_lower(encoding);
  return lower == "utf-8" || lower == "utf8";
}

Conversion Conversion::to_utf8(const std::string& encoding) {
  return Conversion(open_conversion(kUtf8, encoding, encoding));
}

Conversion Conversion::from_utf8(const std::string& encoding) {
  return Conversion(open_conversion(encoding, kUtf8, encoding));
}

Conversion::Conversion(Conversion&& other) noexcept : handle_(std::exchange(other.handle_, kNoHandle)) {}

Conversion& Conversion::operator=(Conversion&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Conversion::~Conversion() {
  if (handle_ != kNoHandle) ::iconv_close(handle_);
}

Conversion::Outcome Conversion::run(std::string_view& in, char*& out, const char* out_end) {
  char* from = const_cast<char*>(in.data());
  std::size_t left = in.size();
  auto room = static_cast<std::size_t>(out_end - out);
  const std::size_t result = ::iconv(handle_, &from, &left, &out, &room);
  in.remove_prefix(in.size() - left);
  if (result != static_cast<std::size_t>(-1)) return Outcome::kDone;
  if (errno == E2BIG) return Outcome::kNoRoom;
  return errno == EINVAL ? Outcome::kCutOff : Outcome::kBadCharacter;
}

TextDecoder::TextDecoder(std::unique_ptr<ByteSource> source, const std::string& encoding,
                         const std::string& shown)
    : source_(std::move(source)), encoding_(encoding), unit_bytes_(unit_bytes_of(encoding)) {
  find_byte_order(shown);
  conversion_ = std::make_unique<Conversion>(Conversion::to_utf8(encoding_));
}

void TextDecoder::find_byte_order(const std::string& shown) {
  const std::string asked = to_lower(encoding_);
  const bool needs_mark = std::any_of(kByteOrders.begin(), kByteOrders.end(),
                                      [&](const ByteOrder& order) { return order.encoding == asked; });
  if (!needs_mark) return;
  constexpr std::size_t kMarkBytes = 4;
  while (pending_.size() < kMarkBytes && fill()) {
  }
  for (const ByteOrder& order : kByteOrders) {
    if (order.encoding != asked || !pending_.starts_with(order.mark)) continue;
    encoding_ = order.name;
    pending_.erase(0, order.mark.size());
    source_offset_ = order.mark.size();
    return;
  }
  throw Error(ErrorKind::kData, "file.encoding",
              cat("the file has no byte order mark, so ", asked, " says too little: '", shown, "'"),
              cat("say ", asked, "le or ", asked, "be"));
}

/// Reads another piece; false at the end of the source.
bool TextDecoder::fill() {
  if (is_at_end_) return false;
  const std::size_t had = pending_.size();
  pending_.resize(had + kPieceBytes);
  const std::size_t count = source_->read(pending_.data() + had, kPieceBytes);
  pending_.resize(had + count);
  is_at_end_ = count == 0;
  return !is_at_end_;
}

/// Decodes what fits into `room`. What is no character becomes kNoCharacter; the beginning of one at the end
/// waits for more, unless it is the last.
std::size_t TextDecoder::decode(Conversion& conversion, std::string_view& in, char* out, std::size_t room,
                                bool is_last) const {
  char* at = out;
  const char* const end = out + room;
  for (;;) {
    const Conversion::Outcome outcome = conversion.run(in, at, end);
    const bool is_bad =
        outcome == Conversion::Outcome::kBadCharacter || (outcome == Conversion::Outcome::kCutOff && is_last);
    if (!is_bad || at == end) return static_cast<std::size_t>(at - out);
    *at++ = kNoCharacter;
    in.remove_prefix(std::min(in.size(), unit_bytes_));
  }
}

bool TextDecoder::decode_piece() {
  const bool has_more = fill();
  if (pending_.empty()) return false;
  // No character takes more than four bytes in UTF-8, and no encoding puts more than four into one of its
  // own.
  decoded_.resize(4 * pending_.size());
  std::string_view rest = pending_;
  decoded_.resize(decode(*conversion_, rest, decoded_.data(), decoded_.size(), !has_more));
  taken_ = 0;
  const std::size_t used = pending_.size() - rest.size();
  pieces_.push_back(
      {decoded_offset_, decoded_offset_ + decoded_.size(), source_offset_, pending_.substr(0, used)});
  decoded_offset_ += decoded_.size();
  source_offset_ += used;
  pending_.erase(0, used);
  return has_more || !decoded_.empty();
}

std::size_t TextDecoder::read(char* buffer, std::size_t size) {
  while (taken_ == decoded_.size()) {
    if (!decode_piece()) return 0;
  }
  const std::size_t count = decoded_.copy(buffer, size, taken_);
  taken_ += count;
  return count;
}

/// Decodes the piece again, up to the place.
std::size_t TextDecoder::offset_in(const Piece& piece, std::uint64_t decoded_offset) const {
  Conversion conversion = Conversion::to_utf8(encoding_);
  std::string_view rest = piece.bytes;
  std::string text(decoded_offset - piece.decoded_begin, '\0');
  decode(conversion, rest, text.data(), text.size(), true);
  return piece.bytes.size() - rest.size();
}

std::uint64_t TextDecoder::source_offset(std::uint64_t decoded_offset) const {
  for (const Piece& piece : pieces_) {
    if (decoded_offset < piece.decoded_end) return piece.source_begin + offset_in(piece, decoded_offset);
  }
  return source_offset_;
}

std::string TextDecoder::source_bytes(std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t from = source_offset(begin), to = source_offset(end);
  std::string bytes;
  for (const Piece& piece : pieces_) {
    const std::uint64_t piece_end = piece.source_begin + piece.bytes.size();
    if (piece_end <= from || piece.source_begin >= to) continue;
    const std::uint64_t first = std::max(from, piece.source_begin), last = std::min(to, piece_end);
    bytes += piece.bytes.substr(first - piece.source_begin, last - first);
  }
  return bytes;
}

void TextDecoder::forget_before(std::uint64_t decoded_offset) {
  while (!pieces_.empty() && pieces_.front().decoded_end <= decoded_offset) pieces_.pop_front();
}

}  // namespace osiris::filesystem
