// A small assembler of BPF programs: instructions by name, jumps to labels, no relocations.
#ifndef TAPIO_KERNEL_ASSEMBLER_H_
#define TAPIO_KERNEL_ASSEMBLER_H_

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tapio::kernel {

// r0: results; r1 to r5: arguments, lost by each call; r6 to r9: kept; r10: frame, read only.
enum class Reg : std::uint8_t { kR0, kR1, kR2, kR3, kR4, kR5, kR6, kR7, kR8, kR9, kFrame };

enum class Width : std::uint8_t { k8 = BPF_B, k16 = BPF_H, k32 = BPF_W, k64 = BPF_DW };

// Jumps compare the lower 32 bits (k32, unsigned) or all 64.
enum class Compare : std::uint8_t {
  kEqual = BPF_JEQ,
  kNotEqual = BPF_JNE,
  kBelow = BPF_JLT,
  kAtLeast = BPF_JGE,
  kAnyBit = BPF_JSET,
  kNegative = BPF_JSLT,  // signed; compared with 0
};

// One program. Threads: one. Labels must be bound before Finish.
class Assembler {
 public:
  class Label {
   private:
    friend class Assembler;
    explicit Label(std::size_t id) : id_(id) {}
    std::size_t id_;
  };

  Label NewLabel() {
    targets_.push_back(0);
    return Label(targets_.size() - 1);
  }
  void Bind(Label label) { targets_[label.id_] = code_.size(); }

  void Move(Reg to, Reg from) { Emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void Set(Reg to, std::int32_t value) {
    Emit(BPF_ALU64 | BPF_MOV | BPF_K, to, Reg::kR0, 0, value);
  }
  void Set64(Reg to, std::uint64_t value) { Wide(to, 0, value); }
  // The address of a map, by its descriptor; the kernel puts the address in when it loads.
  void SetMap(Reg to, int map) { Wide(to, BPF_PSEUDO_MAP_FD, static_cast<std::uint32_t>(map)); }
  void Add(Reg to, std::int32_t value) {
    // NOLINTNEXTLINE(misc-redundant-expression): names of bits that are zero
    Emit(BPF_ALU64 | BPF_ADD | BPF_K, to, Reg::kR0, 0, value);
  }
  void AddRegister(Reg to, Reg from) {
    // NOLINTNEXTLINE(misc-redundant-expression): names of bits that are zero
    Emit(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0);
  }
  void SubtractRegister(Reg to, Reg from) { Emit(BPF_ALU64 | BPF_SUB | BPF_X, to, from, 0, 0); }
  void Multiply(Reg to, std::int32_t value) {
    Emit(BPF_ALU64 | BPF_MUL | BPF_K, to, Reg::kR0, 0, value);
  }
  void OrRegister(Reg to, Reg from) { Emit(BPF_ALU64 | BPF_OR | BPF_X, to, from, 0, 0); }
  // Of the lower half; clears the upper one.
  void Or32(Reg to, std::int32_t value) { Emit(BPF_ALU | BPF_OR | BPF_K, to, Reg::kR0, 0, value); }
  void And32(Reg to, std::int32_t value) {
    Emit(BPF_ALU | BPF_AND | BPF_K, to, Reg::kR0, 0, value);
  }
  void And(Reg to, std::int32_t value) {
    Emit(BPF_ALU64 | BPF_AND | BPF_K, to, Reg::kR0, 0, value);
  }
  // Of 16 bits, as networks send them; clears the others.
  void FromBigEndian16(Reg to) { Emit(BPF_ALU | BPF_END | BPF_TO_BE, to, Reg::kR0, 0, 16); }
  void Low32(Reg to, Reg from) { Emit(BPF_ALU | BPF_MOV | BPF_X, to, from, 0, 0); }
  void ShiftLeft(Reg to, std::int32_t bits) {
    Emit(BPF_ALU64 | BPF_LSH | BPF_K, to, Reg::kR0, 0, bits);
  }
  void ShiftRight(Reg to, std::int32_t bits) {
    Emit(BPF_ALU64 | BPF_RSH | BPF_K, to, Reg::kR0, 0, bits);
  }

  void Load(Width width, Reg to, Reg base, std::int16_t offset) {
    Emit(BPF_LDX | BPF_MEM | Code(width), to, base, offset, 0);
  }
  void Store(Width width, Reg base, std::int16_t offset, Reg from) {
    Emit(BPF_STX | BPF_MEM | Code(width), base, from, offset, 0);
  }
  void StoreValue(Width width, Reg base, std::int16_t offset, std::int32_t value) {
    Emit(BPF_ST | BPF_MEM | Code(width), base, Reg::kR0, offset, value);
  }
  void AtomicAdd64(Reg base, Reg value) { Emit(BPF_STX | BPF_XADD | BPF_DW, base, value, 0, 0); }

  void Call(std::int32_t helper) { Emit(BPF_JMP | BPF_CALL, Reg::kR0, Reg::kR0, 0, helper); }
  void Jump(Label to) { EmitJump(BPF_JMP | BPF_JA, Reg::kR0, Reg::kR0, 0, to); }
  void JumpIf(Width width, Compare how, Reg a, std::uint32_t value, Label to) {
    EmitJump(static_cast<std::uint8_t>(Class(width) | static_cast<std::uint8_t>(how) | BPF_K), a,
             Reg::kR0, static_cast<std::int32_t>(value), to);
  }
  void JumpIfRegister(Compare how, Reg a, Reg b, Label to) {
    EmitJump(BPF_JMP | static_cast<std::uint8_t>(how) | BPF_X, a, b, 0, to);
  }
  void JumpIfSame(Reg a, Reg b, Label to) { EmitJump(BPF_JMP | BPF_JEQ | BPF_X, a, b, 0, to); }

  // Several instructions that belong together. All lose r1 to r5, and leave a result in r0.

  // The element of a map whose key lies in the frame; 0 when there is none.
  void LookUp(int map, std::int16_t key_at) {
    SetMap(Reg::kR1, map);
    Move(Reg::kR2, Reg::kFrame);
    Add(Reg::kR2, key_at);
    Call(BPF_FUNC_map_lookup_elem);
  }
  void Delete(int map, std::int16_t key_at) {
    SetMap(Reg::kR1, map);
    Move(Reg::kR2, Reg::kFrame);
    Add(Reg::kR2, key_at);
    Call(BPF_FUNC_map_delete_elem);
  }
  // Bytes of the kernel's memory into the frame, zeros where there is no memory; 0 if all went
  // well.
  void ReadKernel(std::int16_t to, std::int32_t bytes, Reg base, std::int32_t offset) {
    Move(Reg::kR3, base);
    Add(Reg::kR3, offset);
    Move(Reg::kR1, Reg::kFrame);
    Add(Reg::kR1, to);
    Set(Reg::kR2, bytes);
    Call(BPF_FUNC_probe_read_kernel);
  }

  // The same into other memory.
  void ReadKernelTo(Reg target, std::int32_t to, std::int32_t bytes, Reg base,
                    std::int32_t offset) {
    Move(Reg::kR3, base);
    Add(Reg::kR3, offset);
    Move(Reg::kR1, target);
    Add(Reg::kR1, to);
    Set(Reg::kR2, bytes);
    Call(BPF_FUNC_probe_read_kernel);
  }

  void Exit() { Emit(BPF_JMP | BPF_EXIT, Reg::kR0, Reg::kR0, 0, 0); }

  std::vector<bpf_insn> Finish() {
    for (const auto& [at, label] : jumps_) {
      code_[at].off = static_cast<std::int16_t>(targets_[label] - at - 1);
    }
    return std::move(code_);
  }

 private:
  static std::uint8_t Code(Width width) { return static_cast<std::uint8_t>(width); }
  static std::uint8_t Class(Width width) { return width == Width::k32 ? BPF_JMP32 : BPF_JMP; }

  // Never inline: a program is hundreds of calls, and speed does not matter here.
  [[gnu::noinline]] void Emit(int code, Reg to, Reg from, std::int16_t offset, std::int32_t value) {
    bpf_insn instruction{};
    instruction.code = static_cast<std::uint8_t>(code);
    instruction.dst_reg = static_cast<std::uint8_t>(to) & 0xf;
    instruction.src_reg = static_cast<std::uint8_t>(from) & 0xf;
    instruction.off = offset;
    instruction.imm = value;
    code_.push_back(instruction);
  }
  [[gnu::noinline]] void EmitJump(int code, Reg to, Reg from, std::int32_t value, Label label) {
    jumps_.emplace_back(code_.size(), label.id_);
    Emit(code, to, from, 0, value);
  }
  // Takes two instructions: the second one carries the upper half.
  [[gnu::noinline]] void Wide(Reg to, std::uint8_t source, std::uint64_t value) {
    // NOLINTNEXTLINE(misc-redundant-expression): names of bits that are zero
    Emit(BPF_LD | BPF_DW | BPF_IMM, to, static_cast<Reg>(source), 0,
         static_cast<std::int32_t>(value & 0xffffffff));
    Emit(0, Reg::kR0, Reg::kR0, 0, static_cast<std::int32_t>(value >> 32));
  }

  std::vector<bpf_insn> code_;
  std::vector<std::size_t> targets_;
  std::vector<std::pair<std::size_t, std::size_t>> jumps_;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_ASSEMBLER_H_
