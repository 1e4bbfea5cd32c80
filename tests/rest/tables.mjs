// Rows of a table: read, inserted, changed, removed. Each is one statement whose JSON the database makes.
import { RestError } from './errors.mjs';
import { conditions, literal, names, ordering, quoted, selection } from './query_words.mjs';

export const JSON_TYPE = 'application/json; charset=utf-8';
const OBJECT = 'application/vnd.pgrst.object+json';

/// "return=minimal, count=exact" as {return: 'minimal', count: 'exact'}.
export function preferences(headers) {
  const pairs = (headers.prefer ?? '').split(',').map((word) => word.trim().split('='));
  return Object.fromEntries(pairs.filter(([key, value]) => key && value));
}

const applied = (prefer, keys) => {
  const words = keys.filter((key) => prefer[key]).map((key) => `${key}=${prefer[key]}`);
  return words.length > 0 ? { 'preference-applied': words.join(', ') } : {};
};

export const rowsOf = async (client, sql, values = []) => (await client.query({ text: sql, values, rowMode: 'array' })).rows;

const wantsObject = (headers) => (headers.accept ?? '').startsWith(OBJECT);

/// The SQL of the answer's body from rows under a name.
const bodySql = (rows, isObject) => (isObject ? `(json_agg(${rows})->0)::text` : `coalesce(json_agg(${rows}), '[]')::text`);

function checkObject(isObject, count) {
  if (isObject && count !== 1)
    throw new RestError(406, 'PGRST116', 'Cannot coerce the result to a single JSON object', `The result contains ${count} rows`);
}

const bodyHeaders = (isObject) => ({ 'content-type': isObject ? `${OBJECT}; charset=utf-8` : JSON_TYPE });

/// {offset, limit}: what Range, offset= and limit= have in common, cut to the cap.
export function pageOf(parameters, headers, maxRows) {
  const unsatisfiable = (details) => new RestError(416, 'PGRST103', 'Requested range not satisfiable', details);
  const limit = /^-?\d+$/.test(parameters.get('limit') ?? '') ? Number(parameters.get('limit')) : Infinity;
  if (limit < 0) throw unsatisfiable('Limit should be greater than or equal to zero.');
  let offset = /^\d+$/.test(parameters.get('offset') ?? '') ? Number(parameters.get('offset')) : 0;
  let end = offset + limit;
  const range = /^(\d+)-(\d*)$/.exec(headers.range ?? '');
  if (range) {
    const [first, last] = [Number(range[1]), range[2] === '' ? Infinity : Number(range[2])];
    if (last < first) throw unsatisfiable('The lower boundary must be lower than or equal to the upper boundary in the Range header.');
    [offset, end] = [Math.max(offset, first), Math.min(end, last + 1)];
  }
  return { offset, limit: Math.max(0, Math.min(end - offset, maxRows)) };
}

export function pageAnswer(offset, count, total) {
  if (total !== null && offset > total)
    throw new RestError(416, 'PGRST103', 'Requested range not satisfiable', `An offset of ${offset} was requested, but there are only ${total} rows.`);
  const span = count > 0 && total !== 0 ? `${offset}-${offset + count - 1}` : '*';
  return { status: total !== null && count < total ? 206 : 200, contentRange: `${span}/${total ?? '*'}` };
}

async function totalOf(client, prefer, from, maxRows) {
  if (!prefer.count || prefer.count === 'none') return null;
  const planned = async () => Number((await rowsOf(client, `EXPLAIN (FORMAT JSON) SELECT 1 ${from}`))[0][0][0].Plan['Plan Rows']);
  if (prefer.count === 'planned') return planned();
  const exact = Number((await rowsOf(client, `SELECT count(*) ${from}`))[0][0]);
  return prefer.count === 'estimated' && exact > maxRows ? Math.max(exact, await planned()) : exact;
}

export async function get(client, { table, parameters, headers, settings }) {
  const prefer = preferences(headers);
  const { offset, limit } = pageOf(parameters, headers, settings.max_rows);
  const isObject = wantsObject(headers);
  const from = `FROM ${table.sql}${conditions(parameters, table.sql)}`;
  const [[counted, body]] = await rowsOf(client,
    `SELECT count(*), ${bodySql('page', isObject)} FROM (SELECT ${selection(parameters.get('select'), table.sql).sql} ${from}`
    + `${ordering(parameters.get('order'), table.sql)} LIMIT ${limit} OFFSET ${offset}) page`);
  const count = Number(counted);
  checkObject(isObject, count);
  const { status, contentRange } = pageAnswer(offset, count, await totalOf(client, prefer, from, settings.max_rows));
  const headersOut = { ...bodyHeaders(isObject), 'content-range': contentRange, ...applied(prefer, ['count']) };
  return { status, headers: headersOut, body };
}

/// Runs a change. `news` is an expression that tells an inserted row from an updated one.
async function change(client, request, sql, values, { news = 'true', isInsert = false } = {}) {
  const { table, parameters, headers } = request;
  const prefer = preferences(headers);
  const [isShown, isObject] = [prefer.return === 'representation', wantsObject(headers)];
  const { columns, sql: shown } = selection(isShown ? parameters.get('select') : null, 'changed');
  const all = columns === null ? table.columns.map((column) => column.name) : columns;
  const located = isInsert && prefer.return === 'headers-only' ? table.key : [];
  const given = (isShown ? all : located).map((name) => `${table.sql}.${quoted(name)}`);
  const list = columns === null ? all.map((name) => `changed.${quoted(name)}`).join(', ') : shown;
  const location = located.map((name) => `${literal(`${name}=`)} || coalesce('eq.' || min(${quoted(name)}::text), 'is.null')`).join(" || '&' || ");
  const [[counted, inserted, body, where]] = await rowsOf(client,
    `WITH changed AS (${sql} RETURNING ${[`${news} AS pgrst_is_new`, ...given].join(', ')}) `
    + `SELECT count(*), count(*) FILTER (WHERE pgrst_is_new), `
    + `${isShown ? `(SELECT ${bodySql('shown', isObject)} FROM (SELECT ${list} FROM changed) shown)` : "''"}, `
    + `${location || 'NULL'} FROM changed`, values);
  const count = Number(counted);
  if (isShown) checkObject(isObject, count);
  if (prefer.handling === 'strict' && Number(prefer['max-affected'] ?? Infinity) < count)
    throw new RestError(400, 'PGRST124', 'Query result exceeds max-affected preference constraint', `The query affects ${count} rows`);
  return {
    count, inserted: Number(inserted), prefer, body: isShown ? body : '', total: prefer.count ? count : '*',
    headers: { ...(isShown ? bodyHeaders(isObject) : {}), ...(where && count === 1 ? { location: `/${table.name}?${where}` } : {}) },
    isShown,
  };
}

const firstCharacter = (body) => /\S/.exec(body.subarray(0, 64).toString('latin1'))?.[0];

/// The columns that a body names, which is read only if the request does not say them.
function columnsOf(parameters, table, body) {
  let list;
  if (parameters.get('columns')) {
    list = names(parameters.get('columns'), 'columns parameter');
  } else {
    let objects;
    try {
      objects = [JSON.parse(body.toString())].flat();
    } catch {
      throw new RestError(400, 'PGRST102', 'Empty or invalid json');
    }
    if (objects.some((object) => object === null || typeof object !== 'object'))
      throw new RestError(400, 'PGRST102', 'Empty or invalid json');
    list = Object.keys(objects[0] ?? {});
    const wanted = new Set(list);
    const isSame = (object) => Object.keys(object).length === wanted.size && Object.keys(object).every((key) => wanted.has(key));
    if (!objects.every(isSame)) throw new RestError(400, 'PGRST102', 'All object keys must match');
  }
  return list.map((name) => table.written(name));
}

/// What a body holds as {sql: "FROM …", values}. It goes to the database as it came.
function rowsOfBody(columns, body, areDefaultsWanted) {
  const isObject = firstCharacter(body) === '{';
  if (columns.length === 0)
    return isObject ? { sql: 'FROM (VALUES (1)) body', values: [] } : { sql: 'FROM json_array_elements($1::json) body', values: [body] };
  const typed = columns.map((column) => `${quoted(column.name)} ${column.written_type}`).join(', ');
  if (!areDefaultsWanted) return { sql: `FROM json_to_record${isObject ? '' : 'set'}($1::json) AS body(${typed})`, values: [body] };
  const defaults = columns.filter((column) => column.default).map((column) => `${literal(column.name)}, ${column.default}`).join(', ');
  const completed = isObject ? `jsonb_build_object(${defaults}) || $1::jsonb`
    : `(SELECT jsonb_agg(jsonb_build_object(${defaults}) || element) FROM jsonb_array_elements($1::jsonb) element)`;
  return { sql: `FROM jsonb_to_record${isObject ? '' : 'set'}(${completed}) AS body(${typed})`, values: [body.toString()] };
}

function conflictClause(prefer, parameters, table, list) {
  const key = parameters.get('on_conflict') ? names(parameters.get('on_conflict'), 'on_conflict parameter') : table.key;
  if (!prefer.resolution || key.length === 0) return '';
  const target = ` ON CONFLICT (${key.map(quoted).join(', ')})`;
  if (prefer.resolution === 'ignore-duplicates' || list.length === 0) return `${target} DO NOTHING`;
  return `${target} DO UPDATE SET ${list.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}`;
}

export async function post(client, request) {
  const { table, parameters, headers, body } = request;
  const prefer = preferences(headers);
  const columns = columnsOf(parameters, table, body);
  const list = columns.map((column) => quoted(column.name));
  const source = rowsOfBody(columns, body, prefer.missing === 'default');
  const conflict = conflictClause(prefer, parameters, table, list);
  const into = list.length > 0 ? `(${list.join(', ')})` : '';
  const sql = `INSERT INTO ${table.sql}${into} SELECT ${list.map((column) => `body.${column}`).join(', ')} ${source.sql}${conflict}`;
  const isMerge = conflict.includes('DO UPDATE');
  const done = await change(client, request, sql, source.values, { news: isMerge ? '(xmax = 0)' : 'true', isInsert: true });
  const headersOut = {
    ...done.headers, 'content-range': `*/${done.total}`,
    ...applied(prefer, [...(conflict ? ['resolution'] : []), 'missing', 'return', 'count']),
  };
  return { status: isMerge && done.inserted === 0 ? 200 : 201, headers: headersOut, body: done.body };
}

/// As the extension safeupdate does, which Supabase loads for its API.
function checkCondition(verb, where) {
  if (!where) throw new RestError(400, '21000', `${verb} requires a WHERE clause`);
}

const changeStatus = (done) => (done.isShown ? 200 : 204);

export async function patch(client, request) {
  const { table, parameters, headers, body } = request;
  const prefer = preferences(headers);
  const columns = columnsOf(parameters, table, body);
  const where = conditions(parameters, table.sql);
  if (columns.length === 0) return { status: 204, headers: { 'content-range': '*/*' }, body: '' };
  checkCondition('UPDATE', where);
  const source = rowsOfBody(columns, body, prefer.missing === 'default');
  const changes = columns.map(({ name }) => `${quoted(name)} = body.${quoted(name)}`).join(', ');
  const done = await change(client, request, `UPDATE ${table.sql} SET ${changes} ${source.sql}${where}`, source.values);
  const span = done.count > 0 ? `0-${done.count - 1}` : '*';
  const headersOut = { ...done.headers, 'content-range': `${span}/${done.total}`, ...applied(prefer, ['missing', 'return', 'count']) };
  return { status: changeStatus(done), headers: headersOut, body: done.body };
}

export async function remove(client, request) {
  const { table, parameters, headers } = request;
  const where = conditions(parameters, table.sql);
  checkCondition('DELETE', where);
  const done = await change(client, request, `DELETE FROM ${table.sql}${where}`, []);
  const headersOut = { ...done.headers, 'content-range': `*/${done.total}`, ...applied(preferences(headers), ['return', 'count']) };
  return { status: changeStatus(done), headers: headersOut, body: done.body };
}
