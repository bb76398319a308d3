// Paths and containers of the kernel's cgroup ids.
#ifndef TAPIO_KERNEL_CGROUPS_H_
#define TAPIO_KERNEL_CGROUPS_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "bpf.h"

namespace tapio::kernel {

// Where a task is. Empty: not known, or none.
struct Place {
  std::string path;       // of its cgroup, from the root of the hierarchy
  std::string container;  // its id
};

// Threads: one.
// Guarantees: looks an id up once. The kernel gives no id of a cgroup out twice, so that what was
//   found stays right after the cgroup has gone; one that went before it was looked up has no path.
//   Where no cgroup may be opened by its id, one that came since the last walk through all of them
//   is told after the next one.
// Memory: up to kMost places; then it begins anew.
class Cgroups {
 public:
  Cgroups();

  // `id`: in the unified hierarchy; 0: not known. `process`: its number in /proc, 0: it has none;
  // it is looked at where containers are told by other hierarchies only (cgroup v1). Valid until
  // the next call.
  const Place& Find(std::uint32_t id, std::uint32_t process, std::uint64_t time_ns);

 private:
  static constexpr std::size_t kMost = 4096;
  // How long it is believed that a process is where it was, which no id tells.
  static constexpr std::uint64_t kTrustNs = 1'000'000'000;
  static constexpr std::size_t kProcesses = 1024;

  struct Process {
    std::uint32_t number = 0;
    std::uint64_t seen = 0;
    Place place;
  };

  // How long the reader of events is left in peace between two walks through all cgroups.
  static constexpr std::chrono::seconds kBetweenWalks{1};

  void ReadMounts();
  // False: not to be told yet.
  bool FindPath(std::uint32_t id, std::string& path);
  std::string PathOf(const UniqueFd& directory) const;
  bool FindWalked(std::uint64_t inode, std::string& path);
  void Walk();
  const Place& FindProcess(std::uint32_t number, std::uint64_t time_ns, const Place& otherwise);

  UniqueFd root_;          // of the unified hierarchy
  std::string root_path_;  // where it is mounted
  bool legacy_ = false;    // there are other hierarchies
  std::unordered_map<std::uint32_t, Place> places_;
  std::uint32_t last_ = 0;
  const Place* last_place_ = nullptr;
  std::array<Process, kProcesses> processes_;
  const Place nowhere_;
  bool may_open_ = true;  // by handle
  std::unordered_map<std::uint64_t, std::string> walked_;
  std::chrono::steady_clock::time_point walked_at_{};
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_CGROUPS_H_
