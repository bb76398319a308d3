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
// Guarantees: looks an id up until the kernel answers, which it does once. It gives no id of a
//   cgroup out twice, so that what was found stays right after the cgroup has gone; one that went
//   before it was looked up has no path. A want of descriptors or memory is no answer; one
//   descriptor is kept in reserve for this. Where no cgroup may be opened by its id, one that came
//   since the last walk through all of them is told after the next one.
// Memory: up to kMost places; then it begins anew.
class Cgroups {
 public:
  Cgroups() { mounts_known_ = ReadMounts(); }

  // `id`: in the unified hierarchy; 0: not known. `process`: its number in /proc, 0: it has none;
  // it is looked at where containers are told by other hierarchies only (cgroup v1). Valid until
  // the next call.
  const Place& Find(std::uint32_t id, std::uint32_t process, std::uint64_t time_ns);

  // Whether it is in a container: the same, but quick, as most tasks are where they were.
  bool IsContained(std::uint32_t id, std::uint32_t process, std::uint64_t time_ns) {
    if (!legacy_) process = 0;
    const Verdict& verdict = verdicts_[(id ^ process) % kVerdicts];
    if (verdict.id == id && verdict.process == process && time_ns < verdict.until)
      return verdict.contained;
    return Decide(id, process, time_ns);
  }
  // Whether what the last call of Find found holds for every task with that id, for ever.
  bool last_is_final() const {
    return last_ != 0 && last_place_ != nullptr && (!legacy_ || !last_place_->container.empty());
  }

 private:
  static constexpr std::size_t kMost = 4096;
  // How long it is believed that a process is where it was, which no id tells.
  static constexpr std::uint64_t kTrustNs = 1'000'000'000;
  static constexpr std::size_t kProcesses = 1024;

  static constexpr std::size_t kVerdicts = 256;

  struct Verdict {
    std::uint64_t until = 0;
    std::uint32_t id = 0;
    std::uint32_t process = 0;
    bool contained = false;
  };
  struct Process {
    std::uint32_t number = 0;
    std::uint64_t seen = 0;
    Place place;
  };

  // How long the reader of events is left in peace between two walks through all cgroups.
  static constexpr std::chrono::seconds kBetweenWalks{1};

  // These return false where the answer is not to be had yet.
  bool ReadMounts();
  bool FindPath(std::uint32_t id, std::string& path);
  bool FindOpened(std::uint32_t id, std::string& path);
  bool FindWalked(std::uint64_t inode, std::string& path);
  bool ReadPath(const UniqueFd& directory, std::string& path) const;
  // Whether it has seen all of them.
  bool Walk();

  // What `attempt` opens, with the spare descriptor where the process has no other.
  template <typename Attempt>
  UniqueFd OpenWithSpare(Attempt&& attempt);
  void CloseAndSpare(UniqueFd descriptor);

  bool Decide(std::uint32_t id, std::uint32_t process, std::uint64_t time_ns);
  const Place& FindProcess(std::uint32_t number, std::uint64_t time_ns, const Place& otherwise);

  bool mounts_known_ = false;
  UniqueFd root_;          // of the unified hierarchy
  std::string root_path_;  // where it is mounted
  bool legacy_ = true;     // there are other hierarchies, or it is not known yet
  UniqueFd spare_;
  std::unordered_map<std::uint32_t, Place> places_;
  std::uint32_t last_ = 0;
  const Place* last_place_ = nullptr;
  bool last_answered_ = false;  // by the kernel, about all that was asked
  std::array<Process, kProcesses> processes_;
  std::array<Verdict, kVerdicts> verdicts_;
  const Place nowhere_;
  bool may_open_ = true;  // by handle
  std::unordered_map<std::uint64_t, std::string> walked_;
  std::chrono::steady_clock::time_point walked_at_{};
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_CGROUPS_H_
