// The records that the tracer's programs write.
#ifndef TAPIO_KERNEL_TRACER_RECORD_H_
#define TAPIO_KERNEL_TRACER_RECORD_H_

#include <cstddef>
#include <cstdint>

namespace tapio::kernel {

// What is traced. The numbers are those of KERNEL_EVENTS in lib/kernel/tracer-shapes.ts.
enum class Probe : std::uint32_t {
  kSyscall,
  kSyscallEnter,
  kExec,
  kExit,
  kFork,
  kOpen,
  kConnect,
  kAccept
};
inline constexpr std::size_t kProbes = 8;

// What each record begins with. lib/kernel/tracer-shapes.ts describes it once more, as a layout
// like that of any foreign program.
struct TracerRecord {
  std::uint64_t time_ns;  // CLOCK_BOOTTIME
  std::uint32_t tid;
  std::uint32_t pid;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint32_t cpu;
  std::uint32_t kind;         // Probe, with the bits below
  std::int64_t return_value;  // kSyscall; kExit: the wait status, if `started` is known
  std::uint32_t syscall;      // kSyscall, kSyscallEnter; kCompatBit or kNoNumber, see machine.h
  std::uint32_t cgroup;       // the task's, in the unified hierarchy; 0: not known
  char comm[16];
};
static_assert(sizeof(TracerRecord) == 64, "eight-byte fields, no padding");

// Bits of `kind`, as KIND_BITS in lib/kernel/tracer-shapes.ts.
inline constexpr std::uint32_t kProbeMask = 7;
inline constexpr std::int32_t kNoReturnBit = 1 << 3;     // return_value is none of the call's
inline constexpr std::int32_t kInterruptedBit = 1 << 4;  // it is the kernel's own, for restarting
inline constexpr std::int32_t kForeignBit = 1 << 5;      // tid and pid are the initial namespace's
// Added by the reader: a system call of a task in a container.
inline constexpr std::uint32_t kContainedBit = 1 << 6;

// Behind it in records of kExec, kExit and kFork, zeros where the kernel does not tell its types.
struct ProcessDetails {
  std::uint64_t started;  // CLOCK_BOOTTIME; kExit
  std::uint32_t ppid;     // as this process sees it; 0: a process that it does not see
  std::uint32_t child;    // kFork, likewise
  char parent_comm[16];
  // kExec: bytes behind this, of the file name with its NUL and of the arguments with theirs; and
  // how many bytes the arguments have in the process.
  std::uint32_t filename_bytes;
  std::uint32_t args_bytes;
  std::uint64_t args_whole;
};
static_assert(sizeof(ProcessDetails) == 48, "eight-byte fields, no padding");

// Behind it in records of kOpen, and the path with its NUL behind that.
struct OpenDetails {
  std::uint64_t flags;
  std::int32_t directory;     // the descriptor that a relative path begins at, kCurrentDirectory
  std::uint32_t noted;        // kFlagsNoted: flags are known
  std::uint32_t path_bytes;   // 0: it could not be read; more than kMostText: there is more of it
  std::uint32_t prefix_bits;  // for the filter in the kernel
};
static_assert(sizeof(OpenDetails) == 24, "eight-byte fields, no padding");
inline constexpr std::int32_t kCurrentDirectory = -100;  // AT_FDCWD
inline constexpr std::int32_t kFlagsNoted = 1;

// Behind it in records of kConnect and kAccept, zeros where the kernel does not tell, and behind
// that an address as programs write it: of kConnect the one that was asked for; of kAccept the one
// that the socket is bound to, if it is a unix socket, else the peer's, if `family` is 0.
struct SocketDetails {
  std::uint16_t family;     // AF_INET, AF_INET6, AF_UNIX or another one
  std::uint16_t protocol;   // IPPROTO_TCP or another one
  std::uint16_t own_port;   // 0: none
  std::uint16_t peer_port;  // as networks send it
  std::uint8_t own[16];     // of AF_INET the first four bytes
  std::uint8_t peer[16];
  std::uint32_t address_bytes;
  std::uint32_t unused;
};
static_assert(sizeof(SocketDetails) == 48, "eight-byte fields, no padding");
// The longest address of a socket that the kernel takes, in bytes.
inline constexpr std::uint32_t kMostAddress = 128;

// Bytes of one text that a record carries at most.
inline constexpr std::int32_t kMostText = 4096;

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TRACER_RECORD_H_
