// What PostgREST keeps of the database in its schema cache, read anew for each request.
import { RestError } from './errors.mjs';
import { quoted } from './query_words.mjs';

// A domain over one of the server's own types is shown as that type; a length is told apart.
export const COLUMNS = `
  SELECT c.relname AS table, obj_description(c.oid, 'pg_class') AS table_comment, a.attname AS name,
         col_description(c.oid, a.attnum) AS comment, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS is_required,
         CASE WHEN coalesce(base.typnamespace, t.typnamespace) = 'pg_catalog'::regnamespace
              THEN format_type(coalesce(base.oid, t.oid), NULL) ELSE format_type(a.atttypid, a.atttypmod) END AS type,
         format_type(a.atttypid, a.atttypmod) AS written_type,
         information_schema._pg_char_max_length(information_schema._pg_truetypid(a, t),
                                                information_schema._pg_truetypmod(a, t)) AS length,
         CASE WHEN a.attidentity = 'd'
              THEN format('nextval(%L)', pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname))
              WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS default,
         EXISTS (SELECT FROM pg_index i
                  WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) AS is_key,
         (SELECT json_build_array(f.relname, fa.attname)
            FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
            JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = k.confkey[1]
           WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS refers_to,
         (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e
           WHERE e.enumtypid = coalesce(base.oid, t.oid)) AS labels,
         pg_relation_is_updatable(c.oid, true) <> 0 AS is_writable
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type base ON t.typtype = 'd' AND base.oid = t.typbasetype
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

const FUNCTIONS = `
  SELECT p.proname AS name, obj_description(p.oid, 'pg_proc') AS comment, p.proconfig AS settings,
         p.proretset AS is_set, p.provolatile = 'v' AS is_volatile, format_type(p.prorettype, NULL) AS result,
         t.typtype = 'c' OR 't' = ANY (p.proargmodes) OR t.typname = 'record' AS is_of_rows, p.pronargdefaults,
         coalesce((SELECT json_agg(json_build_object('name', coalesce(p.proargnames[at], ''),
                                                     'type', format_type(type, NULL),
                                                     'is_required', at <= p.pronargs - p.pronargdefaults) ORDER BY at)
                     FROM unnest(p.proargtypes) WITH ORDINALITY AS u(type, at)), '[]') AS parameters
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_type t ON t.oid = p.prorettype
   WHERE n.nspname = $1 AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype`;

export class Table {
  constructor(schema, name, columns) {
    this.name = name;
    this.sql = `${quoted(schema)}.${quoted(name)}`;
    this.columns = columns;
    this.key = columns.filter((column) => column.is_key).map((column) => column.name);
  }

  /// The column of a body.
  written(name) {
    const column = this.columns.find((candidate) => candidate.name === name);
    if (column) return column;
    throw new RestError(400, 'PGRST204', `Could not find the '${name}' column of '${this.name}' in the schema cache`);
  }
}

function distance(left, right) {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[right.length];
}

/// The name that is nearly the one asked for.
function similar(name, candidates) {
  const likeness = (other) => 1 - distance(name, other) / Math.max(name.length, other.length, 1);
  const [best] = candidates.sort((left, right) => likeness(right) - likeness(left));
  return best !== undefined && likeness(best) >= 0.75 ? best : null;
}

export async function tableOf(pool, schema, name) {
  const { rows } = await pool.query({ name: 'table', text: `${COLUMNS} AND c.relname = $2 ORDER BY a.attnum`, values: [schema, name] });
  if (rows.length > 0) return new Table(schema, name, rows);
  const others = (await pool.query(`SELECT DISTINCT t.table FROM (${COLUMNS}) t`, [schema])).rows.map((row) => row.table);
  const meant = similar(name, others);
  throw new RestError(404, 'PGRST205', `Could not find the table '${schema}.${name}' in the schema cache`, null,
    meant && `Perhaps you meant the table '${schema}.${meant}'`);
}

const isOfOneDocument = (candidate) =>
  candidate.parameters.length === 1 && candidate.parameters[0].name === '' && /^jsonb?$/.test(candidate.parameters[0].type);

/// The function that takes these arguments.
export async function functionOf(pool, schema, name, given) {
  const { rows } = await pool.query(`${FUNCTIONS} AND p.proname = $2`, [schema, name]);
  const takes = (candidate) => given.every((key) => candidate.parameters.some((parameter) => parameter.name === key))
    && candidate.parameters.every((parameter) => !parameter.is_required || given.includes(parameter.name));
  const named = rows.filter((candidate) => !isOfOneDocument(candidate) && takes(candidate));
  if (named.length > 1) {
    const shown = named.map((one) => `${schema}.${name}(${one.parameters.map((p) => `${p.name} => ${p.type}`).join(', ')})`);
    throw new RestError(300, 'PGRST203', `Could not choose the best candidate function between: ${shown.join(', ')}`, null,
      'Try renaming the parameters or the function itself in the database so function overloading can be resolved');
  }
  const found = named[0] ?? rows.find(isOfOneDocument);
  if (found) return { ...found, takesDocument: isOfOneDocument(found), sql: `${quoted(schema)}.${quoted(name)}` };

  const list = given.length > 0 ? `(${given.join(', ')})` : ' without parameters';
  const searched = given.length > 0 ? ` with parameter${given.length > 1 ? 's' : ''} ${given.join(', ')}` : ' without parameters';
  const others = (await pool.query(FUNCTIONS, [schema])).rows.map((row) => row.name);
  const meant = rows.length === 0 ? similar(name, others) : null;
  throw new RestError(404, 'PGRST202', `Could not find the function ${schema}.${name}${list} in the schema cache`,
    `Searched for the function ${schema}.${name}${searched} or with a single unnamed json/jsonb parameter, but no matches were `
    + 'found in the schema cache.', meant && `Perhaps you meant to call the function ${schema}.${meant}`);
}

/// The tables and functions that the role of the connection may use.
export async function usable(client, schema) {
  const { rows } = await client.query(`${COLUMNS}
     AND (has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
          OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))
   ORDER BY c.relname, a.attnum`, [schema]);
  const functions = (await client.query(`${FUNCTIONS} AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY p.proname`, [schema])).rows;
  return { columns: rows, functions };
}
