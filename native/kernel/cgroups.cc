#if defined(__linux__)

#include "cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "container_path.h"

namespace tapio::kernel {

namespace {

// Directories that are looked at for one inode.
constexpr std::size_t kMostDirectories = 20000;

template <typename Visit>
void EachLine(const char* path, Visit&& visit) {
  std::FILE* const file = std::fopen(path, "re");
  if (file == nullptr) return;
  char* line = nullptr;
  std::size_t room = 0;
  for (ssize_t size = 0; (size = getline(&line, &room, file)) > 0;) {
    const auto length = static_cast<std::size_t>(size);
    visit(std::string_view(line, line[length - 1] == '\n' ? length - 1 : length));
  }
  std::free(line);
  std::fclose(file);
}

// Word n of a line, from 0.
std::string_view Word(std::string_view line, int n) {
  for (; n > 0; --n) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return {};
    line.remove_prefix(space + 1);
  }
  return line.substr(0, line.find(' '));
}

}  // namespace

Cgroups::Cgroups() { ReadMounts(); }

void Cgroups::ReadMounts() {
  EachLine("/proc/self/mountinfo", [this](std::string_view line) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) return;
    const std::string_view type = Word(line.substr(dash + 3), 0);
    if (type == "cgroup") legacy_ = true;
    if (type != "cgroup2" || root_.valid()) return;
    root_path_ = Word(line, 4);
    root_ = UniqueFd(open(root_path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  });
}

const Place& Cgroups::Find(std::uint32_t id, std::uint32_t process, std::uint64_t time_ns) {
  const Place* place = last_place_;
  if (id != last_ || place == nullptr) {
    auto found = places_.find(id);
    Place made;
    if (found == places_.end() && FindPath(id, made.path)) {
      if (places_.size() == kMost) places_.clear();
      made.container = ContainerIn(made.path);
      found = places_.emplace(id, std::move(made)).first;
    }
    const bool known = found != places_.end();
    place = known ? &found->second : &nowhere_;
    last_ = id;
    last_place_ = known ? place : nullptr;
  }
  const bool told = !legacy_ || process == 0 || !place->container.empty();
  return told ? *place : FindProcess(process, time_ns, *place);
}

bool Cgroups::FindPath(std::uint32_t id, std::string& path) {
  if (id == 0 || !root_.valid()) return true;
  if (may_open_) {
    struct {
      std::uint32_t bytes = 8;
      std::int32_t type = 0xfe;  // an id of the file systems that the kernel makes
      std::uint64_t id = 0;
    } handle;
    handle.id = id;
    const UniqueFd directory(static_cast<int>(
        syscall(SYS_open_by_handle_at, root_.get(), &handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    // It takes CAP_DAC_READ_SEARCH.
    may_open_ = directory.valid() || errno != EPERM;
    if (directory.valid()) path = PathOf(directory);
  }
  return may_open_ || FindWalked(id, path);
}

std::string Cgroups::PathOf(const UniqueFd& directory) const {
  const std::string link = "/proc/self/fd/" + std::to_string(directory.get());
  char text[4096];
  const ssize_t length = readlink(link.c_str(), text, sizeof text);
  if (length <= 0 || length == sizeof text) return {};
  std::string_view path(text, static_cast<std::size_t>(length));
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.size() > kDeleted.size() && path.substr(path.size() - kDeleted.size()) == kDeleted)
    path.remove_suffix(kDeleted.size());
  if (path.substr(0, root_path_.size()) != root_path_) return {};
  path.remove_prefix(root_path_.size());
  return path.empty() ? "/" : std::string(path);
}

bool Cgroups::FindWalked(std::uint64_t inode, std::string& path) {
  auto found = walked_.find(inode);
  if (found == walked_.end()) {
    const auto now = std::chrono::steady_clock::now();
    if (now - walked_at_ < kBetweenWalks) return false;
    Walk();
    walked_at_ = now;
    found = walked_.find(inode);
  }
  // What this walk has not met has gone.
  if (found != walked_.end()) path = found->second;
  return true;
}

// The inode of a cgroup's directory is its id. One walk finds all, as it costs as much as to find
// one.
void Cgroups::Walk() {
  walked_.clear();
  std::vector<std::string> paths = {""};
  for (std::size_t i = 0; i < paths.size() && i < kMostDirectories; ++i) {
    DIR* const directory = opendir((root_path_ + paths[i]).c_str());
    if (directory == nullptr) continue;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of one thread
    while (const dirent* entry = readdir(directory)) {
      const std::string_view name(entry->d_name);
      if (name == ".") walked_.emplace(entry->d_ino, paths[i].empty() ? "/" : paths[i]);
      if (entry->d_type == DT_DIR && name != "." && name != "..")
        paths.push_back(paths[i] + '/' + entry->d_name);
    }
    closedir(directory);
  }
}

// On a host with hierarchies of cgroup v1 a container may have a cgroup of its own in those only.
// Of all its paths the longest one that tells a container counts.
const Place& Cgroups::FindProcess(std::uint32_t number, std::uint64_t time_ns,
                                  const Place& otherwise) {
  Process& process = processes_[number % kProcesses];
  // A record of another CPU may be older than the one before.
  if (process.number != number || time_ns >= process.seen + kTrustNs) {
    process.number = number;
    process.seen = time_ns;
    process.place = otherwise;
    std::string longest;
    EachLine(("/proc/" + std::to_string(number) + "/cgroup").c_str(), [&](std::string_view line) {
      const std::size_t second = line.find(':', line.find(':') + 1);
      if (second == std::string_view::npos) return;
      const std::string_view path = line.substr(second + 1);
      if (path.size() <= longest.size() || ContainerIn(path).empty()) return;
      longest = path;
    });
    process.place.container = ContainerIn(longest);
    if (process.place.path.empty()) process.place.path = longest;
  }
  return process.place;
}

}  // namespace tapio::kernel

#endif
