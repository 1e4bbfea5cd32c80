#include "run/fake_components.h"

#include <condition_variable>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

constexpr std::string_view kExtractor = R"(
title: Makes rows
version: "1"
role: extractor
config:
  name: {type: string, default: ""}
  batches: {type: integer, default: 3, help: How many there are}
  rows: {type: integer, default: 10, help: In each batch}
  batch_bytes: {type: integer, default: 0, help: What a batch says of its size}
  fail_opens: {type: integer, default: 0, help: How many times opening fails}
  fail_at: {type: integer, help: The batch in whose place it fails}
  retryable: {type: boolean, default: false}
  incremental: {type: object, help: Whether it reads what is new and says how far it came}
  waits: {type: boolean, default: false, help: "Whether it waits after the last batch, until it is cancelled"}
)";

constexpr std::string_view kProcessor = R"(
title: Hands on the rows of its inputs
version: "1"
role: processor
accepts_many_inputs: true
config:
  name: {type: string, default: ""}
  by_turns: {type: boolean, default: false, help: "One batch of each input, or each input to its end"}
  backwards: {type: boolean, default: false, help: Whether the last input comes first}
)";

constexpr std::string_view kWriter = R"(
title: Counts rows
version: "1"
role: writer
commit: swap
config:
  name: {type: string, default: ""}
  fail_open: {type: boolean, default: false}
  fail_at: {type: integer, help: The batch at which it fails}
  fail_commit: {type: boolean, default: false}
  lose_commits: {type: integer, default: 0, help: How many of the first commits the connection fails at}
  ledger: {type: integer, help: Rows of this load that a ledger has already}
  write_mode: {type: string, default: append}
  pause_ms: {type: integer, default: 0, help: How long it takes for a batch}
  waits: {type: boolean, default: false, help: "Whether it waits in the first batch, until it is cancelled"}
)";

/// The same, of a shop, which keeps a ledger and marks.
const std::string kShopWriter = cat("connection: shop", kWriter);

constexpr std::string_view kShop = R"(
title: A shop
fields:
  host: {type: string}
  password: {type: string, secret: true}
)";

Error fake_failure(bool is_retryable) {
  return Error(ErrorKind::kConnection, "fake.failure", "it failed, as it was told to")
      .retryable(is_retryable);
}

void wait_until_cancelled(Context& context) {
  std::mutex mutex;
  std::condition_variable woken;
  const auto hook = context.cancellation().on_cancel([&] {
    const std::lock_guard lock(mutex);
    woken.notify_all();
  });
  std::unique_lock lock(mutex);
  woken.wait(lock, [&] { return context.cancellation().is_cancelled(); });
  context.cancellation().check();
}

class FakeExtractor : public Extractor {
 public:
  FakeExtractor(const Config& config, Context& context, FakeComponents& components)
      : config_(config), context_(context), schema_(fake_schema()) {
    components.note(config.text("name"), [&](FakeFacts& facts) {
      ++facts.opens;
      facts.after = context.window().after ? context.window().after->cursor : "";
    });
    if (components.facts(config.text("name")).opens <= config.integer("fail_opens")) {
      throw fake_failure(config.boolean("retryable"));
    }
  }

  const Schema& schema() const override { return schema_; }

  std::optional<Batch> next() override {
    if (config_.has("fail_at") && config_.integer("fail_at") == next_) {
      throw fake_failure(config_.boolean("retryable"));
    }
    if (next_ == config_.integer("batches")) {
      if (config_.boolean("waits")) wait_until_cancelled(context_);
      return std::nullopt;
    }
    ++next_;
    return fake_batch(static_cast<std::size_t>(config_.integer("rows")),
                      static_cast<std::size_t>(config_.integer("batch_bytes")));
  }
  std::optional<Mark> mark() const override {
    if (!config_.value("incremental").is_object()) return std::nullopt;
    return Mark{config_.value("incremental").value("reaches", ""), {}};
  }

 private:
  const Config& config_;
  Context& context_;
  Schema schema_;
  std::int64_t next_ = 0;
};

class FakeProcessor : public Processor {
 public:
  FakeProcessor(const Config& config, std::vector<Input> inputs)
      : inputs_(std::move(inputs)), is_by_turns_(config.boolean("by_turns")), schema_(fake_schema()) {
    if (config.boolean("backwards")) std::reverse(inputs_.begin(), inputs_.end());
  }

  const Schema& schema() const override { return schema_; }

  std::optional<Batch> next() override {
    while (!inputs_.empty()) {
      const std::size_t at = turn_ % inputs_.size();
      if (auto batch = inputs_[at].stream->next()) {
        if (is_by_turns_) ++turn_;
        return batch;
      }
      inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return std::nullopt;
  }

 private:
  std::vector<Input> inputs_;
  bool is_by_turns_;
  Schema schema_;
  std::size_t turn_ = 0;
};

class FakeWriter : public Writer {
 public:
  FakeWriter(const Config& config, Context& context, FakeComponents& components)
      : config_(config), context_(context), components_(components), name_(config.text("name")) {
    if (config.boolean("fail_open")) throw fake_failure(false);
    components_.note(name_, [&](FakeFacts& facts) {
      ++facts.opens;
      facts.resumed_opens += context.load_id().is_resumed ? 1 : 0;
      facts.load_session = context.load_id().session;
      facts.write_mode = config.text("write_mode");
    });
  }

  void write(const Batch& batch) override {
    if (config_.has("fail_at") && config_.integer("fail_at") == components_.facts(name_).writes) {
      throw fake_failure(false);
    }
    if (config_.boolean("waits")) wait_until_cancelled(context_);
    std::this_thread::sleep_for(std::chrono::milliseconds(config_.integer("pause_ms")));
    components_.note(name_, [&](FakeFacts& facts) {
      ++facts.writes;
      facts.rows += batch.row_count();
    });
  }

  LoadResult commit(const LoadRecord& record) override {
    if (config_.boolean("fail_commit")) throw fake_failure(false);
    if (components_.facts(name_).opens <= config_.integer("lose_commits")) throw fake_failure(true);
    components_.note(name_, [&](FakeFacts& facts) {
      ++facts.commits;
      facts.mark = record.mark;
    });
    return {record.row_count, {}};
  }

  void abort(std::chrono::steady_clock::time_point) noexcept override {
    components_.note(name_, [](FakeFacts& facts) { ++facts.aborts; });
  }

 private:
  const Config& config_;
  Context& context_;
  FakeComponents& components_;
  std::string name_;
};

}  // namespace

FakeComponents::FakeComponents() : registry_(components_, types_) {
  const auto add = [this](std::string_view name, std::string_view spec) -> Component& {
    Component& component = components_.emplace_back();
    component.name = name;
    component.spec = spec;
    component.preview = [](const Config& config, const std::vector<Component::InputSchema>& inputs,
                           Context& context) {
      if (config.text("name") == "unreachable") throw fake_failure(false);
      context.warn("fake.note", "a note of the component", "");
      Preview preview;
      preview.schema = fake_schema();
      for (const auto& input : inputs)
        preview.reads.push_back(cat(input.name, input.schema ? " known" : " unknown"));
      preview.notes.push_back("a note of the preview");
      return preview;
    };
    return component;
  };
  const auto open_writer = [this](const Config& config, const Schema&,
                                  Context& context) -> std::unique_ptr<Writer> {
    return std::make_unique<FakeWriter>(config, context, *this);
  };
  add("fake.extractor", kExtractor).open_extractor = [this](const Config& config,
                                                            Context& context) -> std::unique_ptr<Extractor> {
    return std::make_unique<FakeExtractor>(config, context, *this);
  };
  add("fake.processor", kProcessor).open_processor = [](const Config& config, std::vector<Input> inputs,
                                                        Context&) -> std::unique_ptr<Processor> {
    return std::make_unique<FakeProcessor>(config, std::move(inputs));
  };
  add("fake.writer", kWriter).open_writer = open_writer;
  Component& shop = add("shop.writer", kShopWriter);
  shop.open_writer = [open_writer](const Config& config, const Schema& schema, Context& context) {
    auto writer = open_writer(config, schema, context);
    context.load_started({config.text("name"), config.text("write_mode"), "fake", "", false});
    return writer;
  };
  shop.find_load = [](const Config& config, Context&) -> std::optional<LoadResult> {
    if (!config.has("ledger")) return std::nullopt;
    return LoadResult{static_cast<std::uint64_t>(config.integer("ledger")), {}};
  };
  shop.find_mark = [this](const Config& config, Context&, const std::string&) {
    return facts(config.text("name")).mark;
  };
  types_.push_back({"shop", kShop, [](const ConnectionConfig& config, Cancellation&) -> std::string {
                      if (config.plain().text("host") == "down") throw fake_failure(true);
                      return "Shop 1.0";
                    }});
}

FakeFacts FakeComponents::facts(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = facts_.find(name);
  return found == facts_.end() ? FakeFacts{} : found->second;
}

void FakeComponents::note(const std::string& name, const std::function<void(FakeFacts&)>& change) {
  const std::lock_guard lock(mutex_);
  change(facts_[name]);
}

namespace {

Project project_in(const TestFolder& folder) {
  folder.write("osiris_connections.yaml",
               "connections:\n"
               "  shop:\n"
               "    main: {host: up, password: hunter22}\n"
               "    broken: {host: down}\n"
               "    unset: {host: '${NO_SUCH_VARIABLE}'}\n");
  return Project::open(folder.path(), folder.path(), {});
}

}  // namespace

FakeProject::FakeProject() : project_(project_in(folder_)) {}

Schema fake_schema() {
  ColumnType column;
  column.name = "id";
  column.type.id = TypeId::kInt64;
  return {column};
}

Batch fake_batch(std::size_t row_count, std::size_t byte_count) {
  BatchBuilder builder(fake_schema());
  for (std::size_t row = 0; row < row_count; ++row) {
    builder.append<std::int64_t>(0, static_cast<std::int64_t>(row));
    builder.end_row();
  }
  const Batch batch = builder.finish();
  return {batch.storage(), {batch.column(0)}, row_count, byte_count == 0 ? batch.byte_count() : byte_count};
}

ManifestStep fake_step(const std::string& id, const std::string& component,
                       const std::vector<std::string>& inputs, Json config) {
  ManifestStep step;
  step.id = id;
  step.component = component;
  step.mode = component.ends_with("extractor") ? "read"
              : component.ends_with("writer")  ? "write"
                                               : "transform";
  for (const std::string& input : inputs) step.inputs.push_back({input, input});
  step.config = std::move(config);
  step.config["name"] = id;
  if (component.starts_with("shop.")) step.connection = "@shop.main";
  return step;
}

}  // namespace osiris
