#include "agent/mcp_consent.h"

#include <algorithm>

#include <openssl/rand.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris::mcp {

namespace {

constexpr std::size_t kMostOpenQuestions = 64;
constexpr const char* kConsent = "consent";

std::string random_word() {
  std::string bytes(16, '\0');
  invariant(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) == 1,
            "the system gives random bytes");
  return to_hex(bytes);
}

}  // namespace

Json consent_form(const std::string& message) {
  const Json allow{
      {"type", "boolean"}, {"title", "Allow this"}, {"description", "Yes, do what is said above"}};
  return {
      {"mode", "form"},
      {"message", message},
      {"requestedSchema", {{"type", "object"}, {"properties", {{"allow", allow}}}, {"required", {"allow"}}}}};
}

bool is_yes(const Json& answer) {
  return answer.is_object() && answer.value("action", Json()) == "accept" && answer.contains("content") &&
         answer["content"].is_object() && answer["content"].value("allow", Json()) == true;
}

bool PendingQuestions::ask(const Question& question, Cancellation& cancellation) {
  std::string id;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    id = cat("osiris-", ++last_id_);
    answers_.emplace(id, std::nullopt);
  }
  send_(request_line(id, "elicitation/create", consent_form(question.message)));
  const auto hook = cancellation.on_cancel([this] {
    const std::lock_guard<std::mutex> lock(mutex_);
    changed_.notify_all();
  });
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return answers_[id].has_value() || cancellation.is_cancelled(); });
  const auto answer = answers_[id];
  answers_.erase(id);
  lock.unlock();
  if (!answer) cancellation.check();
  return *answer;
}

void PendingQuestions::take(const Json& message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!message["id"].is_string()) return;
  const auto found = answers_.find(message["id"].get<std::string>());
  if (found == answers_.end()) return;
  found->second = message.contains("result") && is_yes(message["result"]);
  changed_.notify_all();
}

bool HandedQuestions::ask(const Question& question, const Json& params) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Json word = params.value("requestState", Json());
  const auto found = std::ranges::find_if(open_, [&](const auto& open) { return word == open.first; });
  if (found != open_.end()) {
    const bool is_same = found->second == question.subject;
    open_.erase(found);
    const Json responses = params.value("inputResponses", Json());
    if (is_same && responses.is_object() && responses.contains(kConsent)) return is_yes(responses[kConsent]);
  }
  if (open_.size() == kMostOpenQuestions) open_.pop_front();
  open_.emplace_back(random_word(), question.subject);
  const Json request{{"method", "elicitation/create"}, {"params", consent_form(question.message)}};
  throw InputRequired{{{"resultType", "input_required"},
                       {"inputRequests", {{kConsent, request}}},
                       {"requestState", open_.back().first}}};
}

}  // namespace osiris::mcp
