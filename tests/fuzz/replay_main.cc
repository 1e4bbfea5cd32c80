// Runs one fuzz target over a folder of inputs, with any compiler: no libFuzzer needed.
// The last line counts; a crash ends the program after the line that names the input.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2 || !std::filesystem::is_directory(arguments[1])) {
    std::cerr << "usage: " << arguments[0] << " CORPUS\n";
    return 2;
  }
  // The empty input belongs to every corpus.
  LLVMFuzzerTestOneInput(nullptr, 0);
  int passed = 1;
  for (const std::filesystem::path& path : files_of(arguments[1])) {
    std::cout << path.string() << std::endl;
    const std::string content = content_of(path);
    LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char*>(content.data()), content.size());
    ++passed;
  }
  std::cout << passed << " passed, 0 failed\n";
  return 0;
}
