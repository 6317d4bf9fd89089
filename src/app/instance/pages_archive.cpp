#include "app/instance/pages_archive.h"

#include <zlib.h>

#include <cstdint>

#include "core/ensure.h"
#include "core/parse_number.h"

// The bytes of STAGEDOOR_PAGES, between two symbols. A compiler would take seconds for an array of that size.
asm(R"(
  .section .rodata
  .balign 16
  .global stagedoor_pages_begin
  .hidden stagedoor_pages_begin
stagedoor_pages_begin:
  .incbin ")" STAGEDOOR_PAGES R"("
  .global stagedoor_pages_end
  .hidden stagedoor_pages_end
stagedoor_pages_end:
  .byte 0
  .text
)");

extern "C" const char stagedoor_pages_begin[];  // NOLINT: names of the assembler
extern "C" const char stagedoor_pages_end[];    // NOLINT

namespace stagedoor {
namespace {

// Takes the text up to `end` from the front, and `end` itself.
std::string_view take(std::string_view& text, char end) {
  const std::size_t size = text.find(end);
  ensure(size != text.npos, "an archive of pages has complete lines");
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size + 1);
  return taken;
}

}  // namespace

std::string_view embedded_pages() {
  // Through integers: for the compiler they are two unrelated arrays.
  const auto begin = reinterpret_cast<std::uintptr_t>(stagedoor_pages_begin);
  const auto end = reinterpret_cast<std::uintptr_t>(stagedoor_pages_end);
  return {stagedoor_pages_begin, end - begin};
}

std::vector<PageFile> read_pages(std::string_view archive) {
  std::vector<PageFile> files;
  std::vector<std::size_t> sizes;
  if (archive.empty()) return files;
  for (std::string_view line = take(archive, '\n'); !line.empty(); line = take(archive, '\n')) {
    PageFile file;
    file.path = take(line, ' ');
    file.language = take(line, ' ');
    if (file.language == "-") file.language = {};
    const auto size = parse_number<std::size_t>(line);
    ensure(size.has_value(), "an archive of pages says the size of each file");
    files.push_back(file);
    sizes.push_back(*size);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    ensure(sizes[i] <= archive.size(), "an archive of pages is complete");
    files[i].gzip = archive.substr(0, sizes[i]);
    archive.remove_prefix(sizes[i]);
  }
  return files;
}

std::string unzip(std::string_view gzip) {
  ensure(gzip.size() > 4, "a compressed file ends with its size");
  std::uint32_t size = 0;  // the last four bytes, the lowest first
  for (int i = 1; i <= 4; ++i)
    size = size << 8 | static_cast<unsigned char>(gzip[gzip.size() - static_cast<std::size_t>(i)]);
  std::string out(size, '\0');
  z_stream stream{};
  ensure(inflateInit2(&stream, 15 + 16) == Z_OK, "zlib starts");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  ensure(result == Z_STREAM_END, "a file of the pages can be unpacked");
  return out;
}

}  // namespace stagedoor
