// The bpf() system call: maps, programs and raw tracepoints, without a library.
#ifndef TAPIO_KERNEL_BPF_H_
#define TAPIO_KERNEL_BPF_H_

#include <linux/bpf.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tapio::kernel {

// Owns a file descriptor. All that the kernel makes here is closed on exec.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

// All functions leave the reason of a failure in errno. Threads: any.

struct MapShape {
  bpf_map_type type;
  std::uint32_t key_bytes;
  std::uint32_t value_bytes;
  std::uint32_t entries;
};
UniqueFd CreateMap(const MapShape& shape, const char* name);
bool UpdateElement(int map, const void* key, const void* value);
// Of an array or hash.
bool LookUpElement(int map, const void* key, void* value);
// All values of an array of 8 bytes each, as many as `values` has.
bool LookUpAll(int map, std::vector<std::uint64_t>& values);

// A map of another program: by its path in a bpf file system, or by a descriptor, which is
// duplicated.
UniqueFd OpenPinned(const char* path);
UniqueFd DuplicateFd(int fd);
// False for what is no map, with EINVAL: the kernel would tell of a program, too, as if it were
// one.
bool ReadMapInfo(int map, bpf_map_info* info);

UniqueFd LoadProgram(const std::vector<bpf_insn>& instructions, const char* name,
                     bpf_prog_type type = BPF_PROG_TYPE_RAW_TRACEPOINT);
// Runs a program that filters packets once, on an empty packet.
bool RunProgram(int program);
// The program runs at the tracepoint until the descriptor is closed.
UniqueFd OpenRawTracepoint(const char* tracepoint, int program);

// CPU numbers are below it, as the kernel itself says; it may be far above the last one.
std::uint32_t CpuNumbers();
// CPU numbers in use are below it, as the system's files say; 1 where they do not.
std::uint32_t PossibleCpus();

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_BPF_H_
