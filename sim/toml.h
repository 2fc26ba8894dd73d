// toml++ as all files here include it.
#pragma once

// Some texts that are not TOML ("[=]", "a = [}") reach assertions of toml++, after which it refuses them in order. Its
// shared library is built without assertions; where its headers are compiled here, they must not abort either.
#define TOML_ASSERT(condition) static_cast<void>(0)  // NOLINT(cppcoreguidelines-macro-usage): toml++'s own setting
#include <toml++/toml.h>
