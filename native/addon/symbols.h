// The functions of the process-wide symbol table.
#ifndef TAPIO_ADDON_SYMBOLS_H_
#define TAPIO_ADDON_SYMBOLS_H_

#include <napi.h>

#include "../core/symbol_table.h"

namespace tapio::addon {

SymbolTable& Symbols();

// internString(text: string): number
Napi::Value InternString(const Napi::CallbackInfo& info);
// internedString(id: number): string | undefined
Napi::Value InternedString(const Napi::CallbackInfo& info);

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_SYMBOLS_H_
