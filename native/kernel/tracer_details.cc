#if defined(__linux__)

#include "tracer_details.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "open_flags.h"
#include "socket_address.h"
#include "unaligned.h"

namespace tapio::kernel {

namespace {

// Linux numbers them alike on x86 and arm.
constexpr const char* kSignals[] = {
    "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};

// As TypeScript's JSON.stringify writes a text; bytes beyond ASCII stay as they are.
void AppendJson(std::string_view text, std::string& target) {
  constexpr char kHex[] = "0123456789abcdef";
  target += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      target += '\\';
      target += c;
    } else if (byte >= 0x20) {
      target += c;
    } else if (const char* const known = std::strchr("\bb\tt\nn\ff\rr", c);
               c != '\0' && known != nullptr) {
      target += '\\';
      target += known[1];
    } else {
      target += "\\u00";
      target += kHex[byte >> 4];
      target += kHex[byte & 15];
    }
  }
  target += '"';
}

template <typename T>
bool ReadAt(const std::uint8_t* record, std::uint32_t size, std::size_t at, T& value) {
  if (size < at || size - at < sizeof value) return false;
  std::memcpy(&value, record + at, sizeof value);
  return true;
}

// Of a record that has these details.
template <typename Details>
std::string_view TextBehind(const std::uint8_t* record, std::uint32_t size) {
  constexpr std::size_t kAt = sizeof(TracerRecord) + sizeof(Details);
  return {reinterpret_cast<const char*>(record) + kAt, size - kAt};
}

}  // namespace

std::string& TracerDetails::Begin(Detail detail) {
  present_ |= Bit(detail);
  auto& text = texts_[static_cast<std::size_t>(detail)];
  text.clear();
  return text;
}

void TracerDetails::SetNumber(Detail detail, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, std::end(digits), number).ptr;
  SetText(detail, {digits, static_cast<std::size_t>(end - digits)});
}

std::optional<std::int32_t> TracerDetails::Number(Detail detail) const {
  if (!HasText(detail)) return std::nullopt;
  if (detail == Detail::kSourcePort) return ports_[0];
  if (detail == Detail::kDestinationPort) return ports_[1];
  return status_;
}

std::uint32_t TracerDetails::ShapeOf(const std::uint8_t* record, std::uint32_t size,
                                     std::uint32_t kind) {
  // A container that no record tells.
  if ((kind & kContainedBit) != 0) return kNoShape;
  const auto probe = static_cast<Probe>(kind & kProbeMask);
  if (size < sizeof(TracerRecord)) return kind;
  if (!filter_.wants_all()) {
    TracerRecord common;
    std::memcpy(&common, record, sizeof common);
    if (!Wants(common)) return kUnwanted;
  }
  if (probe != Probe::kSyscall && probe != Probe::kSyscallEnter) return kind;
  return IsContained(kind, record) ? kind | kContainedBit : kind;
}

bool TracerDetails::IsContained(std::uint32_t kind, const std::uint8_t* record) {
  const bool foreign = (kind & static_cast<std::uint32_t>(kForeignBit)) != 0;
  return cgroups_.IsContained(
      kernel::Read<std::uint32_t>(record + offsetof(TracerRecord, cgroup)),
      foreign ? 0 : kernel::Read<std::uint32_t>(record + offsetof(TracerRecord, pid)),
      kernel::Read<std::uint64_t>(record + offsetof(TracerRecord, time_ns)));
}

void TracerDetails::Read(const std::uint8_t* record, std::uint32_t size) {
  present_ = 0;
  TracerRecord common;
  if (!ReadAt(record, size, 0, common)) return;
  ReadPlace(common);
  const auto probe = static_cast<Probe>(common.kind & kProbeMask);
  switch (probe) {
    case Probe::kExec:
    case Probe::kExit:
    case Probe::kFork: {
      ProcessDetails details;
      if (!ReadAt(record, size, sizeof common, details)) return;
      ReadProcess(common, details);
      ReadTexts(details, TextBehind<ProcessDetails>(record, size));
      return;
    }
    case Probe::kOpen: {
      OpenDetails details;
      if (!ReadAt(record, size, sizeof common, details)) return;
      ReadOpen(details, TextBehind<OpenDetails>(record, size));
      return;
    }
    case Probe::kConnect:
    case Probe::kAccept: {
      SocketDetails details;
      if (!ReadAt(record, size, sizeof common, details)) return;
      ReadSocket(probe, details, TextBehind<SocketDetails>(record, size));
      return;
    }
    default:
      return;
  }
}

const Place& TracerDetails::PlaceOf(const TracerRecord& record) {
  const bool foreign = (record.kind & static_cast<std::uint32_t>(kForeignBit)) != 0;
  return cgroups_.Find(record.cgroup, foreign ? 0 : record.pid, record.time_ns);
}

// The kernel learns here what it need not send: a container may start at any time, but a control
// group's id is never given to another one.
bool TracerDetails::Wants(const TracerRecord& record) {
  if (filter_.Wants(PlaceOf(record).container)) return true;
  constexpr std::uint32_t kYes = 1;
  if (others_ >= 0 && cgroups_.last_is_final()) UpdateElement(others_, &record.cgroup, &kYes);
  return false;
}

void TracerDetails::ReadPlace(const TracerRecord& record) {
  place_ = &PlaceOf(record);
  if (!place_->path.empty() && place_->path.size() <= MostBytes(Detail::kCgroup))
    present_ |= Bit(Detail::kCgroup);
  if (!place_->container.empty()) present_ |= Bit(Detail::kContainer) | Bit(Detail::kContainerName);
}

std::string_view TracerDetails::Text(Detail detail) const {
  switch (detail) {
    case Detail::kCgroup:
      return place_->path;
    case Detail::kContainer:
      return place_->container;
    case Detail::kContainerName:
      return std::string_view{place_->container}.substr(0, 12);
    default:
      return texts_[static_cast<std::size_t>(detail)];
  }
}

void TracerDetails::ReadProcess(const TracerRecord& record, const ProcessDetails& details) {
  if (details.ppid != 0) SetNumber(Detail::kParent, details.ppid);
  if (details.child != 0) SetNumber(Detail::kChild, details.child);
  const std::string_view comm(details.parent_comm,
                              strnlen(details.parent_comm, sizeof details.parent_comm));
  if (!comm.empty()) SetText(Detail::kParentComm, comm);
  if (details.started != 0) ReadEnd(record, details);
}

void TracerDetails::ReadOpen(const OpenDetails& details, std::string_view path) {
  if ((details.noted & kFlagsNoted) != 0) AppendOpenFlags(details.flags, Begin(Detail::kFlags));
  constexpr auto kMost = static_cast<std::uint32_t>(kMostText);
  if (details.path_bytes == 0 || details.path_bytes > std::min<std::size_t>(kMost + 1, path.size()))
    return;
  path = path.substr(0, details.path_bytes - 1);
  SetText(Detail::kPath, path);
  if (details.path_bytes > kMost) SetText(Detail::kPathTruncated, "true");
  if (!path.empty() && path[0] == '/') return;
  if (details.directory == kCurrentDirectory) {
    SetText(Detail::kDirectory, "AT_FDCWD");
  } else {
    Begin(Detail::kDirectory) = std::to_string(details.directory);
  }
}

void TracerDetails::SetPort(Detail detail, std::uint32_t port) {
  if (port == 0) return;
  present_ |= Bit(detail);
  ports_[detail == Detail::kSourcePort ? 0 : 1] = static_cast<std::int32_t>(port);
}

// From this process's point of view the one who connects is the source.
void TracerDetails::ReadSocket(Probe probe, const SocketDetails& details, std::string_view bytes) {
  const SocketAddress given =
      ReadSocketAddress(bytes.substr(0, std::min(kMostAddress, details.address_bytes)));
  const std::string_view protocol = ProtocolName(details.family, details.protocol);
  if (!protocol.empty()) SetText(Detail::kProtocol, protocol);
  if (!given.path.empty()) SetText(Detail::kPath, given.path);
  const bool connects = probe == Probe::kConnect;
  const auto own_host = connects ? Detail::kSourceAddress : Detail::kDestinationAddress;
  const auto own_port = connects ? Detail::kSourcePort : Detail::kDestinationPort;
  const auto peer_host = connects ? Detail::kDestinationAddress : Detail::kSourceAddress;
  const auto peer_port = connects ? Detail::kDestinationPort : Detail::kSourcePort;
  const auto tell = [this](Detail host_detail, Detail port_detail, const std::string& host,
                           std::uint32_t port) {
    if (!host.empty()) SetText(host_detail, host);
    SetPort(port_detail, port);
  };
  // A socket that is not bound has no port.
  if (details.own_port != 0)
    tell(own_host, own_port, HostText(details.family, details.own), details.own_port);
  if (!given.host.empty()) {
    tell(peer_host, peer_port, given.host, given.port);
  } else if (!connects && details.peer_port != 0) {
    tell(peer_host, peer_port, HostText(details.family, details.peer), ntohs(details.peer_port));
  }
}

// As a shell tells it: 128 and the signal that ended a process.
void TracerDetails::ReadEnd(const TracerRecord& record, const ProcessDetails& details) {
  const auto wait_status = static_cast<std::uint32_t>(record.return_value);
  const std::uint32_t signal = wait_status & 0x7f;
  present_ |= Bit(Detail::kStatus);
  status_ = static_cast<std::int32_t>(signal != 0 ? 128 + signal : wait_status >> 8 & 0xff);
  if (record.time_ns >= details.started)
    SetNumber(Detail::kLifetime, (record.time_ns - details.started) / 1'000'000);
  if (signal == 0) return;
  if (signal < std::size(kSignals)) {
    SetText(Detail::kSignal, kSignals[signal]);
    return;
  }
  // Those for programs' own use, by the C library's number of the first.
  constexpr std::uint32_t kFirst = 34;
  std::string& name = Begin(Detail::kSignal);
  name = signal < kFirst ? "SIG" : "SIGRTMIN";
  if (signal == kFirst) return;
  if (signal > kFirst) name += '+';
  name += std::to_string(signal < kFirst ? signal : signal - kFirst);
}

void TracerDetails::ReadTexts(const ProcessDetails& details, std::string_view texts) {
  if (details.filename_bytes > texts.size() ||
      details.args_bytes > texts.size() - details.filename_bytes)
    return;
  if (details.filename_bytes > 1)
    SetText(Detail::kFileName, texts.substr(0, details.filename_bytes - 1));
  if (details.args_bytes != 0) {
    ReadArguments(texts.substr(details.filename_bytes, details.args_bytes),
                  details.args_whole == details.args_bytes);
  }
}

// Each word ends with a NUL, but for one that is cut.
void TracerDetails::ReadArguments(std::string_view arguments, bool whole) {
  std::string& json = Begin(Detail::kArguments);
  json += '[';
  std::uint32_t words = 0;
  for (; !arguments.empty() && words < kMostWords; ++words) {
    if (words != 0) json += ',';
    const std::size_t end = arguments.find('\0');
    AppendJson(arguments.substr(0, end), json);
    arguments.remove_prefix(end == std::string_view::npos ? arguments.size() : end + 1);
  }
  json += ']';
  if (!whole || !arguments.empty()) SetText(Detail::kArgumentsTruncated, "true");
}

}  // namespace tapio::kernel

#endif
