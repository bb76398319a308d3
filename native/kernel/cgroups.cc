#if defined(__linux__)

#include "cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "container_path.h"

namespace tapio::kernel {

namespace {

// Directories that are looked at for one inode.
constexpr std::size_t kMostDirectories = 20000;

// What was lacking may be there the next time: such an error is no answer.
bool IsWant(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

int OpenFile(const char* path) { return open(path, O_RDONLY | O_CLOEXEC); }

bool ReadAll(const UniqueFd& file, std::string& text) {
  char part[4096];
  for (;;) {
    const ssize_t bytes = read(file.get(), part, sizeof part);
    if (bytes == 0) return true;
    if (bytes > 0) {
      text.append(part, static_cast<std::size_t>(bytes));
    } else if (errno != EINTR) {
      return false;
    }
  }
}

template <typename Visit>
void EachLine(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
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

template <typename Attempt>
UniqueFd Cgroups::OpenWithSpare(Attempt&& attempt) {
  UniqueFd opened(attempt());
  if (opened.valid() || errno != EMFILE || !spare_.valid()) return opened;
  spare_.Reset();
  return UniqueFd(attempt());
}

// In one step, as others of this process are after a free descriptor as well.
void Cgroups::CloseAndSpare(UniqueFd descriptor) {
  if (spare_.valid() || !descriptor.valid() || !root_.valid()) return;
  if (dup3(root_.get(), descriptor.get(), O_CLOEXEC) >= 0) spare_ = std::move(descriptor);
}

bool Cgroups::ReadMounts() {
  constexpr char kMounts[] = "/proc/self/mountinfo";
  const UniqueFd file(OpenFile(kMounts));
  std::string mounts;
  if ((!file.valid() || !ReadAll(file, mounts)) && IsWant(errno)) return false;
  bool legacy = false;
  int error = 0;
  EachLine(mounts, [&](std::string_view line) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) return;
    const std::string_view type = Word(line.substr(dash + 3), 0);
    if (type == "cgroup") legacy = true;
    if (type != "cgroup2" || root_.valid()) return;
    root_path_ = Word(line, 4);
    root_ = UniqueFd(open(root_path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root_.valid()) error = errno;
  });
  if (!root_.valid() && IsWant(error)) return false;
  legacy_ = legacy;
  if (root_.valid()) spare_ = DuplicateFd(root_.get());
  return true;
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
  last_answered_ = last_place_ != nullptr;
  const bool told = !legacy_ || process == 0 || !place->container.empty();
  return told ? *place : FindProcess(process, time_ns, *place);
}

bool Cgroups::Decide(std::uint32_t id, std::uint32_t process, std::uint64_t time_ns) {
  const bool contained = !Find(id, process, time_ns).container.empty();
  if (!last_answered_) return contained;
  Verdict& verdict = verdicts_[(id ^ process) % kVerdicts];
  verdict = {last_is_final() ? ~std::uint64_t{0} : time_ns + kTrustNs, id, process, contained};
  return contained;
}

bool Cgroups::FindPath(std::uint32_t id, std::string& path) {
  if (id == 0) return true;
  mounts_known_ = mounts_known_ || ReadMounts();
  if (!mounts_known_ || !root_.valid()) return mounts_known_;
  if (may_open_ && FindOpened(id, path)) return true;
  return !may_open_ && FindWalked(id, path);
}

bool Cgroups::FindOpened(std::uint32_t id, std::string& path) {
  struct {
    std::uint32_t bytes = 8;
    std::int32_t type = 0xfe;  // an id of the file systems that the kernel makes
    std::uint64_t id = 0;
  } handle;
  handle.id = id;
  UniqueFd directory = OpenWithSpare([&] {
    return static_cast<int>(
        syscall(SYS_open_by_handle_at, root_.get(), &handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  });
  if (directory.valid()) {
    const bool read = ReadPath(directory, path);
    CloseAndSpare(std::move(directory));
    return read;
  }
  if (errno == ESTALE || errno == ENOENT) return true;
  // It takes CAP_DAC_READ_SEARCH, and a sandbox that knows the call.
  may_open_ = IsWant(errno);
  return false;
}

bool Cgroups::ReadPath(const UniqueFd& directory, std::string& path) const {
  const std::string link = "/proc/self/fd/" + std::to_string(directory.get());
  char text[4096];
  const ssize_t length = readlink(link.c_str(), text, sizeof text);
  if (length <= 0) return false;
  if (length == sizeof text) return true;
  std::string_view found(text, static_cast<std::size_t>(length));
  constexpr std::string_view kDeleted = " (deleted)";
  if (found.size() > kDeleted.size() && found.substr(found.size() - kDeleted.size()) == kDeleted)
    found.remove_suffix(kDeleted.size());
  if (found.substr(0, root_path_.size()) != root_path_) return true;
  found.remove_prefix(root_path_.size());
  path = found.empty() ? "/" : std::string(found);
  return true;
}

bool Cgroups::FindWalked(std::uint64_t inode, std::string& path) {
  auto found = walked_.find(inode);
  if (found == walked_.end()) {
    const auto now = std::chrono::steady_clock::now();
    if (now - walked_at_ < kBetweenWalks) return false;
    const bool whole = Walk();
    walked_at_ = now;
    found = walked_.find(inode);
    // What a whole walk has not met has gone.
    if (found == walked_.end()) return whole;
  }
  path = found->second;
  return true;
}

// The inode of a cgroup's directory is its id. One walk finds all, as it costs as much as to find
// one.
bool Cgroups::Walk() {
  walked_.clear();
  std::vector<std::string> paths = {""};
  bool whole = true;
  for (std::size_t i = 0; i < paths.size() && i < kMostDirectories; ++i) {
    DIR* const directory = opendir((root_path_ + paths[i]).c_str());
    if (directory == nullptr) {
      whole = whole && errno == ENOENT;
      continue;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of one thread
    while (const dirent* entry = readdir(directory)) {
      const std::string_view name(entry->d_name);
      if (name == ".") walked_.emplace(entry->d_ino, paths[i].empty() ? "/" : paths[i]);
      if (entry->d_type == DT_DIR && name != "." && name != "..")
        paths.push_back(paths[i] + '/' + entry->d_name);
    }
    closedir(directory);
  }
  return whole && paths.size() <= kMostDirectories;
}

// On a host with hierarchies of cgroup v1 a container may have a cgroup of its own in those only.
// Of all its paths the longest one that tells a container counts.
const Place& Cgroups::FindProcess(std::uint32_t number, std::uint64_t time_ns,
                                  const Place& otherwise) {
  Process& process = processes_[number % kProcesses];
  // A record of another CPU may be older than the one before.
  if (process.number != number || time_ns >= process.seen + kTrustNs) {
    const std::string path = "/proc/" + std::to_string(number) + "/cgroup";
    UniqueFd file = OpenWithSpare([&] { return OpenFile(path.c_str()); });
    std::string text;
    const bool answered = (file.valid() && ReadAll(file, text)) || !IsWant(errno);
    CloseAndSpare(std::move(file));
    // Without an answer the next event asks again.
    last_answered_ = last_answered_ && answered;
    process.number = answered ? number : 0;
    process.seen = time_ns;
    process.place = otherwise;
    std::string_view longest;
    EachLine(text, [&](std::string_view line) {
      const std::size_t second = line.find(':', line.find(':') + 1);
      if (second == std::string_view::npos) return;
      const std::string_view own = line.substr(second + 1);
      if (own.size() > longest.size() && !ContainerIn(own).empty()) longest = own;
    });
    process.place.container = ContainerIn(longest);
    if (process.place.path.empty()) process.place.path = longest;
  }
  return process.place;
}

}  // namespace tapio::kernel

#endif
