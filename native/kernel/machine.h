// What the programs of the tracer must know of the machine: registers and numbers of system calls.
#ifndef TAPIO_KERNEL_MACHINE_H_
#define TAPIO_KERNEL_MACHINE_H_

#include <array>
#include <cstdint>

#include "assembler.h"

namespace tapio::kernel::machine {

// The number of a call is one of the 32-bit table; kSyscallNumbers of each table can be chosen.
inline constexpr std::uint32_t kCompatBit = 0x8000'0000;
// At the exit of a call: the kernel remembers no number.
inline constexpr std::uint32_t kNoNumber = 0xffff'ffff;

// Registers of a thread lie in its struct pt_regs, in places that are part of the kernel's
// interface to debuggers and have never moved: the first argument, and three side by side, the
// number of the system call and the one that tells a 32-bit program among them.
inline constexpr std::int32_t kRegistersBytes = 24;

// How an argument of a call says what to open or where to connect.
enum class CallForm {
  kOpen,        // path, flags
  kOpenAt,      // directory, path, flags
  kOpenAt2,     // directory, path, structure that begins with 64 bits of flags
  kCreate,      // path
  kConnect,     // socket, address, its length
  kAccept,      // socket, room for an address, where its length is
  kSocketCall,  // which call, where its arguments are
};
struct TracedCall {
  std::uint32_t number;
  CallForm form;
};

#if defined(__x86_64__)

inline constexpr bool kKnown = true;
inline constexpr std::int32_t kFirstArgument = 112;  // di
inline constexpr std::int32_t kRegisters = 120;      // orig_ax, ip, cs
inline constexpr std::int16_t kNumber = 0;
inline constexpr std::int16_t kMode = 16;
inline constexpr Compare kCompatCompare = Compare::kEqual;
inline constexpr std::uint32_t kCompatMode = 0x23;  // the code segment of 32-bit programs
// A 64-bit program can make a call of the 32-bit table (int 0x80), which no register tells, but
// this bit of thread_info.status.
inline constexpr bool kHasStatus = true;
inline constexpr std::uint32_t kCompatStatus = 0x2;  // TS_COMPAT

inline constexpr std::uint32_t kRtSigreturn = 15;
inline constexpr std::array<std::uint32_t, 8> kForks = {56,
                                                        57,
                                                        58,
                                                        435,  // clone, fork, vfork, clone3
                                                        kCompatBit | 120,
                                                        kCompatBit | 2,
                                                        kCompatBit | 190,
                                                        kCompatBit | 435};
// execve and execveat of both tables.
inline constexpr std::array<std::uint32_t, 4> kExecs = {59, 322, kCompatBit | 11, kCompatBit | 358};
// The kernel puts execve of the new program's table in the place of the number.
inline constexpr std::array<std::uint32_t, 2> kExecsAtExit = {59, kCompatBit | 11};
// Native numbers at exit that want a closer look: a run, and others.
inline constexpr std::uint32_t kFirstSpecial = 56;
inline constexpr std::uint32_t kSpecialRun = 4;
inline constexpr std::array<std::uint32_t, 1> kOtherSpecial = {435};

// The first three arguments of a call, at its entry, and of one of the 32-bit table.
inline constexpr std::int32_t kArguments = 40;                                  // bx
inline constexpr std::int32_t kArgumentsBytes = 80;                             // to di
inline constexpr std::array<std::int16_t, 3> kArgumentsAt = {72, 64, 56};       // di, si, dx
inline constexpr std::array<std::int16_t, 3> kCompatArgumentsAt = {0, 48, 56};  // bx, cx, dx
inline constexpr std::array<TracedCall, 14> kTracedCalls = {{
    {2, CallForm::kOpen},
    {257, CallForm::kOpenAt},
    {437, CallForm::kOpenAt2},
    {85, CallForm::kCreate},
    {42, CallForm::kConnect},
    {43, CallForm::kAccept},
    {288, CallForm::kAccept},
    {kCompatBit | 5, CallForm::kOpen},
    {kCompatBit | 295, CallForm::kOpenAt},
    {kCompatBit | 437, CallForm::kOpenAt2},
    {kCompatBit | 8, CallForm::kCreate},
    {kCompatBit | 362, CallForm::kConnect},
    {kCompatBit | 364, CallForm::kAccept},
    {kCompatBit | 102, CallForm::kSocketCall},
}};

#elif defined(__aarch64__)

inline constexpr bool kKnown = true;
inline constexpr std::int32_t kFirstArgument = 0;  // x0
inline constexpr std::int32_t kRegisters = 264;    // pstate, orig_x0, syscallno
inline constexpr std::int16_t kNumber = 16;
inline constexpr std::int16_t kMode = 0;
inline constexpr Compare kCompatCompare = Compare::kAnyBit;
inline constexpr std::uint32_t kCompatMode = 0x10;  // PSR_MODE32_BIT
inline constexpr bool kHasStatus = false;           // the mode tells all
inline constexpr std::uint32_t kCompatStatus = 0;

inline constexpr std::uint32_t kRtSigreturn = 139;
inline constexpr std::array<std::uint32_t, 6> kForks = {220,
                                                        435,  // clone, clone3
                                                        kCompatBit | 120,
                                                        kCompatBit | 2,
                                                        kCompatBit | 190,
                                                        kCompatBit | 435};
inline constexpr std::array<std::uint32_t, 4> kExecs = {221, 281, kCompatBit | 11,
                                                        kCompatBit | 387};
// The number stays that of the call, but the mode is that of the new program.
inline constexpr std::array<std::uint32_t, 8> kExecsAtExit = {
    221, 281, 11, 387, kCompatBit | 221, kCompatBit | 281, kCompatBit | 11, kCompatBit | 387};
inline constexpr std::uint32_t kFirstSpecial = 220;
inline constexpr std::uint32_t kSpecialRun = 2;
inline constexpr std::array<std::uint32_t, 4> kOtherSpecial = {435, 281, 11, 387};

inline constexpr std::int32_t kArguments = 0;  // x0
inline constexpr std::int32_t kArgumentsBytes = 24;
inline constexpr std::array<std::int16_t, 3> kArgumentsAt = {0, 8, 16};
inline constexpr std::array<std::int16_t, 3> kCompatArgumentsAt = {0, 8, 16};
inline constexpr std::array<TracedCall, 12> kTracedCalls = {{
    {56, CallForm::kOpenAt},
    {437, CallForm::kOpenAt2},
    {203, CallForm::kConnect},
    {202, CallForm::kAccept},
    {242, CallForm::kAccept},
    {kCompatBit | 5, CallForm::kOpen},
    {kCompatBit | 322, CallForm::kOpenAt},
    {kCompatBit | 437, CallForm::kOpenAt2},
    {kCompatBit | 8, CallForm::kCreate},
    {kCompatBit | 283, CallForm::kConnect},
    {kCompatBit | 285, CallForm::kAccept},
    {kCompatBit | 366, CallForm::kAccept},
}};

#else

inline constexpr bool kKnown = false;
inline constexpr std::int32_t kFirstArgument = 0;
inline constexpr std::int32_t kRegisters = 0;
inline constexpr std::int16_t kNumber = 0;
inline constexpr std::int16_t kMode = 0;
inline constexpr Compare kCompatCompare = Compare::kEqual;
inline constexpr std::uint32_t kCompatMode = 0;
inline constexpr bool kHasStatus = false;
inline constexpr std::uint32_t kCompatStatus = 0;
inline constexpr std::uint32_t kRtSigreturn = 0;
inline constexpr std::array<std::uint32_t, 0> kForks = {};
inline constexpr std::array<std::uint32_t, 0> kExecs = {};
inline constexpr std::array<std::uint32_t, 0> kExecsAtExit = {};
inline constexpr std::uint32_t kFirstSpecial = 0;
inline constexpr std::uint32_t kSpecialRun = 0;
inline constexpr std::array<std::uint32_t, 0> kOtherSpecial = {};
inline constexpr std::int32_t kArguments = 0;
inline constexpr std::int32_t kArgumentsBytes = 24;
inline constexpr std::array<std::int16_t, 3> kArgumentsAt = {};
inline constexpr std::array<std::int16_t, 3> kCompatArgumentsAt = {};
inline constexpr std::array<TracedCall, 0> kTracedCalls = {};

#endif

}  // namespace tapio::kernel::machine

#endif  // TAPIO_KERNEL_MACHINE_H_
