// A scripted model behind the protocols of OpenAI, Anthropic and Gemini, on a port of its own; the protocols are aimock's.
//   POST /_control/script   an array of answers, given one after the other, however often: {text, calls: [{name, arguments}], error:
//                           {status, message, type, code, retryAfter}, cutAfterChunks, latency, chunkSize, finishReason, malformed}.
//                           "{{name}}" in arguments is what the last tool result has under that name.
//   GET  /_control/requests what was asked: {path, headers, body}, the body in OpenAI's form
//   --key KEY               the only key that is let in
import {LLMock} from '@copilotkit/aimock';

const key = process.argv.indexOf('--key');
const mock = new LLMock({port: 0, ...(key > 0 ? {auth: {apiKeys: [process.argv[key + 1]]}} : {})});
let next = 0;

function lastResult(request) {
  const tools = request.messages.filter((message) => message.role === 'tool');
  const text = tools.length === 0 ? '{}' : tools[tools.length - 1].content;
  try {
    return JSON.parse(typeof text === 'string' ? text : text.map((part) => part.text).join(''));
  } catch {
    return {};
  }
}

function filledIn(text, request) {
  const result = lastResult(request);
  return text.replace(/\{\{(\w+)\}\}/g, (_, name) => JSON.stringify(result[name] ?? `no ${name}`).slice(1, -1));
}

function responseOf(answer, request) {
  next += 1;
  if (answer.error) {
    const {status, retryAfter, ...error} = answer.error;
    return {error, status, ...(retryAfter === undefined ? {} : {retryAfter})};
  }
  const response = {usage: {prompt_tokens: 100, completion_tokens: 10, total_tokens: 110}};
  if (answer.finishReason) response.finishReason = answer.finishReason;
  if (answer.text !== undefined) response.content = answer.text.repeat(answer.times ?? 1);
  if (answer.calls) {
    response.toolCalls = answer.calls.map(({name, arguments: given}) => (
      {name, arguments: filledIn(typeof given === 'string' ? given : JSON.stringify(given), request)}));
  }
  return response;
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString() || 'null');
}

mock.mount('/_control', {
  async handleRequest(request, response, path) {
    if (path === '/script') {
      const answers = await bodyOf(request);
      mock.reset();
      next = 0;
      answers.forEach((answer, index) => mock.addFixture({
        match: {predicate: () => next === index},
        response: (asked) => responseOf(answer, asked),
        ...(answer.cutAfterChunks ? {truncateAfterChunks: answer.cutAfterChunks} : {}),
        ...(answer.latency ? {latency: answer.latency} : {}),
        ...(answer.chunkSize ? {chunkSize: answer.chunkSize} : {}),
        ...(answer.malformed ? {chaos: {malformedRate: 1}} : {}),
      }));
      response.end('{}');
      return true;
    }
    if (path === '/requests') {
      response.end(JSON.stringify(mock.getRequests().filter((entry) => !entry.path.startsWith('/_control'))
        .map(({path: asked, headers, body}) => ({path: asked, headers, body}))));
      return true;
    }
    return false;
  },
});

await mock.start();
console.log(`listening on ${mock.port}`);
