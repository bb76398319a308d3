#if defined(__linux__)

#include "pin_watch.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>

namespace tapio::kernel {

namespace {

// 0: there is none.
std::uint64_t InodeAt(const char* path) {
  // Not by stat(), of which newer libraries have a version that old systems lack.
  struct statx status {};
  return syscall(SYS_statx, AT_FDCWD, path, 0, STATX_INO, &status) == 0 ? status.stx_ino : 0;
}

// The kernel never gives an id twice before it has given out all. 0: it is no map.
std::uint32_t IdOf(int map) {
  bpf_map_info info;
  return ReadMapInfo(map, &info) ? info.id : 0;
}

}  // namespace

PinWatch::PinWatch(std::string path, int ring) : path_(std::move(path)), map_(IdOf(ring)) {}

bool PinWatch::Replaced(UniqueFd& successor) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return false;
  next_look_ = now + kEvery;
  // Each pin has an inode of its own, and looking at it costs less than opening the map.
  const std::uint64_t inode = InodeAt(path_.c_str());
  if (inode == 0 || inode == inode_) return false;
  UniqueFd map = OpenPinned(path_.c_str());
  // Gone again.
  if (!map.valid() && InodeAt(path_.c_str()) != inode) return false;
  if (map.valid() && IdOf(map.get()) == map_) {
    inode_ = inode;
    return false;
  }
  successor = std::move(map);
  return true;
}

}  // namespace tapio::kernel

#endif
