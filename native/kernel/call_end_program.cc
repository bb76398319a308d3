// The program at the end of every thread that forgets the call it is in, if the return was missed.
#if defined(__linux__)

#include "call_parts.h"

namespace tapio::kernel {

namespace {

class CallEndWriter : private CallParts {
 public:
  explicit CallEndWriter(const ProgramPlan& plan) : CallParts(plan) {}

  std::vector<bpf_insn> Write() {
    Forget();
    return End();
  }
};

}  // namespace

std::vector<bpf_insn> AssembleCallEnd(const ProgramPlan& plan) {
  if (!machine::kKnown) return {};
  return CallEndWriter(plan).Write();
}

}  // namespace tapio::kernel

#endif
