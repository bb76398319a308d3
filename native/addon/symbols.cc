#include "symbols.h"

#include <string>

namespace tapio::addon {

SymbolTable& Symbols() {
  static SymbolTable* const table = new SymbolTable;  // lives as long as the process
  return *table;
}

Napi::Value InternString(const Napi::CallbackInfo& info) {
  // V8 writes whole characters only, so a text that does not fit leaves up to three bytes unused:
  // with that much to spare, whatever is too long also comes out too long.
  char text[SymbolTable::kMaxBytes + 5];
  std::size_t size = 0;
  napi_get_value_string_utf8(info.Env(), info[0], text, sizeof text, &size);
  return Napi::Number::New(info.Env(), Symbols().Intern({text, size}));
}

Napi::Value InternedString(const Napi::CallbackInfo& info) {
  const std::string* text = Symbols().Find(info[0].As<Napi::Number>().Uint32Value());
  if (text == nullptr) return info.Env().Undefined();
  return Napi::String::New(info.Env(), *text);
}

}  // namespace tapio::addon
