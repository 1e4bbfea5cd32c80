// Proves server.mjs by Supabase's own client: node client_test.mjs URL KEYS-AS-JSON
import { PostgrestClient } from '@supabase/postgrest-js';

const [url, keysText] = process.argv.slice(2);
const keys = JSON.parse(keysText);
let passed = 0;
let failed = 0;

function equal(what, got, wanted) {
  const [seen, right] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (seen === right) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`FAILED ${what}\n    got    ${seen?.slice(0, 600)}\n    wanted ${right?.slice(0, 600)}`);
}

const client = (key, schema) => new PostgrestClient(`${url}/rest/v1`, {
  headers: { apikey: key, Authorization: `Bearer ${key}` }, ...(schema ? { schema } : {}),
});
const service = client(keys.service);
const anonymous = client(keys.anon);

async function tables() {
  const many = Array.from({ length: 2500 }, (_, at) => ({ id: at + 1, name: `n${at + 1}`, price: '0.10' }));
  equal('2,500 rows go in', (await service.from('items').insert(many)).status, 201);
  equal('an exact count of a part', await (async () => {
    const { count, status, data } = await service.from('items').select('id', { count: 'exact' }).range(0, 9);
    return [count, status, data.length];
  })(), [2500, 206, 10]);
  equal('the cap is silent', (await service.from('items').select('id').limit(2000)).data.length, 1000);
  equal('HEAD counts', (await service.from('items').select('*', { count: 'exact', head: true })).count, 2500);
  const keyset = await service.from('items').select('id').gt('id', 2495).order('id').limit(1000);
  equal('a page behind a key', keyset.data.map((row) => row.id), [2496, 2497, 2498, 2499, 2500]);
  equal('an empty page', (await service.from('items').select('id').gt('id', 2500)).data, []);
  equal('a cast and an alias', (await service.from('items').select('number:id::text,price::text').eq('id', 7)).data,
    [{ number: '7', price: '0.10' }]);
  const cast = await service.from('items').select('id::text').order('id').gt('id', 8).limit(3);
  equal('the order is the column\'s, not the cast\'s', cast.data.map((row) => row.id), ['9', '10', '11']);
  const out = await service.from('items').select('id', { count: 'exact' }).range(5000, 5010);
  equal('a range behind the end', [out.status, out.error.code], [416, 'PGRST103']);
}

async function filters() {
  const ids = async (query) => (await query).data?.map((row) => row.id);
  const from = () => service.from('people').select('id').order('id');
  equal('in, with quotes and commas', await ids(from().in('name', ['a,b', 'c"d', '(e)'])), [1, 2, 3]);
  equal('is null', await ids(from().is('age', null)), [3, 5]);
  equal('not is null', await ids(from().not('age', 'is', null)), [1, 2, 4]);
  equal('or', await ids(from().or('id.eq.1,and(age.gt.25,age.lt.35)')), [1, 2]);
  equal('or with quotes', await ids(from().or('name.eq."a,b",name.eq."c\\"d"')), [1, 2]);
  equal('neq', await ids(from().neq('id', 1)), [2, 3, 4, 5]);
  equal('gte and lte', await ids(from().gte('id', 2).lte('id', 3)), [2, 3]);
  equal('like', await ids(from().like('name', 'z%')), [4, 5]);
  equal('ilike', await ids(from().ilike('name', 'Z*1')), [4]);
  equal('not in', await ids(from().not('id', 'in', '(1,2,3)')), [4, 5]);
  equal('distinct from', await ids(from().isDistinct('age', 20)), [2, 3, 4, 5]);
  equal('nulls first', await ids(service.from('people').select('id').order('age', { nullsFirst: true }).order('id')), [3, 5, 1, 2, 4]);
  equal('descending, nulls last', await ids(service.from('people').select('id').order('age', { ascending: false, nullsFirst: false }).order('id')), [4, 2, 1, 3, 5]);
  equal('a value with dots', await ids(from().eq('name', 'zz.2')), [5]);
}

async function writes() {
  const people = () => service.from('people');
  const twice = await people().insert({ id: 1, name: 'again' });
  equal('a key that is there', [twice.status, twice.error.code], [409, '23505']);
  equal('its details', twice.error.details, 'Key (id)=(1) already exists.');
  const nameless = await people().insert({ id: 10, name: null });
  equal('a null where none may be', [nameless.status, nameless.error.code], [400, '23502']);
  const wrong = await people().insert({ id: 'ten', name: 'x' });
  equal('no number', [wrong.status, wrong.error.code], [400, '22P02']);
  equal('an upsert gives what it wrote',
    (await people().upsert([{ id: 5, name: 'zz.5', age: 50 }, { id: 6, name: 'new', age: 60 }]).select('id,age')).data,
    [{ id: 5, age: 50 }, { id: 6, age: 60 }]);
  await people().upsert({ id: 6, name: 'ignored' }, { ignoreDuplicates: true });
  equal('duplicates are ignored', (await people().select('name').eq('id', 6)).data, [{ name: 'new' }]);
  const changed = await people().update({ age: 61 }, { count: 'exact' }).eq('id', 6);
  equal('an update counts', [changed.status, changed.count], [204, 1]);
  const removed = await people().delete({ count: 'exact' }).in('id', [5, 6]);
  equal('a delete counts', [removed.status, removed.count], [204, 2]);
  const all = await people().delete();
  equal('a delete of everything wants a condition', [all.status, all.error.code], [400, '21000']);
  const columns = await people().insert([{ id: 7, name: 'a', age: 1 }, { id: 8, name: 'b' }]);
  equal('objects of different keys go by columns=', columns.status, 201);
  const unknown = await people().insert({ id: 9, name: 'x', shoe: 43 });
  equal('an unknown column of a body', [unknown.status, unknown.error.code], [400, 'PGRST204']);
  const selected = await people().select('shoe');
  equal('an unknown column of a selection', [selected.status, selected.error.code], [400, '42703']);
}

async function access() {
  const missing = await service.from('nowhere').select();
  equal('an unknown table', [missing.status, missing.error.code], [404, 'PGRST205']);
  equal('row-level security hides rows', (await anonymous.from('hidden').select()).data, []);
  equal('but not from the service', (await service.from('hidden').select()).data, [{ id: 1 }]);
  const denied = await anonymous.from('closed').select();
  equal('no grant, anonymous', [denied.status, denied.error.code], [401, '42501']);
  equal('another schema', (await client(keys.service, 'shop').from('stock').select()).data, [{ id: 1 }]);
  const closed = await client(keys.service, 'private').from('stock').select();
  equal('a schema that is not exposed', [closed.status, closed.error.code], [406, 'PGRST106']);
  const expired = await client(keys.expired).from('people').select();
  equal('an expired token', [expired.status, expired.error.code, expired.error.message], [401, 'PGRST303', 'JWT expired']);
  const future = await client(keys.future).from('people').select();
  equal('a token of tomorrow', [future.status, future.error.code], [401, 'PGRST303']);
  const forged = await client(keys.forged).from('people').select();
  equal('a forged token', [forged.status, forged.error.code], [401, 'PGRST301']);
  const stranger = await client('sb_secret_of_nobody').from('people').select();
  equal('an unknown key', [stranger.status, stranger.error.message], [401, 'Invalid API key']);
  equal('a secret key', (await client(keys.secret).from('hidden').select()).data, [{ id: 1 }]);
  equal('a publishable key', (await client(keys.publishable).from('hidden').select()).data, []);
}

async function functions() {
  equal('a scalar function', (await service.rpc('add', { a: 2, b: 3 })).data, 5);
  equal('a JSON function', (await service.rpc('echo', { document: { x: [1] } })).data, { x: [1] });
  equal('a function of rows', (await service.rpc('two_rows')).data, [{ id: 1 }, { id: 2 }]);
  equal('a function of nothing', (await service.rpc('nothing')).status, 204);
  const missing = await service.rpc('no_such_function');
  equal('an unknown function', [missing.status, missing.error.code], [404, 'PGRST202']);
}

async function moreFilters() {
  const ids = async (query) => (await query).data?.map((row) => row.id);
  const from = () => service.from('people').select('id').order('id');
  equal('in, of nothing', await ids(from().in('id', [])), []);
  equal('nested or in and', await ids(from().or('and(id.gte.1,or(id.eq.1,name.eq.z1)),name.in.("(e)",nobody)')), [1, 3, 4]);
  equal('not of a list of conditions', await ids(from().or('not.and(id.gt.1,id.lt.4)')), [1, 4, 7, 8]);
  equal('a pattern', await ids(from().filter('name', 'match', '^z')), [4]);
  equal('any of several', await ids(from().likeAnyOf('name', ['a%', 'z%'])), [1, 4, 7]);
  const odd = () => service.from('odd names');
  equal('a name in quotes', (await odd().select('"a.b","c,d"').eq('"a.b"', 1)).data, [{ 'a.b': 1, 'c,d': 'x"y\\z' }]);
  equal('a value with a quote and a backslash', (await odd().select('"a.b"').in('"c,d"', ['x"y\\z'])).data, [{ 'a.b': 1 }]);
  equal('a name with a space, plain', (await odd().select('"plain name"').eq('plain name', 5)).data, [{ 'plain name': 5 }]);
  equal('inside of a document', (await odd().select('document->>k,document->list->1').eq('document->>k', 'v')).data, [{ k: 'v', list: 20 }]);
  const bad = await from().filter('id', 'equals', 1);
  equal('an unknown operator', [bad.status, bad.error.code], [400, 'PGRST100']);
  const type = await from().eq('id', 'x');
  equal('a value of another type', [type.status, type.error.code], [400, '22P02']);
  const single = await service.from('people').select('id').eq('id', 1).single();
  equal('one object', single.data, { id: 1 });
  const none = await service.from('people').select('id').eq('id', 0).single();
  equal('no object', [none.status, none.error.code, none.error.details], [406, 'PGRST116', 'The result contains 0 rows']);
  equal('perhaps an object', (await service.from('people').select('id').eq('id', 0).maybeSingle()).data, null);
}

async function moreWrites() {
  const made = () => service.from('made');
  const all = (query) => query.select('id,label,amount').order('id');
  equal('defaults where nothing is said', (await made().insert([{ id: 1, label: 'a' }, { id: 2 }], { defaultToNull: false })).status, 201);
  equal('are there', (await all(made())).data, [{ id: 1, label: 'a', amount: 7 }, { id: 2, label: 'none', amount: 7 }]);
  equal('nulls where nothing is said', (await made().insert([{ id: 3, label: 'c', amount: 1 }, { id: 4, label: 'd' }])).status, 201);
  equal('are nulls', (await made().select('amount').eq('id', 4)).data, [{ amount: null }]);
  equal('an upsert of rows that are all there', (await made().upsert([{ id: 3, label: 'C' }])).status, 200);
  equal('leaves what it does not name', (await made().select('label,amount').eq('id', 3)).data, [{ label: 'C', amount: 1 }]);
  equal('an upsert of a new row', (await made().upsert([{ id: 3, label: 'c' }, { id: 5, label: 'e' }])).status, 201);
  equal('by another key', (await made().upsert({ id: 6, label: 'e' }, { onConflict: 'label' }).select('id')).data, [{ id: 6 }]);
  const twice = await made().upsert([{ id: 8, label: 'x' }, { id: 8, label: 'y' }]);
  equal('a row twice', [twice.status, twice.error.code], [500, '21000']);
  equal('an empty list', (await made().insert([])).status, 201);
  const child = await service.from('child').insert({ made: 99 });
  equal('a foreign key', [child.status, child.error.code], [409, '23503']);
  const everything = await made().update({ amount: 1 });
  equal('an update of everything wants a condition', [everything.status, everything.error.message], [400, 'UPDATE requires a WHERE clause']);
  equal('what an update changed', (await made().update({ amount: 9 }).lt('id', 3).select('id,amount')).data, [{ id: 1, amount: 9 }, { id: 2, amount: 9 }]);
  const many = await made().update({ amount: 0 }).gt('id', 0).maxAffected(1);
  equal('too many rows at once', [many.status, many.error.code], [400, 'PGRST124']);
  equal('and none was changed', (await made().select('id').eq('amount', 0)).data, []);
  equal('what was deleted', (await made().delete().eq('id', 6).select('id')).data, [{ id: 6 }]);
  const blind = client(keys.authenticated);
  equal('a role that may only insert, inserts', (await blind.from('drop_box').insert({ id: 1 })).status, 201);
  const seen = await blind.from('drop_box').insert({ id: 2 }).select();
  equal('and does not see it', [seen.status, seen.error.code], [403, '42501']);
}

async function values() {
  const { data } = await service.from('kinds').select('small,big::text,exact,double,moment,day,flag,raw,list,document,mood');
  equal('values as the database writes them in JSON', data, [{
    small: -32768, big: '9223372036854775807', exact: 12.5, double: 0.1, moment: '2026-01-02T03:04:05.678901+00:00', day: '2026-02-28',
    flag: true, raw: '\\x00ff', list: ['a,b', null], document: { a: [1] }, mood: 'good',
  }]);
}

async function moreFunctions() {
  const slow = await service.rpc('sleep_long');
  equal('a function that takes too long', [slow.status, slow.error.code], [500, '57014']);
  equal('its own limit counts', (await service.rpc('sleep_with_leave')).status, 204);
  equal('the whole body', (await service.rpc('whole', { any: 1 })).data, { any: 1 });
  equal('a default argument', (await service.rpc('add', { a: 2 })).data, 12);
  equal('rows can be selected from', (await service.rpc('two_rows').select('id').gt('id', 1)).data, [{ id: 2 }]);
  const raised = await service.rpc('refuse');
  equal('what a function raises', [raised.status, raised.error.code, raised.error.message, raised.error.details, raised.error.hint],
    [400, 'P0001', 'no', 'more', 'try']);
  const wrong = await service.rpc('add', { a: 1, c: 2 });
  equal('wrong arguments', [wrong.status, wrong.error.message],
    [404, 'Could not find the function public.add(a, c) in the schema cache']);
  const near = await service.from('peopl').select();
  equal('a name nearly right', near.error.hint, "Perhaps you meant the table 'public.people'");
}

for (const group of [tables, filters, writes, access, functions, moreFilters, moreWrites, values, moreFunctions]) await group();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
