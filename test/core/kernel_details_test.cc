#include "kernel/tracer_details.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "check.h"

using tapio::kernel::ContainerFilter;
using tapio::kernel::Detail;
using tapio::kernel::kProbes;
using tapio::kernel::MostBytes;
using tapio::kernel::OpenDetails;
using tapio::kernel::Probe;
using tapio::kernel::ProcessDetails;
using tapio::kernel::SocketDetails;
using tapio::kernel::TracerDetails;
using tapio::kernel::TracerRecord;
using tapio::test::Random;
using namespace std::string_literals;

namespace {

struct Process {
  TracerRecord record{};
  ProcessDetails details{};
  std::string texts;

  explicit Process(Probe probe) { record.kind = static_cast<std::uint32_t>(probe); }
  void Read(TracerDetails& reader) const {
    std::vector<std::uint8_t> bytes(sizeof record + sizeof details + texts.size());
    std::memcpy(bytes.data(), &record, sizeof record);
    std::memcpy(bytes.data() + sizeof record, &details, sizeof details);
    std::memcpy(bytes.data() + sizeof record + sizeof details, texts.data(), texts.size());
    reader.Read(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
  }
};

Process Exec(const std::string& file, const std::string& arguments, std::size_t whole) {
  Process process(Probe::kExec);
  process.texts = file + arguments;
  process.details.filename_bytes = static_cast<std::uint32_t>(file.size());
  process.details.args_bytes = static_cast<std::uint32_t>(arguments.size());
  process.details.args_whole = whole;
  return process;
}

}  // namespace

TEST(ArgumentsAreJson) {
  TracerDetails reader;
  const auto json = [&](const std::string& arguments) {
    Exec("f\0"s, arguments, arguments.size()).Read(reader);
    return std::string(reader.Text(Detail::kArguments));
  };
  CHECK(json("a\0"s) == R"(["a"])");
  CHECK(json("\0"s) == R"([""])");
  CHECK(json("a\0\0b\0"s) == R"(["a","","b"])");
  CHECK(json("a\"\\\n\t\r\b\f\x1b\x7f\0"s) == "[\"a\\\"\\\\\\n\\t\\r\\b\\f\\u001b\x7f\"]");
  CHECK(json("\xc3\xa9\xff\0"s) == "[\"\xc3\xa9\xff\"]");
  // A process may leave out the last NUL.
  CHECK(json("a\0b"s) == R"(["a","b"])");
  CHECK(!reader.HasText(Detail::kArgumentsTruncated));
}

TEST(WhatIsCutIsTold) {
  TracerDetails reader;
  Exec("f\0"s, "a\0bc"s, 9).Read(reader);
  CHECK(reader.Text(Detail::kArguments) == R"(["a","bc"])");
  CHECK(reader.Text(Detail::kArgumentsTruncated) == "true");
  std::string words;
  for (int i = 0; i < 64; ++i) words += "w\0"s;
  Exec("f\0"s, words, words.size()).Read(reader);
  CHECK(!reader.HasText(Detail::kArgumentsTruncated));
  words += "w\0"s;
  Exec("f\0"s, words, words.size()).Read(reader);
  CHECK(reader.HasText(Detail::kArgumentsTruncated));
  CHECK_EQ(reader.Text(Detail::kArguments).size(), 64 * 4 + 1);
}

TEST(WhatIsNotToldIsAbsent) {
  TracerDetails reader;
  Process(Probe::kExec).Read(reader);
  CHECK_EQ(reader.present(), 0);
  Process(Probe::kExit).Read(reader);
  CHECK_EQ(reader.present(), 0);
  CHECK(!reader.Number(Detail::kStatus).has_value());
  // Lengths that are not there.
  Process broken = Exec("f\0"s, "a\0"s, 2);
  broken.details.filename_bytes = 5;
  broken.Read(reader);
  CHECK_EQ(reader.present(), 0);
  reader.Read(nullptr, 0);
  CHECK_EQ(reader.present(), 0);
}

TEST(EndsOfProcesses) {
  TracerDetails reader;
  const auto end = [&](std::int64_t status) {
    Process process(Probe::kExit);
    process.record.return_value = status;
    process.record.time_ns = 5'999'999;
    process.details.started = 1'000'000;
    process.Read(reader);
    return reader.Number(Detail::kStatus).value_or(-1);
  };
  CHECK_EQ(end(0x2c00), 44);
  CHECK(!reader.HasText(Detail::kSignal));
  CHECK(reader.Text(Detail::kLifetime) == "4");
  CHECK_EQ(end(9), 137);
  CHECK(reader.Text(Detail::kSignal) == "SIGKILL");
  // With a core dump.
  CHECK_EQ(end(0x8b), 139);
  CHECK(reader.Text(Detail::kSignal) == "SIGSEGV");
  CHECK_EQ(end(34), 162);
  CHECK(reader.Text(Detail::kSignal) == "SIGRTMIN");
  CHECK_EQ(end(40), 168);
  CHECK(reader.Text(Detail::kSignal) == "SIGRTMIN+6");
  CHECK_EQ(end(33), 161);
  CHECK(reader.Text(Detail::kSignal) == "SIG33");
}

TEST(AnyBytesMakeBoundedTexts) {
  Random random;
  TracerDetails reader;
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::uint8_t> bytes(random.Below(9000));
    for (auto& byte : bytes)
      byte = static_cast<std::uint8_t>(random.Below(4) == 0 ? random.Below(256) : 1);
    const std::uint32_t kind = static_cast<std::uint32_t>(random.Below(kProbes));
    if (bytes.size() > 32) std::memcpy(bytes.data() + 28, &kind, sizeof kind);
    // Lengths of the texts of each kind.
    for (const std::size_t at : {sizeof(TracerRecord) + 32, sizeof(TracerRecord) + 36,
                                 sizeof(TracerRecord) + offsetof(OpenDetails, path_bytes),
                                 sizeof(TracerRecord) + offsetof(SocketDetails, address_bytes)}) {
      const auto length = static_cast<std::uint32_t>(random.Below(4097));
      if (bytes.size() >= at + 4) std::memcpy(bytes.data() + at, &length, sizeof length);
    }
    reader.Read(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
    for (std::uint32_t i = 0; i < 32; ++i) {
      const auto detail = static_cast<Detail>(i);
      if (reader.HasText(detail)) CHECK(reader.Text(detail).size() <= MostBytes(detail));
    }
  }
}

namespace {

template <typename Details>
void ReadCall(TracerDetails& reader, Probe probe, const Details& details, const std::string& text) {
  TracerRecord record{};
  record.kind = static_cast<std::uint32_t>(probe);
  std::vector<std::uint8_t> bytes(sizeof record + sizeof details + text.size());
  std::memcpy(bytes.data(), &record, sizeof record);
  std::memcpy(bytes.data() + sizeof record, &details, sizeof details);
  std::memcpy(bytes.data() + sizeof record + sizeof details, text.data(), text.size());
  reader.Read(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}

void ReadOpen(TracerDetails& reader, const std::string& path, std::uint64_t flags = 0,
              std::int32_t directory = -100, std::uint32_t noted = 1) {
  OpenDetails details{};
  details.flags = flags;
  details.directory = directory;
  details.noted = noted;
  details.path_bytes = static_cast<std::uint32_t>(path.size());
  ReadCall(reader, Probe::kOpen, details, path);
}

SocketDetails Socket(std::uint16_t family, std::uint16_t protocol, std::uint16_t own_port,
                     std::uint16_t peer_port) {
  SocketDetails details{};
  details.family = family;
  details.protocol = protocol;
  details.own_port = own_port;
  details.peer_port = htons(peer_port);
  return details;
}

void ReadSocket(TracerDetails& reader, Probe probe, SocketDetails details,
                const std::string& address = "") {
  details.address_bytes = static_cast<std::uint32_t>(address.size());
  ReadCall(reader, probe, details, address);
}

}  // namespace

TEST(OpensTellPathFlagsAndDirectory) {
  TracerDetails reader;
  ReadOpen(reader, "/a\0"s, O_WRONLY | O_CREAT | O_CLOEXEC);
  CHECK(reader.Text(Detail::kPath) == "/a");
  CHECK(reader.Text(Detail::kFlags) == "O_WRONLY|O_CREAT|O_CLOEXEC");
  CHECK(!reader.HasText(Detail::kDirectory));
  CHECK(!reader.HasText(Detail::kPathTruncated));
  ReadOpen(reader, "a\0"s);
  CHECK(reader.Text(Detail::kFlags) == "O_RDONLY");
  CHECK(reader.Text(Detail::kDirectory) == "AT_FDCWD");
  ReadOpen(reader, "\0"s, 0, 7, 0);
  CHECK(reader.Text(Detail::kPath).empty() && reader.HasText(Detail::kPath));
  CHECK(reader.Text(Detail::kDirectory) == "7");
  CHECK(!reader.HasText(Detail::kFlags));
  ReadOpen(reader, "", ~std::uint64_t{0});
  CHECK(!reader.HasText(Detail::kPath));
  CHECK(!reader.HasText(Detail::kDirectory));
  CHECK(reader.Text(Detail::kFlags).size() <= MostBytes(Detail::kFlags));
  ReadOpen(reader, std::string(4095, 'x') + '\0');
  CHECK_EQ(reader.Text(Detail::kPath).size(), 4095);
  CHECK(!reader.HasText(Detail::kPathTruncated));
  ReadOpen(reader, std::string(4096, 'x') + '\0');
  CHECK_EQ(reader.Text(Detail::kPath).size(), 4096);
  CHECK(reader.Text(Detail::kPathTruncated) == "true");
}

TEST(ConnectionsTellBothEnds) {
  TracerDetails reader;
  auto socket = Socket(AF_INET, IPPROTO_TCP, 4000, 9);
  const std::uint8_t own[] = {10, 0, 0, 1};
  const std::uint8_t peer[] = {10, 0, 0, 2};
  std::memcpy(socket.own, own, sizeof own);
  std::memcpy(socket.peer, peer, sizeof peer);
  // What a program asked for, and not the socket's peer.
  ReadSocket(reader, Probe::kConnect, socket, "\2\0\x15\x38\x7f\0\0\1\0\0\0\0\0\0\0\0"s);
  CHECK(reader.Text(Detail::kProtocol) == "tcp");
  CHECK(reader.Text(Detail::kSourceAddress) == "10.0.0.1");
  CHECK_EQ(reader.Number(Detail::kSourcePort).value_or(-1), 4000);
  CHECK(reader.Text(Detail::kDestinationAddress) == "127.0.0.1");
  CHECK_EQ(reader.Number(Detail::kDestinationPort).value_or(-1), 5432);
  ReadSocket(reader, Probe::kAccept, socket);
  CHECK(reader.Text(Detail::kSourceAddress) == "10.0.0.2");
  CHECK_EQ(reader.Number(Detail::kSourcePort).value_or(-1), 9);
  CHECK(reader.Text(Detail::kDestinationAddress) == "10.0.0.1");
  CHECK_EQ(reader.Number(Detail::kDestinationPort).value_or(-1), 4000);
  // Without the kernel's types, what it wrote for the program.
  ReadSocket(reader, Probe::kAccept, {}, "\2\0\x15\x38\x7f\0\0\1\0\0\0\0\0\0\0\0"s);
  CHECK(reader.Text(Detail::kSourceAddress) == "127.0.0.1");
  CHECK(!reader.HasText(Detail::kDestinationAddress));
  CHECK(!reader.HasText(Detail::kProtocol));
  CHECK(!reader.Number(Detail::kDestinationPort).has_value());
}

TEST(AddressesOfIpv6) {
  TracerDetails reader;
  const auto destination = [&](const std::string& host) {
    ReadSocket(reader, Probe::kConnect, Socket(AF_INET6, IPPROTO_UDP, 0, 0),
               "\xa\0\0\x35\0\0\0\0"s + host + "\0\0\0\0"s);
    CHECK(!reader.HasText(Detail::kSourceAddress));
    return std::string(reader.Text(Detail::kDestinationAddress));
  };
  CHECK(destination("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"s) == "::1");
  CHECK(destination("\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1"s) == "127.0.0.1");
  CHECK(destination("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\x42"s) == "2001:db8::42");
  CHECK_EQ(reader.Number(Detail::kDestinationPort).value_or(-1), 53);
  CHECK(reader.Text(Detail::kProtocol) == "udp");
  // Cut before its end.
  ReadSocket(reader, Probe::kConnect, {}, "\xa\0\0\x35\0\0\0\0\x20\1"s);
  CHECK(!reader.HasText(Detail::kDestinationAddress));
}

TEST(PathsOfUnixSockets) {
  TracerDetails reader;
  const auto path = [&](const std::string& address) {
    ReadSocket(reader, Probe::kConnect, Socket(AF_UNIX, 0, 0, 0), address);
    CHECK(reader.Text(Detail::kProtocol) == "unix");
    return reader.HasText(Detail::kPath) ? std::string(reader.Text(Detail::kPath)) : "none"s;
  };
  CHECK(path("\1\0/run/x\0rest"s) == "/run/x");
  CHECK(path("\1\0\0a\0b"s) == "\0a\0b"s);
  CHECK(path("\1\0"s + std::string(108, 'l')) == std::string(108, 'l'));
  CHECK(path("\1\0"s) == "none");
  CHECK(path("\1"s) == "none");
}

TEST(ContainersAreChosenByTheirBeginnings) {
  ContainerFilter filter({"0123456789ab", "ffffffffffff"});
  const std::string first = "0123456789ab" + std::string(52, 'c');
  for (int round = 0; round < 2; ++round) {
    CHECK(filter.Wants(first));
    CHECK(!filter.Wants(""));
    CHECK(!filter.Wants("0123456789a"));
    CHECK(filter.Wants("ffffffffffff"));
    CHECK(!filter.Wants("1" + first));
  }
  CHECK(!filter.wants_all());
  CHECK(ContainerFilter({}).wants_all());
  CHECK(!ContainerFilter({"0123456789ab"}).Wants(""));
}
