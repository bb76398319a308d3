// What a record tells beyond the fields of its layout.
#ifndef TAPIO_KERNEL_DETAILS_H_
#define TAPIO_KERNEL_DETAILS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace tapio::kernel {

// The numbers are those of DETAILS in lib/kernel/tracer-shapes.ts; at most 32.
enum class Detail : std::uint32_t {
  kFileName,
  kArguments,
  kArgumentsTruncated,
  kParent,
  kParentComm,
  kStatus,  // a number
  kSignal,
  kLifetime,
  kChild,
  kCgroup,
  kContainer,
  kContainerName,
  kPath,
  kPathTruncated,
  kFlags,
  kDirectory,
  kProtocol,
  kSourceAddress,
  kDestinationAddress,
  kSourcePort,       // a number
  kDestinationPort,  // a number
};

// Of no record.
inline constexpr std::uint32_t kNoShape = 0xffffffff;
// Of a record that is not wanted.
inline constexpr std::uint32_t kUnwanted = 0xfffffffe;

// The longest text of a detail, in bytes.
constexpr std::uint32_t MostBytes(Detail detail) {
  switch (detail) {
    case Detail::kFileName:
    case Detail::kPath:
      return 4096;
    // 4096 bytes of which each takes six in JSON, and the quotes of 64 words.
    case Detail::kArguments:
      return 6 * 4096 + 3 * 64 + 2;
    // Every flag there is.
    case Detail::kFlags:
      return 256;
    case Detail::kCgroup:
      return 1024;
    default:
      return 64;
  }
}

// Threads: one. Guarantees: reads inside the record only, whatever it holds.
class DetailReader {
 public:
  virtual ~DetailReader() = default;
  // The shape of a record: its kind, or another one where it has details that most do not have.
  virtual std::uint32_t ShapeOf(const std::uint8_t* record, std::uint32_t size,
                                std::uint32_t kind) = 0;
  virtual void Read(const std::uint8_t* record, std::uint32_t size) = 0;

  // Of the record read last.
  bool HasText(Detail detail) const { return (present_ & Bit(detail)) != 0; }
  // Bit n: Detail n.
  std::uint32_t present() const { return present_; }
  // Valid until the next Read.
  virtual std::string_view Text(Detail detail) const = 0;
  virtual std::optional<std::int32_t> Number(Detail detail) const = 0;

 protected:
  static constexpr std::uint32_t Bit(Detail detail) {
    return 1U << static_cast<std::uint32_t>(detail);
  }
  std::uint32_t present_ = 0;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_DETAILS_H_
