// Errors as PostgREST and the gateway before it word them.

export class RestError extends Error {
  constructor(status, code, message, details = null, hint = null) {
    super(message);
    this.status = status;
    this.body = { code, message, details, hint };
    this.headers = { 'proxy-status': `PostgREST; error=${code}` };
  }
}

/// The gateway knows no codes.
export class GatewayError extends Error {
  constructor(status, message, hint) {
    super(message);
    this.status = status;
    this.body = { message, hint };
    this.headers = {};
  }
}

// Exact codes first, then classes; what is in neither is the client's mistake.
const STATUS_OF_CODE = {
  23503: 409, 23505: 409, 25006: 405, 53400: 500, '57P01': 503, P0001: 400, 42883: 404, '42P01': 404, '42P17': 500,
};
const STATUS_OF_CLASS = {
  '08': 503, '09': 500, '0L': 403, '0P': 403, 25: 500, 28: 403, '2D': 500, 38: 500, 39: 500, '3B': 500, 40: 500, 53: 503,
  54: 500, 55: 500, 57: 500, 58: 500, F0: 500, HV: 500, P0: 500, XX: 500,
};

function statusOf({ code, message }, isAnonymous) {
  if (code === '42501') return isAnonymous ? 401 : 403;
  if (code === '21000') return message.endsWith('requires a WHERE clause') ? 400 : 500;
  if (code === '22023' && /^role .* does not exist$/.test(message)) return 401;
  if (code.startsWith('PT')) return Number(code.slice(2)) || 500;
  return STATUS_OF_CODE[code] ?? STATUS_OF_CLASS[code.slice(0, 2)] ?? 400;
}

/// What the database says, as an answer.
export function ofDatabase(error, role) {
  const status = statusOf(error, role === 'anon');
  const answer = new RestError(status, error.code, error.message, error.detail ?? null, error.hint ?? null);
  if (status === 401) answer.headers['www-authenticate'] = 'Bearer';
  return answer;
}
