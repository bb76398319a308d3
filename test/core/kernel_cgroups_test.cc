// Cgroups on the real kernel, while this process lacks what it takes to ask. Skips, and says why,
// where no cgroup can be made.
#include "kernel/cgroups.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check.h"

using tapio::kernel::Cgroups;
using tapio::kernel::UniqueFd;

namespace {

// Of the root of the hierarchy.
constexpr std::uint32_t kRoot = 1;
constexpr char kContainer[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

const std::string kName = "/docker-" + std::string(kContainer) + ".scope";

// Where the hierarchy is that such a line of mountinfo tells; empty: nowhere.
std::string MountOf(const char* part) {
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.find(part) == std::string::npos) continue;
    std::size_t start = 0;
    for (int word = 0; word < 4; ++word) start = line.find(' ', start) + 1;
    return line.substr(start, line.find(' ', start) - start);
  }
  return {};
}

// A container's cgroup for as long as this lives.
class ContainerCgroup {
 public:
  explicit ContainerCgroup(const char* mount = " - cgroup2 ") : path_(MountOf(mount)) {
    if (path_.empty()) {
      std::printf("  skipped: no mount of%s\n", mount);
      return;
    }
    path_ += kName;
    struct stat status {};
    if (mkdir(path_.c_str(), 0755) != 0 || stat(path_.c_str(), &status) != 0) {
      std::printf("  skipped: %s\n", std::strerror(errno));
      return;
    }
    id_ = static_cast<std::uint32_t>(status.st_ino);
  }
  ~ContainerCgroup() {
    if (id_ != 0) rmdir(path_.c_str());
  }
  std::uint32_t id() const { return id_; }  // 0: there is none
  void Add(pid_t process) const { std::ofstream(path_ + "/cgroup.procs") << process; }

 private:
  std::string path_;
  std::uint32_t id_ = 0;
};

// A process that does nothing.
class Sleeper {
 public:
  Sleeper() : pid_(fork()) {
    if (pid_ == 0) {
      for (;;) pause();
    }
  }
  ~Sleeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  const pid_t pid_;
};

// Takes every descriptor that this process may still have.
class DescriptorHog {
 public:
  DescriptorHog() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &few);
    while (taken_.empty() || taken_.back().valid())
      taken_.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  ~DescriptorHog() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<UniqueFd> taken_;
};

// This thread may open nothing by its handle.
class NoHandles {
 public:
  NoHandles() {
    syscall(SYS_capget, &header_, before_);
    __user_cap_data_struct less[2] = {before_[0], before_[1]};
    less[0].effective &= ~(1U << CAP_DAC_READ_SEARCH);
    syscall(SYS_capset, &header_, less);
  }
  ~NoHandles() { syscall(SYS_capset, &header_, before_); }

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2]{};
};

}  // namespace

TEST(CgroupsAreFoundWhenTheProcessHasNoDescriptorLeft) {
  const ContainerCgroup cgroup;
  if (cgroup.id() == 0) return;
  Cgroups cgroups;
  const DescriptorHog hog;
  CHECK(cgroups.Find(kRoot, 0, 1).path == "/");
  CHECK(cgroups.Find(cgroup.id(), 0, 1).path == kName);
  CHECK(cgroups.Find(cgroup.id(), 0, 1).container == kContainer);
  CHECK(cgroups.IsContained(cgroup.id(), 0, 1));
  CHECK(cgroups.last_is_final());
}

TEST(AWantOfDescriptorsIsNoAnswer) {
  const ContainerCgroup cgroup;
  if (cgroup.id() == 0) return;
  std::optional<Cgroups> cgroups;
  {
    const DescriptorHog hog;
    cgroups.emplace();
    CHECK(cgroups->Find(cgroup.id(), 0, 1).path.empty());
    CHECK(!cgroups->last_is_final());
    CHECK(!cgroups->IsContained(cgroup.id(), 0, 1));
  }
  CHECK(cgroups->Find(cgroup.id(), 0, 1).path == kName);
  CHECK(cgroups->last_is_final());
  CHECK(cgroups->IsContained(cgroup.id(), 0, 1));
}

TEST(AWalkThatLackedDescriptorsIsNoAnswer) {
  const ContainerCgroup cgroup;
  if (cgroup.id() == 0) return;
  const NoHandles no_handles;
  Cgroups cgroups;
  {
    const DescriptorHog hog;
    CHECK(cgroups.Find(cgroup.id(), 0, 1).path.empty());
    CHECK(!cgroups.last_is_final());
  }
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (cgroups.Find(cgroup.id(), 0, 1).path.empty() && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(cgroups.Find(cgroup.id(), 0, 1).path == kName);
  CHECK(cgroups.last_is_final());
}

TEST(AContainerOfTheOldHierarchiesIsFoundWithoutADescriptorOrAfterwards) {
  const ContainerCgroup cgroup(" - cgroup cgroup rw,pids");
  if (cgroup.id() == 0) return;
  const Sleeper sleeper;
  cgroup.Add(sleeper.pid());
  const auto process = static_cast<std::uint32_t>(sleeper.pid());
  std::optional<Cgroups> early(std::in_place);
  std::optional<Cgroups> late;
  {
    const DescriptorHog hog;
    CHECK(early->IsContained(kRoot, process, 1));
    CHECK(early->Find(kRoot, process, 1).container == kContainer);
    late.emplace();
    CHECK(!late->IsContained(kRoot, process, 1));
  }
  CHECK(late->IsContained(kRoot, process, 1));
  CHECK(late->Find(kRoot, process, 1).container == kContainer);
}

TEST(ACgroupThatHasGoneHasNoPathForEver) {
  Cgroups cgroups;
  std::uint32_t id = 0;
  {
    const ContainerCgroup cgroup;
    id = cgroup.id();
  }
  if (id == 0) return;
  CHECK(cgroups.Find(id, 0, 1).path.empty());
  CHECK(!cgroups.IsContained(id, 0, 1));
}
