// The REST interface of a Supabase project for tests: the gateway's rules for keys, PostgREST's dialect over a
// real PostgreSQL, and faults on demand. client_test.mjs proves it by the official client.
//   node server.mjs "host=/socket dbname=postgres user=postgres"
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import pg from 'pg';

import { description, tableOf } from './catalog.mjs';
import { Faults, trickle, wait } from './faults.mjs';
import { roleOf, someKeys } from './keys.mjs';
import { RestError, conditions, literal, names, ordering, quoted, selection } from './query_words.mjs';

const settings = { max_rows: 1000, max_body_bytes: 100 << 20, statement_timeout_ms: 8000, exposed: ['public', 'shop'] };
const faults = new Faults();
let log = [];
let inFlight = 0;

// Every value stays the text that the server sends.
pg.types.setTypeParser(20, (text) => text);
const connection = Object.fromEntries(process.argv[2].split(' ').map((pair) => pair.split('=')));
const pool = new pg.Pool({ host: connection.host, port: Number(connection.port), database: connection.dbname, user: connection.user, max: 10 });

/// One request is one transaction of its role.
async function transaction(role, schema, timeoutMs, work, isCut = () => false) {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; SET LOCAL ROLE ${quoted(role)}; SET LOCAL statement_timeout = ${Number(timeoutMs)};`
      + `SET LOCAL search_path = ${quoted(schema)}, public, extensions`);
    const result = await work(client);
    if (isCut()) throw new Error('cut');
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/// "return=minimal, count=exact" as {return: 'minimal', count: 'exact'}.
function preferences(headers) {
  const pairs = (headers.prefer ?? '').split(',').map((word) => word.trim().split('='));
  return Object.fromEntries(pairs.filter(([key]) => key));
}

const rows = async (client, sql, values = []) =>
  (await client.query({ text: sql, values, rowMode: 'array' })).rows;

/// Runs a change and answers what the request prefers.
async function change(client, table, sql, values, prefer, parameters, success) {
  const isWanted = prefer.return === 'representation';
  const columns = isWanted ? selection(parameters.get('select'), table, 'changed') : '1';
  const [[count, body]] = await rows(client,
    `WITH changed AS (${sql} RETURNING *), shown AS (SELECT ${columns} FROM changed) `
    + `SELECT count(*), ${isWanted ? "coalesce(json_agg(shown), '[]')::text" : "''"} FROM shown`, values);
  const headers = { 'content-range': `*/${prefer.count ? count : '*'}` };
  return { status: isWanted || success !== 204 ? success : 204, headers, body };
}

async function get(client, table, parameters, headers) {
  const prefer = preferences(headers);
  const range = /^(\d+)-(\d*)$/.exec(headers.range ?? '');
  const offset = range ? Number(range[1]) : Number(parameters.get('offset') ?? 0);
  const wanted = range?.[2] ? Number(range[2]) - offset + 1 : Number(parameters.get('limit') ?? settings.max_rows);
  const where = conditions(parameters, table);
  const [[count, body]] = await rows(client,
    `SELECT count(*), coalesce(json_agg(page), '[]')::text FROM (SELECT ${selection(parameters.get('select'), table)} `
    + `FROM ${table.sql}${where}${ordering(parameters.get('order'), table)} `
    + `LIMIT ${Math.min(wanted, settings.max_rows)} OFFSET ${offset}) page`);
  const total = prefer.count ? Number((await rows(client, `SELECT count(*) FROM ${table.sql}${where}`))[0][0]) : null;
  if (total !== null && offset > total)
    throw new RestError(416, 'PGRST103', 'Requested range not satisfiable', `An offset of ${offset} was requested, but there are only ${total} rows.`);
  const last = offset + Number(count) - 1;
  const span = Number(count) > 0 ? `${offset}-${last}` : '*';
  const isPart = total !== null && Number(count) < total;
  return { status: isPart ? 206 : 200, headers: { 'content-range': `${span}/${total ?? '*'}` }, body };
}

function insertedColumns(parameters, body) {
  if (parameters.get('columns')) return names(parameters.get('columns'));
  const objects = [JSON.parse(body)].flat();
  const keys = Object.keys(objects[0] ?? {});
  const isSame = objects.every((object) => Object.keys(object).sort().join() === [...keys].sort().join());
  if (!isSame) throw new RestError(400, 'PGRST102', 'All object keys must match');
  return keys;
}

async function post(client, table, parameters, headers, body) {
  const prefer = preferences(headers);
  let columns;
  try {
    columns = insertedColumns(parameters, body);
  } catch (error) {
    throw error instanceof RestError ? error : new RestError(400, 'PGRST102', 'Empty or invalid json');
  }
  for (const column of columns) table.written(column);
  const list = columns.map(quoted).join(', ');
  const isArray = body.trimStart().startsWith('[');
  let sql = `INSERT INTO ${table.sql} (${list}) SELECT ${list} FROM `
    + `json_populate_recordset(NULL::${table.sql}, ${isArray ? '$1::json' : "('[' || $1 || ']')::json"})`;
  if (prefer.resolution) {
    const key = parameters.get('on_conflict') ? names(parameters.get('on_conflict')) : table.key;
    const changes = columns.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ');
    sql += ` ON CONFLICT (${key.map(quoted).join(', ')}) DO `
      + (prefer.resolution === 'merge-duplicates' ? `UPDATE SET ${changes}` : 'NOTHING');
  }
  return change(client, table, sql, [body], prefer, parameters, 201);
}

async function patch(client, table, parameters, headers, body) {
  const values = JSON.parse(body);
  const changes = Object.keys(values).map((column) => `${quoted(column)} = given.${quoted(column)}`).join(', ');
  for (const column of Object.keys(values)) table.written(column);
  const where = conditions(parameters, table).replace(' WHERE ', '');
  const sql = `UPDATE ${table.sql} AS t SET ${changes} FROM json_populate_record(NULL::${table.sql}, $1) given `
    + `WHERE t.ctid IN (SELECT ctid FROM ${table.sql} ${where ? `WHERE ${where}` : ''})`;
  return change(client, table, sql, [body], preferences(headers), parameters, 204);
}

async function remove(client, table, parameters, headers) {
  const where = conditions(parameters, table);
  if (!where) throw new RestError(400, '21000', 'DELETE requires a WHERE clause');
  return change(client, table, `DELETE FROM ${table.sql}${where}`, [], preferences(headers), parameters, 204);
}

/// A function's own statement_timeout counts for the whole call, as PostgREST has it.
async function call(role, schema, name, body) {
  const found = (await pool.query(
    'SELECT p.proconfig, p.prorettype::regtype::text AS type, p.proargmodes IS NOT NULL AS is_table, p.proretset FROM pg_proc p JOIN pg_namespace n '
    + 'ON n.oid = p.pronamespace WHERE p.proname = $1 AND n.nspname = $2', [name, schema])).rows[0];
  if (!found) {
    throw new RestError(404, 'PGRST202', `Could not find the function ${schema}.${name} in the schema cache`,
      `Searched for the function ${schema}.${name}`);
  }
  const own = (found.proconfig ?? []).find((line) => line.startsWith('statement_timeout='))?.split('=')[1];
  const given = body ? JSON.parse(body) : {};
  const values = Object.values(given).map((value) =>
    (value !== null && typeof value === 'object' ? JSON.stringify(value) : value));
  const parameters = Object.keys(given).map((key, at) => `${quoted(key)} => $${at + 1}`).join(', ');
  return transaction(role, schema, settings.statement_timeout_ms, async (client) => {
    if (own) await client.query(`SET LOCAL statement_timeout = ${literal(own)}`);
    const result = found.proretset ? 'coalesce(json_agg(r), \'[]\')::text' : 'to_json(r)::text';
    const source = `${quoted(schema)}.${quoted(name)}(${parameters})`;
    const from = found.is_table ? `(SELECT * FROM ${source}) r` : `${source} r`;
    const [[text]] = await rows(client, `SELECT ${result} FROM ${from}`, values);
    return { status: found.type === 'void' ? 204 : 200, headers: {}, body: found.type === 'void' ? '' : text };
  });
}

const STATUSES = { 23503: 409, 23505: 409, '42P01': 404, 42883: 404, 57014: 500, '54001': 500 };

function statusOf(code, role) {
  if (code === '42501') return role === 'anon' ? 401 : 403;
  if (code in STATUSES) return STATUSES[code];
  if (/^(08|53)/.test(code)) return 503;
  return /^(40|55|XX)/.test(code) ? 500 : 400;
}

function schemaOf(method, headers) {
  const schema = headers[method === 'GET' || method === 'HEAD' ? 'accept-profile' : 'content-profile'] ?? 'public';
  if (settings.exposed.includes(schema)) return schema;
  throw new RestError(406, 'PGRST106', `Invalid schema: ${schema}`, null,
    `Only the following schemas are exposed: ${settings.exposed.join(', ')}`);
}

async function answer(request, url, body, isCut) {
  const { method, headers } = request;
  const role = roleOf(headers);
  const name = decodeURIComponent(url.pathname.slice('/rest/v1/'.length));
  const schema = schemaOf(method, headers);
  try {
    if (name === '') {
      if (role !== 'service_role') throw new RestError(401, '42501', 'permission denied for the description');
      return { status: 200, headers: {}, body: JSON.stringify(await description(pool, schema, role)) };
    }
    if (name.startsWith('rpc/')) return await call(role, schema, name.slice(4), body);
    const table = await tableOf(pool, schema, name);
    const work = { GET: get, HEAD: get, POST: post, PATCH: patch, DELETE: remove }[method];
    if (!work) throw new RestError(405, 'PGRST117', `Unsupported HTTP method: ${method}`);
    return await transaction(role, schema, settings.statement_timeout_ms,
      (client) => work(client, table, url.searchParams, headers, body), isCut);
  } catch (error) {
    if (!error.code) throw error;
    throw new RestError(statusOf(error.code, role), error.code, error.message, error.detail ?? null, error.hint ?? null);
  }
}

async function bodyOf(request, limit = settings.max_body_bytes) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= limit) parts.push(part);
  }
  if (size > limit) throw new RestError(413, undefined, 'Request body too large');
  return Buffer.concat(parts).toString();
}

async function control(request, path, response) {
  const body = await bodyOf(request, Infinity);
  if (path === '/_faults') faults.arm(JSON.parse(body));
  if (path === '/_settings') Object.assign(settings, JSON.parse(body));
  if (path === '/_forget') log = [];
  response.end(JSON.stringify(path === '/_log' ? log : {}));
}

/// A fault that answers in the place of the server; whether it did.
async function fail(fault, request, response) {
  if (fault.kind === 'stall') await wait(fault.seconds);
  if (fault.kind === 'cut') request.socket.destroy();
  if (fault.kind === 'status') {
    response.writeHead(fault.status, fault.headers ?? {});
    response.end(typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {}));
  }
  return fault.kind === 'cut' || fault.kind === 'status';
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/_')) return control(request, url.pathname, response);
  const entry = { method: request.method, path: url.pathname, query: url.search, headers: request.rawHeaders.filter((_, at) => at % 2 === 0),
    user_agent: request.headers['user-agent'], in_flight: inFlight += 1 };
  log.push(entry);
  try {
    const fault = faults.meeting(request.method, request.url);
    if (fault && await fail(fault, request, response)) {
      entry.status = fault.kind;
      return undefined;
    }
    const body = await bodyOf(request);
    entry.bytes = body.length;
    const result = await answer(request, url, body, () => fault?.kind === 'cut before commit');
    entry.status = result.status;
    if (fault?.kind === 'cut after commit') return request.socket.destroy();
    response.writeHead(result.status, { 'content-type': 'application/json; charset=utf-8', ...result.headers });
    if (fault?.kind === 'cut body') {
      response.write(result.body.slice(0, result.body.length / 2));
      return setTimeout(() => request.socket.destroy(), 50);
    }
    if (fault?.kind === 'slow') return await trickle(response, result.body, fault.bytes_per_second);
    return response.end(request.method === 'HEAD' || result.status === 204 ? '' : result.body);
  } catch (error) {
    if (error.message === 'cut') return request.socket.destroy();
    entry.status = error.status ?? 500;
    response.writeHead(entry.status, { 'content-type': 'application/json; charset=utf-8' });
    return response.end(JSON.stringify(error.body ?? { message: String(error.stack) }));
  } finally {
    inFlight -= 1;
  }
}

await pool.query(readFileSync(new URL('setup.sql', import.meta.url), 'utf8'));
const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    request.socket.destroy();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port, keys: someKeys() })}\n`);
});
