// The REST interface of a Supabase project for tests: the gateway's rules for keys, PostgREST's dialect over a
// real PostgreSQL, and faults on demand. client_test.mjs proves it by the official client.
//   node server.mjs --dsn "host=/socket port=5432 dbname=postgres user=postgres" [--port 0] [--without-grants]
// Not of Supabase: POST /_faults, /_settings and /_forget, GET /_log and /_keys.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import pg from 'pg';

import { tableOf, usable } from './catalog.mjs';
import { GatewayError, RestError, ofDatabase } from './errors.mjs';
import { Faults, answerInstead, answerBadly, wait } from './faults.mjs';
import { call, prepareCall } from './functions.mjs';
import { claimsOfRequest, someKeys } from './keys.mjs';
import { describe } from './openapi.mjs';
import { literal, quoted } from './query_words.mjs';
import { JSON_TYPE, get, patch, post, remove } from './tables.mjs';

const ROOT = '/rest/v1/';
const POOL_SIZE = 10;

const { values: options } = parseArgs({
  options: { dsn: { type: 'string' }, port: { type: 'string', default: '0' }, 'without-grants': { type: 'boolean', default: false } },
});
const settings = { max_rows: 1000, max_body_bytes: 100 << 20, statement_timeout_ms: 8000, exposed: ['public', 'shop'] };
const keys = someKeys();
const faults = new Faults();
let log = [];
let inFlight = 0;

function connect(dsn) {
  const words = Object.fromEntries(dsn.split(/\s+/).map((pair) => pair.split('=')));
  return new pg.Pool({ host: words.host, port: Number(words.port ?? 5432), database: words.dbname, user: words.user, password: words.password, max: POOL_SIZE });
}
const pool = connect(options.dsn);
// A session that the database ends while nobody uses it.
pool.on('error', () => {});

/// One request is one transaction of its role; what reads may not write.
async function transaction({ claims, schema, method, hoisted = [], isCut }, work) {
  const client = await pool.connect();
  let isBroken = false;
  try {
    const local = [['statement_timeout', String(settings.statement_timeout_ms)], ...hoisted,
      ['search_path', `${quoted(schema)}, public, extensions`], ['request.jwt.claims', JSON.stringify(claims)]];
    await client.query(`BEGIN ${method === 'GET' || method === 'HEAD' ? 'READ ONLY' : ''}; SET LOCAL ROLE ${quoted(claims.role)}; SELECT `
      + local.map(([key, value]) => `set_config(${literal(key)}, ${literal(value)}, true)`).join(', '));
    const result = await work(client);
    if (isCut()) throw new Error('cut');
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => { isBroken = true; });
    throw error;
  } finally {
    client.release(isBroken);
  }
}

function schemaOf(method, headers) {
  const schema = headers[method === 'GET' || method === 'HEAD' ? 'accept-profile' : 'content-profile'] ?? settings.exposed[0];
  if (settings.exposed.includes(schema)) return schema;
  throw new RestError(406, 'PGRST106', `Invalid schema: ${schema}`, null,
    `Only the following schemas are exposed: ${settings.exposed.join(', ')}`);
}

async function describeSchema(scope, host) {
  if (scope.claims.role !== 'service_role')
    throw new GatewayError(403, 'Access to schema is forbidden', 'Accessing the schema via the Data API is only allowed using a secret API key.');
  const seen = await transaction(scope, (client) => usable(client, scope.schema));
  return { status: 200, headers: { 'content-type': 'application/openapi+json; charset=utf-8' }, body: JSON.stringify(describe(seen, host)) };
}

async function answer(request, url, body, isCut) {
  const { method, headers } = request;
  const claims = claimsOfRequest(headers);
  if (!url.pathname.startsWith(ROOT)) throw new RestError(404, 'PGRST125', 'Invalid path specified in request URL');
  const name = decodeURIComponent(url.pathname.slice(ROOT.length));
  const scope = { claims, schema: schemaOf(method, headers), method, isCut };
  const asked = { method, headers, parameters: url.searchParams, body, settings };
  try {
    if (name === '') return await describeSchema(scope, headers.host);
    if (name.startsWith('rpc/')) {
      const prepared = await prepareCall(pool, scope.schema, name.slice('rpc/'.length), asked);
      return await transaction({ ...scope, hoisted: prepared.hoisted }, (client) => call(client, prepared, asked));
    }
    if (name.includes('/')) throw new RestError(404, 'PGRST125', 'Invalid path specified in request URL');
    const work = { GET: get, HEAD: get, POST: post, PATCH: patch, DELETE: remove }[method];
    if (!work) throw new RestError(405, 'PGRST117', `Unsupported HTTP method: ${method}`);
    const table = await tableOf(pool, scope.schema, name);
    return await transaction(scope, (client) => work(client, { ...asked, table }));
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw ofDatabase(error, claims.role);
    throw error;
  }
}

async function bodyOf(request, limit = settings.max_body_bytes) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= limit) parts.push(part);
  }
  if (size > limit) throw new GatewayError(413, 'Payload Too Large', null);
  return Buffer.concat(parts);
}

async function control(request, path, response) {
  const body = (await bodyOf(request, Infinity)).toString();
  if (path === '/_faults') faults.arm(JSON.parse(body));
  if (path === '/_settings') Object.assign(settings, JSON.parse(body));
  if (path === '/_forget') log = [];
  response.end(JSON.stringify({ '/_log': log, '/_keys': keys }[path] ?? {}));
}

function send(request, response, { status, headers, body }) {
  const hasBody = status !== 204 && request.method !== 'HEAD';
  response.writeHead(status, { ...headers, ...(hasBody ? { 'content-length': Buffer.byteLength(body) } : {}) });
  response.end(hasBody ? body : '');
}

function failure(error) {
  if (error instanceof RestError || error instanceof GatewayError)
    return { status: error.status, headers: { 'content-type': JSON_TYPE, ...error.headers }, body: JSON.stringify(error.body) };
  if (/connect|terminated|ECONN/i.test(error.message))
    return failure(new RestError(503, 'PGRST001', 'Database client error. Retrying the connection.', error.message));
  process.stderr.write(`${error.stack}\n`);
  return { status: 500, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify({ message: error.message }) };
}

function logged(request, url) {
  const entry = {
    method: request.method, path: url.pathname, query: url.search, bytes: 0, in_flight: inFlight,
    headers: request.rawHeaders.filter((_, at) => at % 2 === 0), user_agent: request.headers['user-agent'], prefer: request.headers.prefer ?? '',
  };
  log.push(entry);
  return entry;
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/_')) return control(request, url.pathname, response);
  inFlight += 1;
  const entry = logged(request, url);
  try {
    const early = faults.meeting(request.method, request.url, null);
    if (early && answerInstead(early, request, response, entry)) return undefined;
    const body = await bodyOf(request);
    entry.bytes = body.length;
    const fault = early ?? faults.meeting(request.method, request.url, body.length);
    if (fault?.kind === 'stall') await wait(fault.seconds);
    if (fault && answerInstead(fault, request, response, entry)) return undefined;
    const result = await answer(request, url, body, () => fault?.kind === 'cut before commit');
    entry.status = result.status;
    if (fault && await answerBadly(fault, request, response, result)) return undefined;
    return send(request, response, result);
  } catch (error) {
    if (error.message === 'cut') return request.socket.destroy();
    const result = failure(error);
    entry.status = result.status;
    return send(request, response, result);
  } finally {
    inFlight -= 1;
  }
}

const setup = readFileSync(new URL('setup.sql', import.meta.url), 'utf8');
const grants = readFileSync(new URL('grants.sql', import.meta.url), 'utf8');
await pool.query(options['without-grants'] ? setup : setup + grants);
const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    request.socket.destroy();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(options.port), '127.0.0.1', () => {
  process.stdout.write(`listening on ${server.address().port}\n`);
});
