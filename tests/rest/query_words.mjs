// The query string of PostgREST as SQL. Its grammar: PostgREST documentation, Tables and Views.

export class RestError extends Error {
  constructor(status, code, message, details = null, hint = null) {
    super(message);
    this.status = status;
    this.body = { code, message, details, hint };
  }
}

export const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
export const literal = (text) => `'${text.replaceAll("'", "''")}'`;

const OPERATORS = {
  eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=', like: 'LIKE', ilike: 'ILIKE',
};

const malformed = (text) =>
  new RestError(400, 'PGRST100', `"failed to parse (${text})" (line 1, column 1)`, 'unexpected text');

/// Reads words, quoted or not, and lists in parentheses.
class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }
  get isOver() {
    return this.at >= this.text.length;
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
    if (!this.take(word)) throw malformed(this.text);
  }
  /// Up to one of the characters that end it, or in quotes.
  word(ends) {
    if (this.take('"')) {
      let word = '';
      while (!this.take('"')) {
        if (this.isOver) throw malformed(this.text);
        if (this.peek('\\')) this.at += 1;
        word += this.text[this.at++];
      }
      return word;
    }
    const begin = this.at;
    while (!this.isOver && !ends.includes(this.text[this.at])) this.at += 1;
    return this.text.slice(begin, this.at);
  }
  list() {
    this.expect('(');
    const words = [];
    if (this.take(')')) return words;
    do words.push(this.word(',)'));
    while (this.take(','));
    this.expect(')');
    return words;
  }
}

function comparison(column, reader, ends) {
  const isNegated = reader.take('not.');
  const operator = reader.word('.(');
  reader.expect('.');
  const positive = () => {
    if (operator === 'in') return `${column} = ANY (ARRAY[${reader.list().map(literal).join(',')}]::text[]::__type__[])`;
    if (operator === 'is') {
      const word = reader.word(ends).toLowerCase();
      if (!['null', 'true', 'false', 'unknown'].includes(word)) throw malformed(reader.text);
      return `${column} IS ${word}`;
    }
    if (operator === 'isdistinct') return `${column} IS DISTINCT FROM ${literal(reader.word(ends))}`;
    if (!(operator in OPERATORS)) throw malformed(reader.text);
    const value = ends === '' ? reader.text.slice(reader.at) : reader.word(ends);
    if (ends === '') reader.at = reader.text.length;
    const text = operator.endsWith('like') ? value.replaceAll('*', '%') : value;
    return `${column} ${OPERATORS[operator]} ${literal(text)}`;
  };
  const condition = positive();
  return isNegated ? `NOT (${condition})` : condition;
}

/// "and(a.eq.1,or(b.gt.2,c.is.null))" and what stands in a list of such.
function tree(reader, name) {
  for (const [word, joiner] of [['and', ' AND '], ['or', ' OR '], ['not.and', ' AND '], ['not.or', ' OR ']]) {
    if (!reader.take(`${word}(`)) continue;
    const parts = [];
    do parts.push(tree(reader, name));
    while (reader.take(','));
    reader.expect(')');
    return `${word.startsWith('not.') ? 'NOT ' : ''}(${parts.join(joiner)})`;
  }
  const column = reader.word('.');
  reader.expect('.');
  return comparison(name(column), reader, ',)');
}

const RESERVED = new Set(['select', 'order', 'limit', 'offset', 'columns', 'on_conflict']);

/// The WHERE of a request; `table` knows its columns' types.
export function conditions(parameters, table) {
  const name = (column) => table.checked(column);
  const parts = [];
  for (const [key, value] of parameters) {
    if (RESERVED.has(key)) continue;
    if (['and', 'or', 'not.and', 'not.or'].includes(key)) {
      const reader = new Reader(`${key}${value}`);
      parts.push(tree(reader, name));
      if (!reader.isOver) throw malformed(value);
      continue;
    }
    const column = name(new Reader(key).word(''));
    const reader = new Reader(value);
    parts.push(comparison(column, reader, ''));
    if (!reader.isOver) throw malformed(value);
  }
  const typed = parts.map((part) =>
    part.replace(/((?:"(?:[^"]|"")+"\.?){3}) = ANY \((.*)::__type__\[\]\)/gs, (_, column, array) =>
      `${column} = ANY (${array}::${table.typeOf(column)}[])`));
  return typed.length > 0 ? ` WHERE ${typed.join(' AND ')}` : '';
}

/// "id,total:amount::text" as the columns of a SELECT from the table, or from what has its columns.
export function selection(text, table, source = table.sql) {
  if (!text || text === '*') return '*';
  const reader = new Reader(text);
  const columns = [];
  do {
    let column = reader.word(',:');
    let alias = null;
    if (column === '*') {
      columns.push('*');
      continue;
    }
    if (reader.peek(':') && !reader.peek('::')) {
      reader.take(':');
      alias = column;
      column = reader.word(',:');
    }
    const name = table.checked(column, source);
    const cast = reader.take('::') ? `::${reader.word(',').replace(/[^a-z0-9 ]/gi, '')}` : '';
    columns.push(`${name}${cast} AS ${quoted(alias ?? column)}`);
  } while (reader.take(','));
  if (!reader.isOver) throw malformed(text);
  return columns.join(', ');
}

export function ordering(text, table) {
  if (!text) return '';
  const reader = new Reader(text);
  const parts = [];
  do {
    const [column, ...options] = [reader.word('.,')];
    while (reader.take('.')) options.push(reader.word('.,'));
    const words = { asc: 'ASC', desc: 'DESC', nullsfirst: 'NULLS FIRST', nullslast: 'NULLS LAST' };
    if (options.some((option) => !(option in words))) throw malformed(text);
    parts.push([table.checked(column), ...options.map((option) => words[option])].join(' '));
  } while (reader.take(','));
  return ` ORDER BY ${parts.join(', ')}`;
}

/// "a,"b c"" of columns= and on_conflict=.
export function names(text) {
  const reader = new Reader(text);
  const list = [];
  do list.push(reader.word(','));
  while (reader.take(','));
  return list;
}
