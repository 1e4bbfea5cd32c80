#include "sandbox/multipart.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/text.h"

namespace osiris::sandbox {
namespace {

/// Hands out a text `step` bytes at a time.
PieceSource source_of(std::string_view text, std::size_t step) {
  return [text, step]() mutable {
    const std::string_view piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    return piece;
  };
}

/// "name(filename)=content|" for each part.
std::string parts_of(std::string_view body, std::size_t step, bool reads_content = true) {
  MultipartReader reader(source_of(body, step), "XX");
  std::string text;
  while (const auto part = reader.next_part()) {
    text += cat(part->name, "(", part->filename.value_or("-"), ")=");
    if (reads_content) {
      for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read()) text += piece;
    }
    text += "|";
  }
  return text;
}

TEST(MultipartReader, Takes_parts_apart_however_they_come) {
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a/b.txt\"\r\nContent-Type: "
      "text/plain\r\n\r\n"
      "one\r\n--X\r\n-two\r\r\n--XX  \r\ncontent-disposition: form-data; "
      "name=other\r\n\r\n\r\n--XX\r\n\r\nlast"
      "\r\n--XX--\r\nwhatever";
  for (const std::size_t step : {1U, 2U, 3U, 5U, 11U, 1000U}) {
    EXPECT_EQ(parts_of(body, step), "file(a/b.txt)=one\r\n--X\r\n-two\r|other(-)=|(-)=last|") << step;
    EXPECT_EQ(parts_of(body, step, false), "file(a/b.txt)=|other(-)=|(-)=|") << step;
    EXPECT_EQ(parts_of("read over\r\n--XX--", step), "");
  }
}

TEST(MultipartReader, Keeps_every_byte_of_a_large_part) {
  std::string content;
  for (int count = 0; count < 100'000; ++count) content += static_cast<char>(count * 7 % 251);
  content += "\r\n--X";
  const std::string body = cat("--XX\r\nA: b\r\n\r\n", content, "\r\n--XX--\r\n");
  EXPECT_EQ(parts_of(body, 4096), cat("(-)=", content, "|"));
}

TEST(MultipartReader, Refuses_a_form_that_is_none) {
  for (const char* body :
       {"", "--XX", "--XX\r\n", "--XX\r\nA: b\r\n\r\nabc", "--XX\r\nA: b\r\n\r\nabc\r\n--XX",
        "--XX\r\nno name\r\n\r\nabc\r\n--XX--", "--XXY\r\nA: b\r\n\r\nabc\r\n--XX--", "--YY--"}) {
    EXPECT_TRUE(error_of([&] { parts_of(body, 3); }).starts_with("http.bad_request: error reading form: "))
        << body;
  }
  const std::string endless = cat("--XX\r\nA: ", std::string(100'000, 'a'));
  EXPECT_EQ(error_of([&] { parts_of(endless, 100); }),
            "http.bad_request: error reading form: the head of a part is too long");
  std::string many = "--XX\r\n";
  for (int count = 0; count < 2000; ++count) many += "Header: value\r\n";
  EXPECT_EQ(error_of([&] { parts_of(many, 100); }),
            "http.bad_request: error reading form: the head of a part is too long");
  EXPECT_EQ(error_of([] { MultipartReader(source_of("", 1), ""); }),
            "http.bad_request: error reading form: it has no proper boundary");
}

TEST(MultipartReader, Reads_parameters_of_headers) {
  const std::string header = R"(form-data; name="file"; Filename="a \"b\" c\\d;x.txt"; last=y ; broken)";
  EXPECT_EQ(header_parameter(header, "name"), "file");
  EXPECT_EQ(header_parameter(header, "filename"), R"(a "b" c\d;x.txt)");
  EXPECT_EQ(header_parameter(header, "last"), "y");
  EXPECT_EQ(header_parameter(header, "none"), std::nullopt);
  EXPECT_EQ(header_parameter(R"(x; filename="C:\temp\f")", "filename"), R"(C:\temp\f)");
  EXPECT_EQ(header_parameter(R"(x; filename="open)", "filename"), "open");
  EXPECT_EQ(header_parameter("multipart/form-data; boundary=----x", "boundary"), "----x");
  EXPECT_EQ(header_parameter("name=\"file\"", "name"), std::nullopt);
}

}  // namespace
}  // namespace osiris::sandbox
