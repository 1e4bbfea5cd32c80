// Keys of a project and who they make of a request, as Supabase's gateway and PostgREST judge them.
import { createHmac, timingSafeEqual } from 'node:crypto';

import { GatewayError, RestError } from './errors.mjs';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const PLAIN_KEYS = { sb_secret_test_of_osiris: 'service_role', sb_publishable_test_of_osiris: 'anon' };
const SKEW_S = 30;
const YEAR_S = 365 * 24 * 3600;

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signature = (text) => createHmac('sha256', SECRET).update(text).digest();
const now = () => Math.floor(Date.now() / 1000);

function token(role, issued, expires) {
  const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ iss: 'supabase', role, iat: issued, exp: expires })}`;
  return `${text}.${signature(text).toString('base64url')}`;
}

/// One of each kind, for the tests.
export function someKeys() {
  const service = token('service_role', now() - 60, now() + YEAR_S);
  return {
    service,
    anon: token('anon', now() - 60, now() + YEAR_S),
    authenticated: token('authenticated', now() - 60, now() + YEAR_S),
    expired: token('service_role', now() - 2 * YEAR_S, now() - YEAR_S),
    future: token('service_role', now() + 3600, now() + YEAR_S),
    forged: `${service.slice(0, -4)}AAAA`,
    secret: 'sb_secret_test_of_osiris',
    publishable: 'sb_publishable_test_of_osiris',
  };
}

function refusal(code, message, details = null) {
  const error = new RestError(401, code, message, details);
  error.headers['www-authenticate'] = `Bearer error="invalid_token", error_description=${JSON.stringify(message)}`;
  return error;
}

function claimsOf(text) {
  const parts = text.split('.');
  if (parts.length !== 3) throw refusal('PGRST301', `Expected 3 parts in JWT; got ${parts.length}`);
  const [wanted, given] = [signature(`${parts[0]}.${parts[1]}`), Buffer.from(parts[2], 'base64url')];
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given))
    throw refusal('PGRST301', 'No suitable key or wrong key type', 'None of the keys was able to decode the JWT');
  const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
  if (claims.exp < now() - SKEW_S) throw refusal('PGRST303', 'JWT expired');
  if (claims.iat > now() + SKEW_S) throw refusal('PGRST303', 'JWT issued at future');
  return claims;
}

/// The claims of a request, with its role.
export function claimsOfRequest(headers) {
  const key = headers.apikey;
  const bearer = /^Bearer (.*)$/i.exec(headers.authorization ?? '')?.[1];
  const invalid = new GatewayError(401, 'Invalid API key', 'Double check your Supabase `anon` or `service_role` API key.');
  if (!key) throw new GatewayError(401, 'No API key found in request', 'No `apikey` request header or url param was found.');
  if (bearer?.startsWith('sb_') && bearer !== key) throw invalid;
  if (!key.startsWith('sb_')) {
    if (key.split('.').length !== 3) throw invalid;
    return { role: 'anon', ...(bearer ? claimsOf(bearer) : {}) };
  }
  if (!(key in PLAIN_KEYS)) throw invalid;
  if (PLAIN_KEYS[key] === 'service_role' && /Mozilla/.test(headers['user-agent'] ?? ''))
    throw new GatewayError(401, 'Forbidden use of secret API key in browser', 'Secret API keys can only be used in a protected environment and should never be used in a browser. Delete this secret API key immediately.');
  return bearer && bearer !== key ? claimsOf(bearer) : { role: PLAIN_KEYS[key] };
}
