#if defined(__linux__)

#include "open_flags.h"

// The kernel's own, as the C library's O_LARGEFILE is 0.
#include <asm/fcntl.h>

#include <charconv>
#include <iterator>

namespace tapio::kernel {

namespace {

struct Flag {
  std::uint64_t bits;
  const char* name;
};

// Those of several bits before their parts.
constexpr Flag kFlags[] = {
    {O_CREAT, "O_CREAT"},     {O_EXCL, "O_EXCL"},           {O_NOCTTY, "O_NOCTTY"},
    {O_TRUNC, "O_TRUNC"},     {O_APPEND, "O_APPEND"},       {O_NONBLOCK, "O_NONBLOCK"},
    {O_SYNC, "O_SYNC"},       {O_DSYNC, "O_DSYNC"},         {FASYNC, "O_ASYNC"},
    {O_DIRECT, "O_DIRECT"},   {O_LARGEFILE, "O_LARGEFILE"}, {O_NOFOLLOW, "O_NOFOLLOW"},
    {O_NOATIME, "O_NOATIME"}, {O_CLOEXEC, "O_CLOEXEC"},     {O_PATH, "O_PATH"},
    {O_TMPFILE, "O_TMPFILE"}, {O_DIRECTORY, "O_DIRECTORY"},
};
constexpr const char* kAccess[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

}  // namespace

void AppendOpenFlags(std::uint64_t flags, std::string& target) {
  target += kAccess[flags & O_ACCMODE];
  flags &= ~std::uint64_t{O_ACCMODE};
  for (const Flag& flag : kFlags) {
    if ((flags & flag.bits) != flag.bits) continue;
    target += '|';
    target += flag.name;
    flags &= ~flag.bits;
  }
  if (flags == 0) return;
  char digits[16];
  target += "|0x";
  target.append(digits, std::to_chars(digits, std::end(digits), flags, 16).ptr);
}

}  // namespace tapio::kernel

#endif
