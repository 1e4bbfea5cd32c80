// Faults that a test arms: each meets some requests and then is spent.

export class Faults {
  constructor() {
    this.armed = [];
  }

  /// A fault: {kind, method?, path?, after?, times?, …}. `path` is a pattern.
  arm(faults) {
    this.armed = faults.map((fault) => ({ after: 0, times: 1, path: '', ...fault }));
  }

  /// The fault that meets this request, or nothing.
  meeting(method, path) {
    for (const fault of this.armed) {
      if (fault.method && fault.method !== method) continue;
      if (!new RegExp(fault.path).test(path)) continue;
      if (fault.after > 0) {
        fault.after -= 1;
        continue;
      }
      if (fault.times <= 0) continue;
      fault.times -= 1;
      return fault;
    }
    return undefined;
  }
}

export const wait = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

/// Sends a text a few bytes at a time.
export async function trickle(response, text, bytesPerSecond) {
  const step = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let at = 0; at < text.length && !response.destroyed; at += step) {
    response.write(text.slice(at, at + step));
    await wait(0.1);
  }
  response.end();
}
