#include "compile/step_config.h"

#include "base/text.h"
#include "component/read_only_sql.h"

namespace osiris {

namespace {

using yaml::Node;

Node::Kind node_kind(FieldType type) {
  switch (type) {
    case FieldType::kInteger:
      return Node::Kind::kInteger;
    case FieldType::kNumber:
      return Node::Kind::kNumber;
    case FieldType::kBoolean:
      return Node::Kind::kBoolean;
    case FieldType::kArray:
      return Node::Kind::kSequence;
    case FieldType::kObject:
      return Node::Kind::kMap;
    default:
      return Node::Kind::kText;
  }
}

class ConfigChecker {
 public:
  ConfigChecker(const OmlStep& step, const ComponentSpec& spec, const std::string& file,
                Diagnostics& diagnostics)
      : step_(step), spec_(spec), file_(file), diagnostics_(diagnostics) {}

  Json check(const SqlDialect& dialect, const ConnectionSpec* connection) {
    Json given = Json::object();
    for (const auto& entry : step_.config.entries) {
      if (entry.key == "connection" && !spec_.connection_family.empty()) continue;
      const Field* field = spec_.find(entry.key);
      if (field == nullptr) {
        refuse_key(entry, connection);
      } else if (given.contains(field->name)) {
        report("oml.duplicate_key",
               cat("'", entry.key, "' means '", field->name, "', which is there already"), "", entry.line,
               entry.column);
      } else if (entry.value.kind != Node::Kind::kNull) {
        given[field->name] = check_value(*field, entry.value, dialect);
      }
    }
    return complete(given);
  }

 private:
  void report(const std::string& code, const std::string& message, const std::string& hint, int line,
              int column) {
    diagnostics_.add({Finding::Severity::kError, code, message, hint, {file_, line, column}, step_.id});
  }

  void refuse_key(const Node::Entry& entry, const ConnectionSpec* connection) {
    const Field* field = connection == nullptr ? nullptr : connection->find(entry.key);
    if (field != nullptr && field->is_secret) {
      report("oml.inline_secret", cat("a secret has no place in a pipeline: '", entry.key, "'"),
             "put it into osiris_connections.yaml as ${VARIABLE}", entry.line, entry.column);
    } else if (field != nullptr) {
      report("oml.unknown_key", cat("'", entry.key, "' belongs to the connection, not to the step"),
             "put it into osiris_connections.yaml", entry.line, entry.column);
    } else {
      report("oml.unknown_key", cat("unknown key of ", spec_.name, ": '", entry.key, "'"),
             suggestion(entry.key, spec_.field_names()), entry.line, entry.column);
    }
  }

  Json check_value(const Field& field, const Node& node, const SqlDialect& dialect) {
    if (field.is_secret) {
      report("oml.inline_secret", cat("a secret has no place in a pipeline: '", field.name, "'"),
             "put it into osiris_connections.yaml as ${VARIABLE}", node.line, node.column);
      return nullptr;
    }
    // One name alone is a list of one.
    if (field.type == FieldType::kArray && node.kind == node_kind(field.item_type)) {
      return Json::array({node.to_json()});
    }
    if (!has_type(field, node)) {
      report(
          "oml.wrong_type",
          cat("'", field.name, "' must be ", describe(node_kind(field.type)), ", not ", describe(node.kind)),
          node.is_scalar() && field.type == FieldType::kString ? cat("write \"", node.text, "\" in quotes")
                                                               : "",
          node.line, node.column);
      return nullptr;
    }
    const Json value = node.to_json();
    check_limits(field, value, node);
    if (field.type == FieldType::kArray) check_items(field, node);
    if (!field.members.empty()) return check_members(field, node, dialect);
    if (field.is_sql) check_sql(field, node, dialect);
    if (field.is_condition) check_condition(field, node, dialect);
    return field.allowed.empty() ? value : canonical_choice(field, value, node);
  }

  /// The values of an object whose keys the spec declares.
  Json check_members(const Field& field, const Node& node, const SqlDialect& dialect) {
    Json values = Json::object();
    for (const auto& entry : node.entries) {
      const Field* member = find_field(field.members, entry.key);
      if (member == nullptr) {
        report("oml.unknown_key", cat("unknown key of '", field.name, "': '", entry.key, "'"),
               suggestion(entry.key, names_of(field.members)), entry.line, entry.column);
      } else if (entry.value.kind != Node::Kind::kNull) {
        values[member->name] = check_value(*member, entry.value, dialect);
      }
    }
    for (const Field& member : field.members) {
      if (!member.is_required || values.contains(member.name)) continue;
      report("oml.missing_key", cat("'", field.name, "' needs '", member.name, "'"), member.help, node.line,
             node.column);
    }
    return values;
  }

  static bool has_type(const Field& field, const Node& node) {
    if (field.type == FieldType::kNumber && node.kind == Node::Kind::kInteger) return true;
    return node.kind == node_kind(field.type);
  }

  void check_items(const Field& field, const Node& node) {
    for (const Node& item : node.items) {
      if (item.kind == node_kind(field.item_type) || (item.kind == Node::Kind::kNull && item.is_quoted))
        continue;
      report("oml.wrong_type",
             cat("an entry of '", field.name, "' must be ", describe(node_kind(field.item_type)), ", not ",
                 describe(item.kind)),
             item.is_scalar() ? cat("write \"", item.text, "\" in quotes") : "", item.line, item.column);
    }
  }

  void check_limits(const Field& field, const Json& value, const Node& node) {
    const auto refuse = [&](const std::string& what) {
      report("oml.invalid_value", cat("'", field.name, "' must be ", what, ", not ", value.dump()), "",
             node.line, node.column);
    };
    if (field.type == FieldType::kDuration && !parse_duration_ms(node.text)) refuse("a duration like 30s");
    if (field.type == FieldType::kSize && !parse_size(node.text)) refuse("a size like 64MiB");
    const bool is_number = value.is_number();
    if (!is_number && !value.is_string()) return;
    const double measure = is_number ? value.get<double>() : static_cast<double>(count_characters(node.text));
    const auto bound = [&](double limit) {
      if (is_number) return cat(limit);
      return cat(limit, limit == 1 ? " character long" : " characters long");
    };
    if (field.minimum && measure < *field.minimum) refuse(cat("at least ", bound(*field.minimum)));
    if (field.maximum && measure > *field.maximum) refuse(cat("at most ", bound(*field.maximum)));
  }

  Json canonical_choice(const Field& field, const Json& value, const Node& node) {
    std::vector<std::string> known;
    for (const Json& allowed : field.allowed) {
      if (allowed == value) return value;
      known.push_back(allowed.is_string() ? allowed.get<std::string>() : allowed.dump());
    }
    report("oml.invalid_value",
           cat("'", field.name, "' must be one of ", join(known, ", "), ", not '", node.text, "'"),
           closest(node.text, known) ? suggestion(node.text, known) : "", node.line, node.column);
    return nullptr;
  }

  void check_sql(const Field& field, const Node& node, const SqlDialect& dialect) {
    if (const auto finding = find_not_read_only(node.text, dialect)) {
      report("oml.not_read_only",
             cat("'", field.name, "' must be one read-only statement: ", finding->message),
             "write one SELECT", node.line, node.column);
    }
  }

  /// As a part of the statement that it will be in.
  void check_condition(const Field& field, const Node& node, const SqlDialect& dialect) {
    if (const auto finding = find_not_read_only(cat("SELECT 1 WHERE (", node.text, "\n)"), dialect)) {
      report("oml.not_read_only", cat("'", field.name, "' must be one condition: ", finding->message),
             "write what stands after WHERE", node.line, node.column);
    }
  }

  /// The values in the spec's order with its defaults; checks what must be there.
  Json complete(const Json& given) {
    Json values = Json::object();
    for (const Field& field : spec_.fields) {
      if (given.contains(field.name)) {
        values[field.name] = given[field.name];
      } else if (field.default_value) {
        values[field.name] = *field.default_value;
      } else if (field.is_required) {
        report("oml.missing_key", cat(spec_.name, " needs '", field.name, "' in its config"), field.help,
               step_.config.line, step_.config.column);
      }
    }
    for (const Constraint& constraint : spec_.constraints) check_constraint(constraint, given, values);
    return values;
  }

  void check_constraint(const Constraint& constraint, const Json& given, const Json& values) {
    for (const auto& [key, wanted] : constraint.when.items()) {
      if (!values.contains(key) || values[key] != wanted) return;
    }
    for (const std::string& key : constraint.given) {
      if (!given.contains(key)) return;
    }
    bool holds = true;
    for (const std::string& key : constraint.require) holds = holds && values.contains(key);
    for (const std::string& key : constraint.forbid) holds = holds && !given.contains(key);
    if (!constraint.one_of.empty()) {
      const auto count = std::count_if(constraint.one_of.begin(), constraint.one_of.end(),
                                       [&](const std::string& key) { return given.contains(key); });
      holds = holds && count == 1;
    }
    if (!holds) report("oml.constraint", constraint.error, "", step_.config.line, step_.config.column);
  }

  const OmlStep& step_;
  const ComponentSpec& spec_;
  const std::string& file_;
  Diagnostics& diagnostics_;
};

}  // namespace

Json check_step_config(const OmlStep& step, const ComponentSpec& spec, const SqlDialect& dialect,
                       const ConnectionSpec* connection, const std::string& file, Diagnostics& diagnostics) {
  return ConfigChecker(step, spec, file, diagnostics).check(dialect, connection);
}

}  // namespace osiris
