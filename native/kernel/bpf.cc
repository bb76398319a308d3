#if defined(__linux__)

#include "bpf.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tapio::kernel {

namespace {

// The kernel refuses a zero-extended structure only if a field it does not know is set, so the
// whole union may be handed to any kernel.
long Call(bpf_cmd command, bpf_attr* attributes) {
  return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

UniqueFd CallForFd(bpf_cmd command, bpf_attr* attributes) {
  return UniqueFd(static_cast<int>(Call(command, attributes)));
}

bpf_attr Cleared() {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  return attributes;
}

std::uint64_t Address(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

void CopyName(char (&target)[BPF_OBJ_NAME_LEN], const char* name) {
  std::snprintf(target, sizeof target, "%s", name);
}

}  // namespace

UniqueFd CreateMap(const MapShape& shape, const char* name) {
  bpf_attr attributes = Cleared();
  attributes.map_type = shape.type;
  attributes.key_size = shape.key_bytes;
  attributes.value_size = shape.value_bytes;
  attributes.max_entries = shape.entries;
  // The kernel makes tries in no other way.
  if (shape.type == BPF_MAP_TYPE_LPM_TRIE) attributes.map_flags = BPF_F_NO_PREALLOC;
  CopyName(attributes.map_name, name);
  return CallForFd(BPF_MAP_CREATE, &attributes);
}

bool UpdateElement(int map, const void* key, const void* value) {
  bpf_attr attributes = Cleared();
  attributes.map_fd = static_cast<std::uint32_t>(map);
  attributes.key = Address(key);
  attributes.value = Address(value);
  return Call(BPF_MAP_UPDATE_ELEM, &attributes) == 0;
}

bool LookUpElement(int map, const void* key, void* value) {
  bpf_attr attributes = Cleared();
  attributes.map_fd = static_cast<std::uint32_t>(map);
  attributes.key = Address(key);
  attributes.value = Address(value);
  return Call(BPF_MAP_LOOKUP_ELEM, &attributes) == 0;
}

bool LookUpAll(int map, std::vector<std::uint64_t>& values) {
  std::vector<std::uint32_t> keys(values.size());
  std::uint32_t next = 0;
  bpf_attr attributes = Cleared();
  attributes.batch.map_fd = static_cast<std::uint32_t>(map);
  attributes.batch.out_batch = Address(&next);
  attributes.batch.keys = Address(keys.data());
  attributes.batch.values = Address(values.data());
  attributes.batch.count = static_cast<std::uint32_t>(values.size());
  // The kernel says ENOENT when it has come to the end.
  return Call(BPF_MAP_LOOKUP_BATCH, &attributes) == 0 || errno == ENOENT;
}

UniqueFd OpenPinned(const char* path) {
  bpf_attr attributes = Cleared();
  attributes.pathname = Address(path);
  return CallForFd(BPF_OBJ_GET, &attributes);
}

UniqueFd DuplicateFd(int fd) {
  // Not by fcntl(), of which newer libraries have a version that old systems lack.
  return UniqueFd(static_cast<int>(syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0)));
}

bool ReadMapInfo(int map, bpf_map_info* info) {
  std::memset(info, 0, sizeof *info);
  // Of a map the kernel would refuse the key that is not there.
  if (!LookUpElement(map, nullptr, nullptr) && errno == EINVAL) return false;
  bpf_attr attributes = Cleared();
  attributes.info.bpf_fd = static_cast<std::uint32_t>(map);
  attributes.info.info_len = sizeof *info;
  attributes.info.info = Address(info);
  return Call(BPF_OBJ_GET_INFO_BY_FD, &attributes) == 0;
}

UniqueFd LoadProgram(const std::vector<bpf_insn>& instructions, const char* name,
                     bpf_prog_type type) {
  bpf_attr attributes = Cleared();
  attributes.prog_type = type;
  attributes.insns = Address(instructions.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(instructions.size());
  // The kernel lends the helpers that read its memory and its clock to programs that may be used
  // under the GPL; the instructions assembled here may.
  attributes.license = Address("Dual BSD/GPL");
  CopyName(attributes.prog_name, name);
  UniqueFd program = CallForFd(BPF_PROG_LOAD, &attributes);
  // The verifier gives up when a signal waits for this thread, and asks to be called again.
  for (int tries = 0; !program.valid() && errno == EAGAIN && tries < 5; ++tries)
    program = CallForFd(BPF_PROG_LOAD, &attributes);
  return program;
}

bool RunProgram(int program) {
  // The kernel wants room for an Ethernet header.
  std::uint8_t packet[64] = {};
  bpf_attr attributes = Cleared();
  attributes.test.prog_fd = static_cast<std::uint32_t>(program);
  attributes.test.data_in = Address(packet);
  attributes.test.data_size_in = sizeof packet;
  return Call(BPF_PROG_TEST_RUN, &attributes) == 0;
}

UniqueFd OpenRawTracepoint(const char* tracepoint, int program) {
  bpf_attr attributes = Cleared();
  attributes.raw_tracepoint.name = Address(tracepoint);
  attributes.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(program);
  return CallForFd(BPF_RAW_TRACEPOINT_OPEN, &attributes);
}

std::uint32_t CpuNumbers() {
  // The most that any kernel is built for.
  constexpr std::size_t kMost = 8192;
  std::uint64_t mask[kMost / 64];
  // The system call, unlike the library's function, returns the length of the kernel's own mask.
  const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  return static_cast<std::uint32_t>(bytes > 0 ? static_cast<std::size_t>(bytes) * 8 : kMost);
}

std::uint32_t PossibleCpus() {
  std::FILE* file = std::fopen("/sys/devices/system/cpu/possible", "re");
  if (file == nullptr) return 1;
  // Ranges in ascending order: "0-3" or "0,2-5".
  char text[4096] = "";
  const bool read = std::fgets(text, sizeof text, file) != nullptr;
  std::fclose(file);
  const char* last = std::strpbrk(text, ",-");
  const char* number = text;
  for (; last != nullptr; last = std::strpbrk(number, ",-")) number = last + 1;
  char* end = nullptr;
  const unsigned long cpu = std::strtoul(number, &end, 10);
  return read && *end == '\n' && cpu < CpuNumbers() ? static_cast<std::uint32_t>(cpu) + 1 : 1;
}

}  // namespace tapio::kernel

#endif
