// Functions of the database: POST /rpc/name with a JSON object of arguments, GET with them in the query.
import { functionOf } from './catalog.mjs';
import { RestError } from './errors.mjs';
import { concernsRows, conditions, ordering, quoted, selection } from './query_words.mjs';
import { JSON_TYPE, pageAnswer, pageOf, preferences, rowsOf } from './tables.mjs';

// Settings of a function that count for its whole transaction.
const HOISTED = /^(statement_timeout|plan_filter\.statement_cost_limit|default_transaction_isolation)=(.*)$/s;

function argumentsOf({ method, parameters, body }) {
  if (method !== 'POST') return Object.fromEntries([...parameters].filter(([key, value]) => !concernsRows(key, value)));
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new RestError(400, 'PGRST102', 'Empty or invalid json');
  }
}

/// {found, given, body} of a call; the given names decide between functions of one name.
export async function prepareCall(pool, schema, name, request) {
  if (!['GET', 'HEAD', 'POST'].includes(request.method))
    throw new RestError(405, 'PGRST101', `Cannot use the ${request.method} method on RPC`);
  const given = argumentsOf(request);
  const isObject = given !== null && typeof given === 'object' && !Array.isArray(given);
  const keys = isObject ? Object.keys(given) : [];
  const found = await functionOf(pool, schema, name, keys);
  const hoisted = (found.settings ?? []).map((line) => HOISTED.exec(line)).filter(Boolean).map(([, key, value]) => [key, value]);
  const body = request.method === 'POST' ? request.body : Buffer.from(JSON.stringify(given));
  return { found, hoisted, keys, body: body.length > 0 ? body : Buffer.from('{}') };
}

function invocation({ found, keys }) {
  if (found.takesDocument) return { from: '', call: `${found.sql}($1::${found.parameters[0].type})`, usesBody: true };
  if (keys.length === 0) return { from: '', call: `${found.sql}()`, usesBody: false };
  const parameters = keys.map((key) => found.parameters.find((parameter) => parameter.name === key));
  const typed = parameters.map((parameter) => `${quoted(parameter.name)} ${parameter.type}`).join(', ');
  const passed = parameters.map((parameter) => `${quoted(parameter.name)} := body.${quoted(parameter.name)}`).join(', ');
  return { from: `json_to_record($1::json) AS body(${typed}), LATERAL `, call: `${found.sql}(${passed})`, usesBody: true };
}

/// Runs a call. What a function of rows gives can be selected from, ordered and cut as a table is.
export async function call(client, prepared, { parameters, headers, settings, method }) {
  const { found } = prepared;
  const { from, call: invoked, usesBody } = invocation(prepared);
  const values = usesBody ? [prepared.body.toString()] : [];
  if (!found.is_of_rows) {
    const rows = `${from}(SELECT ${invoked} AS value) called`;
    const [[text, count]] = await rowsOf(client, found.is_set
      ? `SELECT coalesce(json_agg(called.value), '[]')::text, count(*) FROM (SELECT * FROM ${rows} LIMIT ${settings.max_rows}) called`
      : `SELECT coalesce(json_agg(called.value)->0, 'null')::text, 1 FROM ${rows}`, values);
    if (found.result === 'void') return { status: 204, headers: { 'content-range': '0-0/*' }, body: '' };
    return { status: 200, headers: { 'content-type': JSON_TYPE, 'content-range': pageAnswer(0, Number(count), null).contentRange }, body: text };
  }
  const filters = new URLSearchParams([...parameters].filter(([key]) => method === 'POST' || !prepared.keys.includes(key)));
  const { offset, limit } = pageOf(filters, headers, settings.max_rows);
  const source = `FROM ${from}${invoked} called${conditions(filters, 'called')}`;
  const body = found.is_set ? "coalesce(json_agg(page), '[]')" : "coalesce(json_agg(page)->0, 'null')";
  const [[counted, text]] = await rowsOf(client,
    `SELECT count(*), ${body}::text FROM (SELECT ${selection(filters.get('select'), 'called').sql} ${source}`
    + `${ordering(filters.get('order'), 'called')} LIMIT ${limit} OFFSET ${offset}) page`, values);
  const isCounted = preferences(headers).count;
  const total = isCounted ? Number((await rowsOf(client, `SELECT count(*) ${source}`, values))[0][0]) : null;
  const { status, contentRange } = pageAnswer(offset, Number(counted), total);
  return { status, headers: { 'content-type': JSON_TYPE, 'content-range': contentRange }, body: text };
}
