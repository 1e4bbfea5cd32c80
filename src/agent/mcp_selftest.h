#pragma once

#include <string>
#include <vector>

#include "agent/mcp_server.h"

namespace osiris::mcp {

struct SelfTestResult {
  std::string what;
  std::string flaw;  ///< empty where it holds
};

/// Talks to a server of its own, in both eras, as a client would, and says what it found. Changes nothing.
std::vector<SelfTestResult> run_self_test(const World& world);

}  // namespace osiris::mcp
