// Keys of a project and who they make of a request, as Supabase's gateway and PostgREST judge them.
import { createHmac, timingSafeEqual } from 'node:crypto';

import { RestError } from './query_words.mjs';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const PLAIN_KEYS = { sb_secret_test_of_osiris: 'service_role', sb_publishable_test_of_osiris: 'anon' };

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signature = (text) => createHmac('sha256', SECRET).update(text).digest('base64url');

function token(role, issued, expires) {
  const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ iss: 'supabase', role, iat: issued, exp: expires })}`;
  return `${text}.${signature(text)}`;
}

const now = () => Math.floor(Date.now() / 1000);
const YEAR = 365 * 24 * 3600;

/// One of each kind, for the tests.
export function someKeys() {
  return {
    service: token('service_role', now() - 60, now() + YEAR),
    anon: token('anon', now() - 60, now() + YEAR),
    expired: token('service_role', now() - 2 * YEAR, now() - YEAR),
    future: token('service_role', now() + 3600, now() + YEAR),
    forged: `${token('service_role', now() - 60, now() + YEAR).slice(0, -4)}AAAA`,
    secret: 'sb_secret_test_of_osiris',
    publishable: 'sb_publishable_test_of_osiris',
  };
}

function isSigned(key) {
  const [head, claims, given] = key.split('.');
  if (!given) return false;
  const wanted = Buffer.from(signature(`${head}.${claims}`));
  return wanted.length === given.length && timingSafeEqual(wanted, Buffer.from(given));
}

const gatewayRefusal = (message, hint) => {
  const error = new RestError(401, undefined, message);
  error.body = { message, hint };
  return error;
};

function roleOfToken(key) {
  if (!isSigned(key)) throw new RestError(401, 'PGRST301', 'JWSError JWSInvalidSignature');
  const claims = JSON.parse(Buffer.from(key.split('.')[1], 'base64url'));
  if (claims.exp < now() - 30) throw new RestError(401, 'PGRST303', 'JWT expired');
  if (claims.iat > now() + 30) throw new RestError(401, 'PGRST303', 'JWT issued at future');
  return claims.role;
}

/// The role of a request.
export function roleOf(headers) {
  const key = headers.apikey;
  const bearer = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1];
  if (!key) throw gatewayRefusal('No API key found in request', 'No `apikey` request header or url param was found.');
  const invalid = gatewayRefusal('Invalid API key', 'Double check your Supabase `anon` or `service_role` API key.');
  if (key.startsWith('sb_')) {
    if (!(key in PLAIN_KEYS) || (bearer && bearer !== key)) throw invalid;
    if (PLAIN_KEYS[key] === 'service_role' && /Mozilla/.test(headers['user-agent'] ?? ''))
      throw gatewayRefusal('Forbidden use of secret API key in browser', 'Secret API keys can only be used in a protected environment.');
    return PLAIN_KEYS[key];
  }
  if (key.split('.').length !== 3) throw invalid;
  return roleOfToken(bearer ?? key);
}
