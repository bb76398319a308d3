// What the two programs of opens, connects and accepts have in common.
#ifndef TAPIO_KERNEL_CALL_PARTS_H_
#define TAPIO_KERNEL_CALL_PARTS_H_

#include "pending_call.h"
#include "program_parts.h"

namespace tapio::kernel {

class CallParts : protected ProgramParts {
 protected:
  explicit CallParts(const ProgramPlan& plan) : ProgramParts(plan) {}

  static constexpr std::uint32_t kInternet = 2;    // AF_INET
  static constexpr std::uint32_t kInternet6 = 10;  // AF_INET6

  bool Wants(Probe probe) const {
    return (plan_.call_probes >> static_cast<std::uint32_t>(probe) & 1) != 0;
  }

  // Ends the program unless the number in r2, of whichever table, is that of a call to be traced.
  void KeepNumbers(Assembler::Label wanted) {
    for (const machine::TracedCall& call : machine::kTracedCalls) {
      if (!WantsForm(call.form)) continue;
      code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR2, call.number & ~machine::kCompatBit,
                   wanted);
    }
    code_.Jump(done_);
  }
  bool WantsForm(machine::CallForm form) const {
    switch (form) {
      case machine::CallForm::kConnect:
        return Wants(Probe::kConnect);
      case machine::CallForm::kAccept:
        return Wants(Probe::kAccept);
      case machine::CallForm::kSocketCall:
        return Wants(Probe::kConnect) || Wants(Probe::kAccept);
      default:
        return Wants(Probe::kOpen);
    }
  }

  // What this thread called.
  void Forget() {
    StoreThreadKey();
    code_.Delete(plan_.calls, kKeyAt);
  }

  // Bytes of the program's memory; 0 in r0 if all went well. Lost: r1 to r5.
  void ReadUser(Reg target, std::int32_t to, std::int32_t bytes, Reg from) {
    code_.Move(Reg::kR3, from);
    code_.Move(Reg::kR1, target);
    code_.Add(Reg::kR1, to);
    code_.Set(Reg::kR2, bytes);
    code_.Call(BPF_FUNC_probe_read_user);
  }
  // Text up to its NUL; bytes with it in r0, or an error.
  void ReadUserText(Reg target, std::int32_t to, std::int32_t most, Reg from) {
    code_.Move(Reg::kR3, from);
    code_.Move(Reg::kR1, target);
    code_.Add(Reg::kR1, to);
    code_.Set(Reg::kR2, most);
    code_.Call(BPF_FUNC_probe_read_user_str);
  }
  // As many as `bytes` says, which is up to kMostAddress, and r2 afterwards.
  void ReadAddress(Reg target, std::int32_t to, Reg bytes, Reg from) {
    code_.Move(Reg::kR3, from);
    code_.Move(Reg::kR2, bytes);
    code_.And(Reg::kR2, kAddressMask);
    code_.Move(Reg::kR1, target);
    code_.Add(Reg::kR1, to);
    code_.Call(BPF_FUNC_probe_read_user);
  }

  // Goes on for a path that the filter lets pass; `prefix_at` is where a PathPrefix begins.
  void FilterPath(Reg base, std::size_t prefix_at, Assembler::Label unwanted) {
    code_.StoreValue(Width::k32, base, At(prefix_at), kPrefixBits);
    code_.SetMap(Reg::kR1, plan_.paths);
    code_.Move(Reg::kR2, base);
    code_.Add(Reg::kR2, static_cast<std::int32_t>(prefix_at));
    code_.Call(BPF_FUNC_map_lookup_elem);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, unwanted);
  }
  // Likewise for the port in r1.
  void FilterPort(Assembler::Label unwanted) {
    code_.Store(Width::k32, Reg::kFrame, kKeyAt, Reg::kR1);
    code_.LookUp(plan_.ports, kKeyAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, unwanted);
  }
  // Likewise for the one of an address as programs write it, of at least four bytes.
  void FilterAddress(Reg base, std::size_t address_at, Assembler::Label unwanted) {
    const auto internet = code_.NewLabel();
    code_.Load(Width::k16, Reg::kR1, base, At(address_at));
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, kInternet, internet);
    code_.JumpIf(Width::k32, Compare::kNotEqual, Reg::kR1, kInternet6, unwanted);
    code_.Bind(internet);
    code_.Load(Width::k16, Reg::kR1, base, At(address_at + 2));
    code_.FromBigEndian16(Reg::kR1);
    FilterPort(unwanted);
  }
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_CALL_PARTS_H_
