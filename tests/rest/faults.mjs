// Faults that a test arms: each meets some requests and then is spent.
//   {kind, method?, path?, after = 0, times = 1, beyond_bytes?, …}
// `path` is a pattern for path and query; a fault with `beyond_bytes` meets requests with a longer body only.
// Kinds: "status" {status, headers?, body?: text or JSON}, answered before anything is done;
//   "cut" before the statement, "cut before commit", "cut after commit", "cut body" in its middle;
//   "stall" {seconds} before the statement; "slow" {bytes_per_second}; "instead" {body, headers?}: what was asked is
//   done, and another text is the answer.

export class Faults {
  constructor() {
    this.armed = [];
  }

  arm(faults) {
    this.armed = faults.map((fault) => ({ after: 0, times: 1, path: '', ...fault }));
  }

  /// The fault that meets this request, or nothing. Before its body is read, `bytes` is null.
  meeting(method, path, bytes) {
    for (const fault of this.armed) {
      const waitsForBody = fault.beyond_bytes !== undefined;
      if (waitsForBody !== (bytes !== null) || (waitsForBody && bytes <= fault.beyond_bytes)) continue;
      if (fault.times <= 0 || (fault.method && fault.method !== method) || !new RegExp(fault.path).test(path)) continue;
      if (fault.after > 0) {
        fault.after -= 1;
        continue;
      }
      fault.times -= 1;
      return fault;
    }
    return undefined;
  }
}

export const wait = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

const lowerNames = (headers) => Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));

const textOf = (body) => (typeof body === 'string' ? body : JSON.stringify(body ?? {}));

/// Sends a text a few bytes at a time.
async function trickle(response, text, bytesPerSecond) {
  const bytes = Buffer.from(text);
  const step = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let at = 0; at < bytes.length && !response.destroyed; at += step) {
    response.write(bytes.subarray(at, at + step));
    await wait(0.1);
  }
  response.end();
}

/// Answers in the place of the server; whether it did.
export function answerInstead(fault, request, response, entry) {
  if (fault.kind !== 'cut' && fault.kind !== 'status') return false;
  entry.status = fault.kind === 'cut' ? 'cut' : fault.status;
  if (fault.kind === 'cut') {
    request.socket.destroy();
    return true;
  }
  request.resume();
  const text = textOf(fault.body);
  const type = text.startsWith('<') ? 'text/html; charset=UTF-8' : 'application/json';
  response.writeHead(fault.status, { 'content-type': type, ...lowerNames(fault.headers) });
  response.end(text);
  return true;
}

/// Spoils the answer to what was done; whether it did.
export async function answerBadly(fault, request, response, { status, headers, body }) {
  if (fault.kind === 'cut after commit') {
    request.socket.destroy();
  } else if (fault.kind === 'cut body') {
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...headers, 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => request.socket.destroy(), 50));
  } else if (fault.kind === 'slow') {
    response.writeHead(status, headers);
    await trickle(response, body, fault.bytes_per_second);
  } else if (fault.kind === 'instead') {
    response.writeHead(fault.status ?? 200, { 'content-type': 'text/html; charset=UTF-8', ...lowerNames(fault.headers) });
    response.end(textOf(fault.body));
  } else {
    return false;
  }
  return true;
}
