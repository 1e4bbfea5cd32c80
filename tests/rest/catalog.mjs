// What PostgREST keeps of the database in its schema cache, read anew for each request.
import { RestError, quoted } from './query_words.mjs';

const COLUMNS = `
  SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS is_required,
         pg_get_expr(d.adbin, d.adrelid) AS default, a.attidentity <> '' AS is_identity,
         CASE WHEN a.atttypid = 'varchar'::regtype AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS length,
         EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) AS is_key
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

class Table {
  constructor(schema, name, columns) {
    this.name = name;
    this.schema = schema;
    this.sql = `${quoted(schema)}.${quoted(name)}`;
    this.columns = columns;
    this.key = columns.filter((column) => column.is_key).map((column) => column.name);
  }
  /// A column of a condition, an order or a selection, with its table: an alias must not be taken for it.
  checked(name, source = this.sql) {
    if (this.columns.some((column) => column.name === name)) return `${source}.${quoted(name)}`;
    throw new RestError(400, '42703', `column ${this.name}.${name} does not exist`);
  }
  /// A column of a body.
  written(name) {
    if (this.columns.some((column) => column.name === name)) return;
    throw new RestError(400, 'PGRST204', `Could not find the '${name}' column of '${this.name}' in the schema cache`);
  }
  typeOf(checkedName) {
    return this.columns.find((column) => this.checked(column.name) === checkedName).type;
  }
}

export async function tableOf(pool, schema, name) {
  const { rows } = await pool.query(`${COLUMNS} AND c.relname = $2 ORDER BY a.attnum`, [schema, name]);
  if (rows.length > 0) return new Table(schema, name, rows);
  throw new RestError(404, 'PGRST205', `Could not find the table '${schema}.${name}' in the schema cache`);
}

function property(column) {
  const described = { format: column.type, type: 'string' };
  if (column.default && !column.default.startsWith('nextval')) described.default = column.default;
  if (column.length) described.maxLength = column.length;
  if (column.is_key) described.description = 'Note:\nThis is a Primary Key.<pk/>';
  return described;
}

/// The OpenAPI document of what a role may see.
export async function description(pool, schema, role) {
  const { rows } = await pool.query(
    `${COLUMNS} AND has_table_privilege($2, c.oid, 'SELECT, INSERT, UPDATE, DELETE') ORDER BY c.relname, a.attnum`,
    [schema, role]);
  const functions = (await pool.query(
    'SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace '
    + "WHERE n.nspname = $1 AND has_function_privilege($2, p.oid, 'EXECUTE')", [schema, role])).rows;
  const definitions = {};
  const paths = { '/': {} };
  for (const column of rows) {
    paths[`/${column.table}`] = {};
    const definition = (definitions[column.table] ??= { required: [], properties: {}, type: 'object' });
    definition.properties[column.name] = property(column);
    if (column.is_required) definition.required.push(column.name);
  }
  for (const { proname } of functions) paths[`/rpc/${proname}`] = {};
  for (const definition of Object.values(definitions)) {
    if (definition.required.length === 0) delete definition.required;
  }
  return { swagger: '2.0', info: { title: 'PostgREST API' }, paths, definitions };
}
