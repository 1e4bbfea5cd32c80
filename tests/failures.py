"""What every refused or failed command owes its user, as one claim each."""
import json

KINDS = {"user", "connection", "data", "internal"}


def place_of(error):
    """`error.location` as file:line:column, as far as it goes."""
    location = error.get("location") or ""
    if isinstance(location, str):
        return location
    return ":".join(str(location[key]) for key in ("file", "line", "column") if location.get(key))


def document_of(outcome):
    try:
        return outcome.document()
    except json.JSONDecodeError as error:
        return {"error": {"code": f"not one JSON document: {error}"}}


def check_failure(checks, what, outcome, *, exit_code, code, kind=None, place="", words=()):
    """The exit code, and of the --json document: code, kind, place, a message with the words, a hint."""
    error = document_of(outcome).get("error") or {}
    checks.equal(f"{what}: exit code", outcome.exit_code, exit_code)
    checks.equal(f"{what}: error.code", error.get("code"), code)
    checks.that(f"{what}: error.kind", error.get("kind") == kind if kind else error.get("kind") in KINDS, error)
    checks.that(f"{what}: error.message and error.hint", error.get("message") and isinstance(error.get("hint"), str), error)
    checks.that(f"{what}: error.retryable", isinstance(error.get("retryable"), bool), error)
    if place:
        checks.contains(f"{what}: error.location", place_of(error), place)
    for word in words:
        checks.contains(f"{what}: says '{word}'", f"{error.get('message')} {error.get('hint')}", word)
    return error
