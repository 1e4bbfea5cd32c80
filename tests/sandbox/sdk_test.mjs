// Drives a server of sandboxes by E2B's own SDK: node sdk_test.mjs e2b-new|e2b-old
// The server and its key are in E2B_API_URL, E2B_SANDBOX_URL and E2B_API_KEY; a file of the machine in HOST_FILE.
// Ends with `N passed, M failed`. What is expected to fail is asserted by the name of its error's class, outside of
// the try, so that no claim can swallow its own failure.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { Sandbox, Template } = await import(process.argv[2]);
let passed = 0;
let failed = 0;

function count(what, holds, seen) {
  if (holds) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${what}\n    ${seen}`);
  }
}

function equal(what, got, wanted) {
  const [seen, right] = [JSON.stringify(got), JSON.stringify(wanted)];
  count(what, seen === right, `got    ${seen?.slice(0, 600)}\n    wanted ${right?.slice(0, 600)}`);
}

async function group(name, work) {
  try {
    await work();
  } catch (error) {
    count(`${name} runs to its end`, false, `${error?.name}: ${error?.stack?.slice(0, 600)}`);
  }
}

async function refused(what, promise, name) {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  equal(what, error?.name ?? 'nothing was thrown', name);
  return error;
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

async function until(holds) {
  for (let turn = 0; turn < 100 && !await holds(); turn += 1) await pause(50);
}

async function controlPlane() {
  const box = await Sandbox.create({ timeoutMs: 90_000, metadata: { suite: 'sdk', note: 'ž & =' }, envs: { COLOUR: 'blue' } });
  equal('isRunning', await box.isRunning(), true);
  const info = await box.getInfo();
  equal('getInfo', [info.sandboxId, info.state, info.metadata.note, info.cpuCount, info.memoryMB], [box.sandboxId, 'running', 'ž & =', 2, 512]);
  const left = info.endAt.getTime() - Date.now();
  count('create: its time', left > 80_000 && left <= 91_000, left);
  await box.setTimeout(400_000);
  count('setTimeout', (await box.getInfo()).endAt.getTime() - Date.now() > 380_000, 'shorter');
  equal('list: by metadata', (await Sandbox.list({ query: { metadata: { note: 'ž & =' } } }).nextItems()).map((one) => one.sandboxId), [box.sandboxId]);
  equal('list: by other metadata', (await Sandbox.list({ query: { metadata: { suite: 'other' } } }).nextItems()).length, 0);
  const others = await Promise.all([1, 2, 3].map(() => Sandbox.create({ timeoutMs: 60_000, metadata: { suite: 'pages' } })));
  const pages = Sandbox.list({ limit: 2, query: { metadata: { suite: 'pages' } } });
  const sizes = [];
  while (pages.hasNext) sizes.push((await pages.nextItems()).length);
  equal('list: pages', sizes, [2, 1]);
  await Promise.all(others.map((one) => one.kill()));
  await pause(50);
  const [metrics] = await box.getMetrics();
  equal('getMetrics', [metrics.cpuCount, metrics.memTotal, metrics.diskTotal], [2, 512 * 2 ** 20, 2 * 2 ** 30]);
  equal('kill', await box.kill(), true);
  equal('kill twice', await Sandbox.kill(box.sandboxId), false);
  equal('isRunning of one that ended', await box.isRunning(), false);
  await refused('getInfo of one that ended', box.getInfo(), 'SandboxNotFoundError');
  await refused('connect to one that ended', Sandbox.connect(box.sandboxId), 'SandboxNotFoundError');
  await refused('setTimeout of one that ended', box.setTimeout(1000), 'SandboxNotFoundError');
  await refused('commands of one that ended', box.commands.run('true'), 'SandboxNotFoundError');
  await refused('files of one that ended', box.files.read('x'), 'TimeoutError');
  await refused('a wrong key', Sandbox.create({ apiKey: `e2b_${'0'.repeat(32)}` }), 'AuthenticationError');
  await refused('an unknown template', Sandbox.create('no-such-template'), 'SandboxError');
  await refused('a time beyond a day', Sandbox.create({ timeoutMs: 90_000_000 }), 'SandboxError');
}

async function commands() {
  const box = await Sandbox.create({ timeoutMs: 120_000, envs: { COLOUR: 'blue' } });
  const done = await box.commands.run('echo $COLOUR; echo bad >&2');
  equal('run', [done.exitCode, done.stdout, done.stderr], [0, 'blue\n', 'bad\n']);
  equal('run: cwd, envs', (await box.commands.run('pwd; echo $COLOUR', { cwd: '/tmp', envs: { COLOUR: 'red' } })).stdout, '/tmp\nred\n');
  const error = await refused('run: a failure', box.commands.run('echo out; echo err >&2; exit 5'), 'CommandExitError');
  equal('run: what a failure says', [error.exitCode, error.stdout, error.stderr], [5, 'out\n', 'err\n']);
  equal('run: no such program', (await refused('run: no such program', box.commands.run('nothing-of-that-name'), 'CommandExitError')).exitCode, 127);
  await refused('run: no such folder', box.commands.run('pwd', { cwd: '/not/there' }), 'InvalidArgumentError');
  await refused('run: its time is over', box.commands.run('sleep 33', { timeoutMs: 500 }), 'TimeoutError');
  await until(async () => !(await box.commands.list()).some((one) => one.args.join(' ').includes('sleep 33')));
  equal('run: and it is killed', (await box.commands.list()).length, 0);
  const parts = [];
  await box.commands.run('for n in 1 2 3; do echo $n; sleep 0.2; done', { onStdout: (text) => parts.push([text, Date.now()]) });
  equal('run: output in parts', parts.map(([text]) => text), ['1\n', '2\n', '3\n']);
  count('run: as it comes', parts[2][1] - parts[0][1] > 250, parts[2][1] - parts[0][1]);
  equal('run: 10 MB', (await box.commands.run('head -c 10000000 /dev/zero | tr "\\0" y')).stdout.length, 10_000_000);

  const reader = await box.commands.run('while read line; do echo "<$line>"; done', { background: true, stdin: true, timeoutMs: 0 });
  await box.commands.sendStdin(reader.pid, 'a\n');
  await box.commands.sendStdin(reader.pid, 'b\n');
  equal('list', (await box.commands.list()).map((one) => one.pid), [reader.pid]);
  await box.commands.closeStdin(reader.pid);
  equal('stdin', (await reader.wait()).stdout, '<a>\n<b>\n');

  const counter = await box.commands.run('for n in $(seq 20); do echo $n; sleep 0.1; done', { background: true, timeoutMs: 0 });
  await counter.disconnect();
  await pause(300);
  const again = await (await box.commands.connect(counter.pid, { timeoutMs: 0 })).wait();
  count('connect: the rest', again.exitCode === 0 && again.stdout.endsWith('19\n20\n'), again.stdout);
  await refused('connect: no such process', box.commands.connect(424_242), 'NotFoundError');
  const sleeper = await box.commands.run('sleep 60', { background: true, timeoutMs: 0 });
  const ending = refused('kill: its waiter', sleeper.wait(), 'CommandExitError');
  equal('kill', await box.commands.kill(sleeper.pid), true);
  await ending;
  equal('kill: no such process', await box.commands.kill(424_242), false);

  let screen = '';
  const terminal = await box.pty.create({ cols: 80, rows: 24, timeoutMs: 0, onData: (bytes) => { screen += Buffer.from(bytes).toString(); } });
  await box.pty.resize(terminal.pid, { cols: 111, rows: 22 });
  await box.pty.sendInput(terminal.pid, Buffer.from('stty size; tty; exit\n'));
  await terminal.wait();
  count('pty', screen.includes('22 111') && screen.includes('/dev/pts/'), screen);
  const stubborn = await box.pty.create({ cols: 80, rows: 24, timeoutMs: 0, onData: () => {} });
  equal('pty: kill', await box.pty.kill(stubborn.pid), true);

  const running = await box.commands.run('sleep 60', { background: true, timeoutMs: 0 });
  const broken = refused('the sandbox ends under a command', running.wait(), 'TimeoutError');
  await box.kill();
  await broken;
}

async function files() {
  const box = await Sandbox.create({ timeoutMs: 120_000 });
  equal('write', (await box.files.write('d/e/f.txt', 'žluťoučký')).path, '/home/user/d/e/f.txt');
  equal('read', await box.files.read('d/e/f.txt'), 'žluťoučký');
  const bytes = new Uint8Array(2_000_000).map((_, at) => at * 31);
  await box.files.write('bytes', bytes.buffer);
  count('read: bytes', Buffer.from(await box.files.read('bytes', { format: 'bytes' })).equals(Buffer.from(bytes)), 'other bytes');
  let size = 0;
  for await (const part of await box.files.read('bytes', { format: 'stream' })) size += part.length;
  equal('read: a stream', size, 2_000_000);
  equal('read: a blob', (await box.files.read('bytes', { format: 'blob' })).size, 2_000_000);
  await box.files.write('zipped', 'again '.repeat(5000), { gzip: true });
  equal('gzip', await box.files.read('zipped', { gzip: true }), 'again '.repeat(5000));
  await box.files.write('streamed', new Blob(['one ', 'two']).stream());
  equal('write: a stream', await box.files.read('streamed'), 'one two');
  equal('write: several', (await box.files.write([{ path: 's/1', data: 'a' }, { path: 's/2', data: 'b' }])).map((one) => one.path), ['/home/user/s/1', '/home/user/s/2']);
  await box.files.write('empty', '');
  equal('an empty file', await box.files.read('empty'), '');
  equal('list', (await box.files.list('s')).map((one) => [one.name, one.type]), [['1', 'file'], ['2', 'file']]);
  const info = await box.files.getInfo('s/1');
  equal('getInfo', [info.name, info.path, info.type, info.size], ['1', '/home/user/s/1', 'file', 1]);
  equal('exists', [await box.files.exists('s/1'), await box.files.exists('s/9')], [true, false]);
  equal('makeDir', [await box.files.makeDir('new/one'), await box.files.makeDir('new/one')], [true, false]);
  equal('rename', (await box.files.rename('s/1', 's/3')).path, '/home/user/s/3');
  await box.files.remove('s/3');
  equal('remove', await box.files.exists('s/3'), false);
  await refused('read: none', box.files.read('none'), 'FileNotFoundError');
  await refused('list: none', box.files.list('none'), 'FileNotFoundError');
  await refused('getInfo: none', box.files.getInfo('none'), 'FileNotFoundError');
  await refused('rename: none', box.files.rename('none', 'other'), 'FileNotFoundError');
  await refused('read: a folder', box.files.read('s'), 'InvalidArgumentError');
  await refused('read: the machine\'s', box.files.read(process.env.HOST_FILE), 'FileNotFoundError');

  const seen = [];
  const watch = await box.files.watchDir('s', (event) => { seen.push(`${event.type} ${event.name}`); }, { recursive: true });
  await box.files.write('s/w', 'x');
  await box.files.rename('s/w', 's/v');
  await box.files.remove('s/v');
  await until(() => seen.includes('remove v'));
  await watch.stop();
  for (const event of ['create w', 'write w', 'rename w', 'remove v']) count(`watchDir: ${event}`, seen.includes(event), seen.join(', '));
  await refused('watchDir: none', box.files.watchDir('none', () => {}), 'FileNotFoundError');

  const form = new FormData();
  form.append('file', new Blob(['0123456789']), 'any');
  equal('uploadUrl', (await fetch(await box.uploadUrl('signed', { useSignatureExpiration: 30 }), { method: 'POST', body: form })).status, 200);
  const part = await fetch(await box.downloadUrl('signed'), { headers: { range: 'bytes=2-4' } });
  equal('downloadUrl, and a range', [part.status, await part.text()], [206, '234']);
  equal('a signature for another file', (await fetch((await box.downloadUrl('signed')).replace('signed', 'empty'))).status, 401);
  await box.kill();
}

async function life() {
  let box = await Sandbox.create({ timeoutMs: 120_000 });
  await box.files.write('kept', 'yes');
  const process1 = await box.commands.run('sleep 100', { background: true, timeoutMs: 0 });
  process1.wait().catch(() => {});
  equal('pause', await box.pause(), true);
  equal('pause: not running', await box.isRunning(), false);
  equal('pause: listed', (await Sandbox.list({ query: { state: ['paused'] } }).nextItems()).map((one) => one.sandboxId), [box.sandboxId]);
  equal('pause twice', await box.pause(), false);
  box = await Sandbox.connect(box.sandboxId);
  equal('connect: files', await box.files.read('kept'), 'yes');
  equal('connect: processes', (await box.commands.list()).map((one) => one.pid), [process1.pid]);
  await box.kill();
  const short = await Sandbox.create({ timeoutMs: 1000 });
  await until(async () => !await short.isRunning());
  await refused('its time is over', short.commands.run('true'), 'SandboxNotFoundError');
}

async function templates() {
  const folder = mkdtempSync(join(tmpdir(), 'osiris-template-'));
  writeFileSync(join(folder, 'tool.sh'), 'echo tool says $WORD\n');
  const name = `made-${process.argv[2]}`;
  const made = Template({ fileContextPath: folder }).fromTemplate('base').copy('tool.sh', '/opt/tools/tool.sh').setEnvs({ WORD: 'hello' });
  equal('template: none yet', await Template.exists(name), false);
  await Template.build(made, name, { cpuCount: 1, memoryMB: 256, onBuildLogs: () => {} });
  equal('template: built', await Template.exists(name), true);
  const box = await Sandbox.create(name, { timeoutMs: 60_000 });
  equal('template: its file and variable', (await box.commands.run('sh /opt/tools/tool.sh')).stdout, 'tool says hello\n');
  const info = await box.getInfo();
  equal('template: its limits', [info.cpuCount, info.memoryMB], [1, 256]);
  await box.kill();
  const running = Template().fromTemplate('base').runCmd('true');
  await refused('template: RUN', Template.build(running, `${name}-run`, {}), 'BuildError');
}

for (const [name, work] of Object.entries({ controlPlane, commands, files, life, templates })) await group(name, work);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
