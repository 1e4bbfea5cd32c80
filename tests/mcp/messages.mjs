// Holds what a server said against the schemas that the protocol's makers publish: lines {revision, method, message} on stdin, where the
// method is that of the request which the message answers. Prints the kinds that it met, and every flaw.
import * as schemas from "@modelcontextprotocol/core";
import { createInterface } from "node:readline";

const RESULTS = {
  initialize: schemas.InitializeResultSchema,
  "server/discover": schemas.DiscoverResultSchema,
  ping: schemas.EmptyResultSchema,
  "tools/list": schemas.ListToolsResultSchema,
  "tools/call": schemas.CallToolResultSchema,
  "resources/list": schemas.ListResourcesResultSchema,
  "resources/templates/list": schemas.ListResourceTemplatesResultSchema,
  "resources/read": schemas.ReadResourceResultSchema,
  "prompts/list": schemas.ListPromptsResultSchema,
  "prompts/get": schemas.GetPromptResultSchema,
  "completion/complete": schemas.CompleteResultSchema,
};
const kinds = new Set();
const flaws = [];

function check(what, schema, value) {
  kinds.add(what);
  const outcome = schema ? schema.safeParse(value) : { error: "nothing says how it looks" };
  if (outcome.error) flaws.push(`${what}: ${outcome.error.message ?? outcome.error}: ${JSON.stringify(value).slice(0, 500)}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { revision, method, message } = JSON.parse(line);
  const isStateless = revision === "2026-07-28";
  check(`${revision} message`, schemas.JSONRPCMessageSchema, message);
  if (message.error) {
    check("error", schemas.JSONRPCErrorResponseSchema, message);
  } else if (message.method && message.id !== undefined) {
    check(message.method, schemas.ServerRequestSchema, { method: message.method, params: message.params });
  } else if (message.method) {
    check(message.method, schemas.ServerNotificationSchema, { method: message.method, params: message.params });
  } else if (message.result.resultType === "input_required") {
    kinds.add("input_required");
    for (const request of Object.values(message.result.inputRequests)) check("a question", schemas.ElicitRequestSchema, request);
  } else {
    check(method, RESULTS[method], message.result);
    if (isStateless && message.result.resultType !== "complete") flaws.push(`${method}: no resultType`);
    if (!isStateless && "resultType" in message.result) flaws.push(`${method}: a resultType before its time`);
  }
}
console.log(JSON.stringify({ kinds: [...kinds], flaws }));
