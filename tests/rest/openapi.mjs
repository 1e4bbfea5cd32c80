// The description of a schema that PostgREST serves at its root: OpenAPI 2.0.

const TYPES = {
  'character varying': 'string', character: 'string', text: 'string', boolean: 'boolean', smallint: 'integer',
  integer: 'integer', bigint: 'integer', numeric: 'number', real: 'number', 'double precision': 'number',
};

function typeOf(type) {
  if (type === 'json' || type === 'jsonb') return {};
  if (type.endsWith('[]')) return { type: 'array', items: { ...typeOf(type.slice(0, -2)) } };
  return { type: TYPES[type] ?? 'string' };
}

/// A default that is a value; of others only those of texts are shown, as their expression.
function defaultOf({ type, default: expression }) {
  if (expression === null) return {};
  if (typeOf(type).type === 'string') {
    const isCast = expression.endsWith(`::${type}`);
    return { default: isCast ? expression.slice(0, -type.length - 2).replace(/^'+|'+$/g, '') : expression };
  }
  try {
    return { default: JSON.parse(expression) };
  } catch {
    return {};
  }
}

function descriptionOf(column) {
  const notes = [];
  if (column.is_key) notes.push('This is a Primary Key.<pk/>');
  if (column.refers_to) {
    const [table, name] = column.refers_to;
    notes.push(`This is a Foreign Key to \`${table}.${name}\`.<fk table='${table}' column='${name}'/>`);
  }
  if (notes.length === 0) return column.comment === null ? {} : { description: column.comment };
  const before = column.comment === null ? '' : `${column.comment}\n\n`;
  return { description: before + ['Note:', ...notes].join('\n') };
}

const property = (column) => ({
  ...descriptionOf(column), ...defaultOf(column), ...(column.labels ? { enum: column.labels } : {}), format: column.type,
  ...(column.length === null ? {} : { maxLength: column.length }), ...typeOf(column.type),
});

const reference = (name) => ({ $ref: `#/parameters/${name}` });
const inQuery = (name) => ({ name, in: 'query', required: false, type: 'string' });

function tablePath(name, columns) {
  const filters = columns.map((column) => reference(`rowFilter.${name}.${column.name}`));
  const [body, tags] = [reference(`body.${name}`), [name]];
  const page = ['select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount'].map(reference);
  const path = {
    get: {
      tags, parameters: [...filters, ...page],
      responses: {
        200: { description: 'OK', schema: { type: 'array', items: { $ref: `#/definitions/${name}` } } },
        206: { description: 'Partial Content' },
      },
    },
  };
  if (columns[0].is_writable) {
    const none = { 204: { description: 'No Content' } };
    path.post = { tags, parameters: [body, reference('select'), reference('preferPost')], responses: { 201: { description: 'Created' } } };
    path.delete = { tags, parameters: [...filters, reference('preferReturn')], responses: none };
    path.patch = { tags, parameters: [...filters, body, reference('preferReturn')], responses: none };
  }
  return path;
}

function functionPath({ name, parameters, is_volatile: isVolatile }) {
  const properties = Object.fromEntries(parameters.map((one) => [one.name, { format: one.type, ...typeOf(one.type) }]));
  const required = parameters.filter((one) => one.is_required).map((one) => one.name);
  const operation = {
    tags: [`(rpc) ${name}`],
    produces: ['application/json', 'application/vnd.pgrst.object+json;nulls=stripped', 'application/vnd.pgrst.object+json'],
    responses: { 200: { description: 'OK' } },
  };
  const schema = { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
  const post = { ...operation, parameters: [{ name: 'args', in: 'body', required: true, schema }, reference('preferParams')] };
  const get = {
    ...operation,
    parameters: parameters.map((one) => ({
      name: one.name, in: 'query', required: one.is_required, format: one.type,
      type: one.type.endsWith('[]') ? 'string' : typeOf(one.type).type ?? 'string',
    })),
  };
  return isVolatile ? { post } : { get, post };
}

function sharedParameters() {
  const prefer = (words) => ({ name: 'Prefer', in: 'header', required: false, type: 'string', enum: words });
  const results = ['return=representation', 'return=minimal', 'return=none'];
  const page = Object.fromEntries(['select', 'on_conflict', 'order', 'offset', 'limit'].map((name) => [name, inQuery(name)]));
  return {
    preferParams: prefer([]), preferReturn: prefer(results), preferCount: prefer(['count=none']),
    preferPost: prefer([...results, 'resolution=ignore-duplicates', 'resolution=merge-duplicates']), ...page,
    range: { name: 'Range', in: 'header', required: false, type: 'string' },
    rangeUnit: { name: 'Range-Unit', in: 'header', required: false, type: 'string', default: 'items' },
  };
}

/// The document for what catalog.mjs found usable.
export function describe({ columns, functions }, host) {
  const tables = new Map();
  for (const column of columns) tables.set(column.table, [...(tables.get(column.table) ?? []), column]);
  const [paths, definitions, parameters] = [{}, {}, sharedParameters()];
  paths['/'] = { get: { tags: ['Introspection'], produces: ['application/openapi+json', 'application/json'], responses: { 200: { description: 'OK' } } } };
  for (const [name, own] of tables) {
    const required = own.filter((column) => column.is_required).map((column) => column.name);
    definitions[name] = {
      ...(own[0].table_comment === null ? {} : { description: own[0].table_comment }),
      ...(required.length > 0 ? { required } : {}),
      properties: Object.fromEntries(own.map((column) => [column.name, property(column)])), type: 'object',
    };
    paths[`/${name}`] = tablePath(name, own);
    parameters[`body.${name}`] = { name, in: 'body', required: false, schema: { $ref: `#/definitions/${name}` } };
    for (const column of own) parameters[`rowFilter.${name}.${column.name}`] = inQuery(column.name);
  }
  for (const one of functions) paths[`/rpc/${one.name}`] = functionPath(one);
  return {
    swagger: '2.0', info: { title: 'PostgREST API', description: '', version: '14.1' }, host, basePath: '/', schemes: ['http'],
    consumes: ['application/json'], produces: ['application/json'], paths, definitions, parameters,
  };
}
