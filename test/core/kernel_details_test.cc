#include "kernel/tracer_details.h"

#include <cstring>
#include <string>
#include <vector>

#include "check.h"

using tapio::kernel::Detail;
using tapio::kernel::kProbes;
using tapio::kernel::MostBytes;
using tapio::kernel::Probe;
using tapio::kernel::ProcessDetails;
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
    for (const std::size_t at : {sizeof(TracerRecord) + 32, sizeof(TracerRecord) + 36}) {
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
