// Reads the details in the records of the embedded tracer.
#ifndef TAPIO_KERNEL_TRACER_DETAILS_H_
#define TAPIO_KERNEL_TRACER_DETAILS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cgroups.h"
#include "container_filter.h"
#include "details.h"
#include "tracer_record.h"

namespace tapio::kernel {

// Threads: one. Memory: its own; allocates nothing once it has met the longest texts.
class TracerDetails : public DetailReader {
 public:
  TracerDetails() : TracerDetails({}, -1) {}
  // `others`: the tracer's map of control groups that are of no wanted container; -1: none. It
  // outlives this.
  TracerDetails(std::vector<std::string> containers, int others)
      : filter_(std::move(containers)), others_(others) {}

  std::uint32_t ShapeOf(const std::uint8_t* record, std::uint32_t size,
                        std::uint32_t kind) override;
  void Read(const std::uint8_t* record, std::uint32_t size) override;
  std::string_view Text(Detail detail) const override;
  std::optional<std::int32_t> Number(Detail detail) const override;

 private:
  // Words and bytes of the arguments that are told.
  static constexpr std::uint32_t kMostWords = 64;

  const Place& PlaceOf(const TracerRecord& record);
  bool Wants(const TracerRecord& record);
  bool IsContained(std::uint32_t kind, const std::uint8_t* record);
  void ReadPlace(const TracerRecord& record);
  void ReadProcess(const TracerRecord& record, const ProcessDetails& details);
  void ReadTexts(const ProcessDetails& details, std::string_view texts);
  void ReadArguments(std::string_view arguments, bool whole);
  void ReadOpen(const OpenDetails& details, std::string_view path);
  void ReadSocket(Probe probe, const SocketDetails& details, std::string_view address);
  void SetPort(Detail detail, std::uint32_t port);
  void ReadEnd(const TracerRecord& record, const ProcessDetails& details);
  std::string& Begin(Detail detail);
  void SetText(Detail detail, std::string_view text) { Begin(detail) = text; }
  void SetNumber(Detail detail, std::uint64_t number);

  std::array<std::string, 32> texts_;
  std::int32_t status_ = 0;
  std::array<std::int32_t, 2> ports_{};  // kSourcePort, kDestinationPort
  Cgroups cgroups_;
  const Place* place_ = nullptr;
  ContainerFilter filter_;
  const int others_;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TRACER_DETAILS_H_
