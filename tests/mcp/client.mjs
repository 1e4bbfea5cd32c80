// A conversation of the official client with the server: node client.mjs PROGRAM REVISION. Prints what it saw as one JSON document.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [program, revision] = process.argv.slice(2);
const OML = `steps:
  - {id: read, component: filesystem.csv_extractor, config: {path: in.csv}}
  - {id: write, component: filesystem.csv_writer, config: {path: out.csv}}
`;
const isStateless = revision === "2026-07-28";
const seen = { forms: [] };

async function connected(capabilities, answer) {
  const client = new Client(
    { name: "test", version: "1.0" },
    { capabilities, versionNegotiation: { mode: isStateless ? { pin: revision } : "legacy" } },
  );
  if (answer) {
    client.setRequestHandler("elicitation/create", async (request) => {
      seen.forms.push(request.params.message);
      return answer(request.params.message);
    });
  }
  await client.connect(new StdioClientTransport({ command: program, args: ["mcp"] }));
  return client;
}

const call = (client, name, input) => client.callTool({ name, arguments: input });
const yes = () => ({ action: "accept", content: { allow: true } });

const client = await connected({ elicitation: { form: {} } }, yes);
seen.revision = client.getNegotiatedProtocolVersion();
seen.server = client.getServerVersion();
seen.tools = (await client.listTools()).tools;
seen.draft = (await call(client, "oml_draft", { path: "new.oml", text: OML })).structuredContent;
seen.compiled = (await call(client, "compile", { path: "new.oml" })).structuredContent;
const { manifest, fingerprint } = seen.compiled;
seen.run = (await call(client, "run", { manifest, fingerprint })).structuredContent;
seen.concurrent = (await Promise.all(Array.from({ length: 10 }, () => call(client, "oml_validate", { path: "new.oml" }))))
  .map((result) => result.structuredContent.valid);
seen.wrong = await call(client, "oml_validate", { path: 7 });
seen.resources = [];
for (let cursor, page = 0; page === 0 || cursor; ++page) {
  const result = await client.listResources(cursor ? { cursor } : undefined);
  seen.resources.push(...result.resources.map((resource) => resource.uri));
  cursor = result.nextCursor;
}
seen.completion = (await client.complete({ ref: { type: "ref/prompt", name: "explain_run" }, argument: { name: "session", value: "run_" } })).completion;
seen.templates = (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate);
seen.package = JSON.parse((await client.readResource({ uri: `osiris://sessions/${seen.run.session}` })).contents[0].text);
seen.missing = await client.readResource({ uri: "osiris://sessions/run_1" }).then(() => "read", (error) => error.code);
seen.prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
seen.prompt = (await client.getPrompt({ name: "explain_run", arguments: { session: seen.run.session } })).messages[0].content.text;
const began = performance.now();
for (let index = 0; index < 50; ++index) await call(client, "explain", { code: "cli.usage" });
seen.call_ms = (performance.now() - began) / 50;
await client.close();

const refusing = await connected({ elicitation: { form: {} } }, () => ({ action: "decline" }));
seen.declined = (await call(refusing, "oml_draft", { path: "no.oml", text: OML })).structuredContent;
await refusing.close();

const mute = await connected({}, undefined);
seen.mute = await call(mute, "oml_draft", { path: "no.oml", text: OML }).then(
  (result) => JSON.parse(result.content[0].text).error.code, (error) => error.code);
await mute.close();

console.log(JSON.stringify(seen));
