// The query string of PostgREST as SQL. Its grammar: PostgREST's documentation, "Tables and Views".
// Names of columns go to the database unchecked: what it says of an unknown one is what PostgREST answers.
import { RestError } from './errors.mjs';

export const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
export const literal = (text) => `'${text.replaceAll("'", "''")}'`;

const OPERATORS = {
  eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=', like: 'LIKE', ilike: 'ILIKE', match: '~', imatch: '~*',
  isdistinct: 'IS DISTINCT FROM', cs: '@>', cd: '<@', ov: '&&', sl: '<<', sr: '>>', nxl: '&>', nxr: '&<', adj: '-|-',
};
const OF_SEVERAL = new Set(['eq', 'gte', 'gt', 'lte', 'lt', 'like', 'ilike', 'match', 'imatch']);
const STATES = { null: 'NULL', not_null: 'NOT NULL', true: 'TRUE', false: 'FALSE', unknown: 'UNKNOWN' };
const ORDERS = { asc: 'ASC', desc: 'DESC' };
const NULLS = { nullsfirst: 'NULLS FIRST', nullslast: 'NULLS LAST' };

class Reader {
  constructor(text, what) {
    this.text = text;
    this.what = what;
    this.at = 0;
  }

  get isOver() {
    return this.at >= this.text.length;
  }

  fail(expected) {
    const seen = this.isOver ? 'end of input' : JSON.stringify(this.text[this.at]);
    throw new RestError(400, 'PGRST100', `"failed to parse ${this.what} (${this.text})" (line 1, column ${this.at + 1})`,
      `unexpected ${seen} expecting ${expected}`);
  }

  peek(word) {
    return this.text.startsWith(word, this.at);
  }

  take(word) {
    if (!this.peek(word)) return false;
    this.at += word.length;
    return true;
  }

  expect(word) {
    if (!this.take(word)) this.fail(JSON.stringify(word));
  }

  expectEnd() {
    if (!this.isOver) this.fail('end of input');
  }

  /// What the pattern matches here, which may be nothing.
  match(pattern) {
    const sticky = new RegExp(pattern.source, 'uy');
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  rest() {
    const rest = this.text.slice(this.at);
    this.at = this.text.length;
    return rest;
  }

  quotedWord() {
    const inside = this.match(/"(?:[^"\\]|\\[^])*"/);
    if (inside === '') this.fail('"\\""');
    return inside.slice(1, -1).replace(/\\([^])/gu, '$1');
  }

  /// The name of a column: in quotes, or of letters, digits and some more.
  name() {
    if (this.peek('"')) return this.quotedWord();
    const name = this.match(/[\p{L}\p{N}_ $]+(?:-(?!>)[\p{L}\p{N}_ $]+)*/).trim();
    if (name === '') this.fail('field name (* or [a..z0..9_$])');
    return name;
  }

  /// A value inside of parentheses.
  element() {
    if (this.peek('"')) {
      const begin = this.at;
      const word = this.quotedWord();
      if (this.isOver || /[,)]/.test(this.text[this.at])) return word;
      this.at = begin;
    }
    return this.match(/[^,)]*/);
  }

  listOf(read) {
    const items = [read()];
    while (this.take(',')) items.push(read());
    return items;
  }
}

/// A column, or what lies in it: {sql, label, column}.
function field(reader, source) {
  const column = reader.name();
  let [sql, label] = [`${source}.${quoted(column)}`, column];
  for (let arrow = reader.match(/->>?/); arrow !== ''; arrow = reader.match(/->>?/)) {
    const index = reader.match(/-?\d+(?=->|::|\.|,|$)/);
    if (index === '') label = reader.name();
    sql += `${arrow}${index === '' ? literal(label) : index}`;
  }
  return { sql, label, column };
}

function arrayLiteral(values) {
  if (values.length === 1 && values[0] === '') return "'{}'";
  return literal(`{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`);
}

function comparison(column, reader, readValue) {
  const negation = reader.take('not.') ? 'NOT ' : '';
  if (reader.take('in.')) {
    reader.expect('(');
    const values = reader.listOf(() => reader.element());
    reader.expect(')');
    return `${negation}${column} = ANY (${arrayLiteral(values)})`;
  }
  if (reader.take('is.')) {
    const state = STATES[reader.match(/\w+/).toLowerCase()];
    if (!state) reader.fail('null or trilean value (unknown, true, false)');
    return `${negation}${column} IS ${state}`;
  }
  const [, operator, several] = /^(\w*)(?:\((any|all)\))?$/.exec(reader.match(/[^.]*/)) ?? [];
  if (!(operator in OPERATORS) || (several && !OF_SEVERAL.has(operator))) reader.fail('operator (eq, gt, ...)');
  reader.expect('.');
  const value = readValue();
  const text = literal(operator.endsWith('like') ? value.replaceAll('*', '%') : value);
  return `${negation}${column} ${OPERATORS[operator]} ${several ? `${several}(${text})` : text}`;
}

/// "and(a.eq.1,or(b.gt.2,c.is.null))" and what stands in such a list.
function tree(reader, source) {
  const opening = reader.match(/(?:not\.)?(?:and|or)\(/);
  if (opening === '') {
    const { sql } = field(reader, source);
    reader.expect('.');
    return comparison(sql, reader, () => reader.element());
  }
  const parts = reader.listOf(() => tree(reader, source));
  reader.expect(')');
  return `${opening.startsWith('not.') ? 'NOT ' : ''}(${parts.join(opening.endsWith('or(') ? ' OR ' : ' AND ')})`;
}

const RESERVED = new Set(['select', 'order', 'limit', 'offset', 'columns', 'on_conflict']);

/// Whether a part of a query string is meant for the rows and not for a function.
export function concernsRows(key, value) {
  const word = /^(?:not\.)?(\w+)(?:\((?:any|all)\))?\./.exec(value)?.[1];
  return RESERVED.has(key) || /^(not\.)?(and|or)$/.test(key) || word === 'in' || word === 'is' || word in OPERATORS;
}

/// The conditions of a request as " WHERE …", empty where there are none.
export function conditions(parameters, source) {
  const parts = [];
  for (const [key, value] of parameters) {
    if (RESERVED.has(key)) continue;
    if (/^(not\.)?(and|or)$/.test(key)) {
      const reader = new Reader(`${key}${value}`, 'logic tree');
      parts.push(tree(reader, source));
      reader.expectEnd();
      continue;
    }
    const keyReader = new Reader(key, 'tree path');
    const { sql } = field(keyReader, source);
    keyReader.expectEnd();
    const reader = new Reader(value, 'filter');
    parts.push(comparison(sql, reader, () => reader.rest()));
    reader.expectEnd();
  }
  return parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : '';
}

/// "id,total:amount::text" as {sql: the list of a SELECT from `source`, columns: what it needs, null for all}.
export function selection(text, source) {
  if (!text) return { sql: `${source}.*`, columns: null };
  const reader = new Reader(text, 'select parameter');
  const columns = [];
  const items = reader.listOf(() => {
    if (reader.take('*')) {
      columns.push(null);
      return `${source}.*`;
    }
    const begin = reader.at;
    let alias = reader.name();
    if (reader.peek('::') || !reader.take(':')) {
      reader.at = begin;
      alias = null;
    }
    const { sql, label, column } = field(reader, source);
    const cast = reader.take('::') ? reader.match(/[\p{L}\p{N}_ $]+/) : null;
    if (cast === '') reader.fail('letter or digit');
    columns.push(column);
    return `${cast ? `CAST(${sql} AS ${cast})` : sql} AS ${quoted(alias ?? label)}`;
  });
  reader.expectEnd();
  return { sql: items.join(', '), columns: columns.includes(null) ? null : [...new Set(columns)] };
}

export function ordering(text, source) {
  if (!text) return '';
  const reader = new Reader(text, 'order');
  const parts = reader.listOf(() => {
    const { sql } = field(reader, source);
    const words = reader.match(/(?:\.[^.,]*)*/).split('.').slice(1);
    const direction = words[0] in ORDERS ? ORDERS[words.shift()] : '';
    const nulls = words[0] in NULLS ? NULLS[words.shift()] : '';
    if (words.length > 0) reader.fail('"asc", "desc", "nullsfirst" or "nullslast"');
    return `${sql} ${direction} ${nulls}`;
  });
  reader.expectEnd();
  return ` ORDER BY ${parts.join(', ')}`;
}

/// The names in columns= and on_conflict=.
export function names(text, what) {
  const reader = new Reader(text, what);
  const list = reader.listOf(() => reader.name());
  reader.expectEnd();
  return list;
}
