#include "base/text.h"
#include "cli/command.h"
#include "format/yaml.h"
#include "session/events.h"

namespace osiris {

std::string_view third_party_notices_text();

namespace cli {

namespace {

/// A text as a table's cell shows it, whatever characters Markdown would take for its own.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("|<*_\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// A word of the program. A bar cannot stand in a table, even as code.
std::string code(std::string_view text) {
  std::string out = "`";
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out + "`";
}

std::string codes(std::span<const std::string> words) {
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back(code(word));
  return join(out, ", ");
}

std::string written(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string heading(std::string_view title, std::string_view what) {
  return cat("# ", title, "\n\n<!-- Printed by the program; make docs writes it anew. -->\n\n", what, "\n");
}

/// The bounds of a number, or of a text's length.
std::string limit_text(const Field& field) {
  if (!field.minimum && !field.maximum) return {};
  std::string range;
  if (field.minimum && field.maximum) {
    range =
        field.minimum == field.maximum ? cat(*field.minimum) : cat(*field.minimum, " to ", *field.maximum);
  } else {
    range = field.minimum ? cat("at least ", *field.minimum) : cat("at most ", *field.maximum);
  }
  return cat(field.type == FieldType::kString ? ", length " : ", ", range);
}

std::string type_text(const Field& field) {
  std::string text(to_string(field.type));
  if (field.type == FieldType::kArray) text += cat(" of ", to_string(field.item_type));
  if (field.is_secret) text += ", secret";
  text += limit_text(field);
  std::vector<std::string> allowed;
  for (const Json& value : field.allowed) allowed.push_back(code(written(value)));
  return allowed.empty() ? text : cat(text, ": ", join(allowed, ", "));
}

std::string default_text(const Field& field) {
  if (field.default_value) return code(field.default_value->dump());
  return field.is_required ? "required" : "";
}

std::string meaning_text(const Field& field) {
  std::string text = cell(field.help);
  if (!field.aliases.empty()) text += cat("; also called ", codes(field.aliases));
  return text;
}

std::string field_table(const std::vector<Field>& fields) {
  std::string text = "\n| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const Field& field : fields) {
    text += cat("| ", code(field.name), " | ", type_text(field), " | ", default_text(field), " | ",
                meaning_text(field), " |\n");
  }
  return text;
}

std::string component_section(const ComponentSpec& spec) {
  std::string text = cat("\n## ", spec.name, "\n\n", spec.title, ".\n\nMode ", code(mode_of(spec.role)));
  if (!spec.aliases.empty()) text += cat(", also called ", codes(spec.aliases));
  if (!spec.connection_family.empty())
    text += cat(", on a connection ", code(cat("@", spec.connection_family, ".<alias>")));
  if (!spec.commit.empty()) text += cat(", commit ", code(spec.commit));
  text += cat(", version ", spec.version, ".\n", field_table(spec.fields));
  for (const Constraint& constraint : spec.constraints)
    text += cat("\nRule: ", cell(constraint.error), ".\n");
  for (const SpecExample& example : spec.examples) {
    const Json step{{"component", spec.name}, {"config", example.config}};
    text += cat("\n```yaml\n# ", example.name, "\n", yaml::print(step), "```\n");
  }
  return text;
}

std::string components_page(const Registry& registry) {
  std::string text =
      heading("Components",
              "What a step can be, and the keys of its `config`. `osiris components show NAME` "
              "tells the same in a\nterminal, with `--json` as a JSON Schema.\n\n"
              "A duration has a unit (`500ms`, `30s`, `5m`, `2h`, `7d`), and so may a size "
              "(`512`, `64MiB`, `10 kB`). A writer's\n*commit* says when its rows are there: "
              "`swap`, all at once when the whole file takes its place.");
  for (const std::string& name : registry.names()) text += component_section(registry.find(name)->spec);
  for (const std::string& family : registry.families()) {
    const ConnectionSpec& spec = registry.connection_spec(family);
    text += cat("\n## Connections of ", family, "\n\n", spec.title, ".\n", field_table(spec.fields));
  }
  return text;
}

std::string option_table(const std::vector<Option>& options) {
  std::string text = "\n| option | meaning |\n|---|---|\n";
  for (const Option& option : options) {
    std::vector<std::string> spellings{option.name};
    spellings.insert(spellings.end(), option.aliases.begin(), option.aliases.end());
    if (!option.value.empty()) spellings.back() += " " + option.value;
    text += cat("| ", codes(spellings), " | ", cell(option.help), " |\n");
  }
  return text;
}

std::string command_section(const Command& command) {
  std::string text = cat("\n## osiris ", command.name, "\n\n", command.summary, ".\n\n```\nosiris ",
                         command.name, command.arguments.empty() ? "" : " ", command.arguments, "\n```\n\n");
  for (const auto& [line, meaning] : command.examples)
    text += cat("- ", code(line), ": ", cell(meaning), "\n");
  return command.options.empty() ? text : text + option_table(command.options);
}

std::string cli_page() {
  std::string text = heading("Commands",
                             "`osiris COMMAND --help` tells the same in a terminal. How commands end is in "
                             "[running](../running.md).\n\nEvery command has these options:");
  text += option_table(common_options());
  for (const Command& command : all_commands()) {
    if (!command.is_hidden) text += command_section(command);
  }
  return text;
}

std::string events_page() {
  std::string text =
      heading("Events",
              "What a line of `events.jsonl` can be, and its fields in their order after `ts`, "
              "`session` and `event`. What\nthey mean, and which are left out when, is in "
              "[the session folder](../session.md).");
  text += "\n| event | fields |\n|---|---|\n";
  for (const EventShape& shape : event_shapes())
    text += cat("| ", code(shape.name), " | ", codes(shape.keys), " |\n");
  return text;
}

Answer print_page(const Invocation& invocation) {
  const std::string& name = invocation.arguments().front();
  Answer answer;
  if (name == "components") {
    answer.text = components_page(invocation.registry());
  } else if (name == "cli") {
    answer.text = cli_page();
  } else if (name == "events") {
    answer.text = events_page();
  } else if (name == "licences") {
    answer.text = third_party_notices_text();
  } else {
    throw Error(ErrorKind::kUser, "cli.usage", cat("unknown page: '", name, "'"),
                "known: components, cli, events, licences");
  }
  answer.json = {{"page", name}, {"markdown", answer.text}};
  return answer;
}

}  // namespace

std::vector<Command> docs_commands() {
  return {{"docs",
           "PAGE",
           1,
           1,
           "Print a reference page as Markdown",
           {{"osiris docs components", "what docs/reference/components.md holds"},
            {"osiris docs licences", "whose work the program consists of, under which licences"}},
           {},
           print_page,
           true}};
}

}  // namespace cli
}  // namespace osiris
