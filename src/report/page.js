// The page shows without this; here are the list of events, its filters, copying and links into folded parts.
'use strict';
(() => {
  const ROW_PX = 26;
  const byId = (id) => document.getElementById(id);

  const unfold = () => {
    const target = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView({ block: 'nearest' });
    }
  };
  addEventListener('hashchange', unfold);
  unfold();

  for (const button of document.querySelectorAll('button[data-copy]')) {
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(button.previousElementSibling);
      }
    });
  }

  /// The text of an element that holds deflated bytes in base64.
  const unpacked = async (id) => {
    const packed = Uint8Array.from(atob(byId(id).textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
    return new Response(stream).text();
  };

  const parsed = (text) => {
    const lines = [];
    for (const line of text.split('\n')) {
      try {
        const value = JSON.parse(line);
        if (value && typeof value === 'object') lines.push(value);
      } catch { /* half a line of a run that was killed */ }
    }
    return lines;
  };

  const words = (fields, skipped) => Object.entries(fields)
    .filter(([key]) => !skipped.includes(key))
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('  ');

  const entriesOfEvents = (text) => parsed(text).map((event) => ({
    time: event.ts ?? '', name: event.event ?? '', step: event.step_id ?? '',
    isBad: /error|failed|warning|retry/.test(event.event), text: words(event, ['ts', 'session', 'event']),
  }));
  const entriesOfMetrics = (text) => parsed(text).map((metric) => ({
    time: metric.ts ?? '', name: metric.metric ?? '', step: metric.tags?.step ?? '', isBad: false,
    text: `${metric.value} ${metric.unit ?? ''}  ${metric.tags?.step ?? ''}`,
  }));
  const entriesOfLog = (text) => text.split('\n').filter((line) => line !== '').map((line) => ({
    time: line.slice(0, 23), name: line.slice(24, 31).trim(), step: line.slice(32).split(' ')[0], isBad: /^(ERROR|WARNING)/.test(line.slice(24)),
    text: line.slice(32),
  }));

  const list = byId('entries');
  if (!list) return;
  const sources = { events: entriesOfEvents, metrics: entriesOfMetrics, log: entriesOfLog };
  const read = {};
  let shown = [];
  let marked = -1;
  const spacer = document.createElement('div');
  const rows = document.createElement('div');
  list.append(spacer, rows);

  const draw = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - 5);
    const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / ROW_PX) + 10);
    rows.replaceChildren(...shown.slice(first, last).map((entry, at) => {
      const row = document.createElement('div');
      row.className = `row${entry.isBad ? ' bad' : ''}${entry.number === marked ? ' found' : ''}`;
      row.style.top = `${(first + at) * ROW_PX}px`;
      const [time, name] = [document.createElement('b'), document.createElement('i')];
      time.textContent = `${entry.time.slice(11, 23)} `;
      name.textContent = `${entry.name} `;
      row.append(time, name, entry.text);
      row.title = entry.text.slice(0, 2000);
      row.addEventListener('click', () => history.replaceState(null, '', `#event-${entry.number}`));
      return row;
    }));
  };

  const filter = async () => {
    const kind = byId('kind').value;
    read[kind] ??= sources[kind](await unpacked(`${kind}-data`)).map((entry, number) => ({ ...entry, number }));
    const [step, wanted, level] = [byId('step').value, byId('find').value.toLowerCase(), byId('level').value];
    shown = read[kind].filter((entry) => (!step || entry.step === step) && (level !== 'bad' || entry.isBad)
      && (!wanted || `${entry.name} ${entry.text}`.toLowerCase().includes(wanted)));
    spacer.style.height = `${shown.length * ROW_PX}px`;
    byId('found').textContent = `${shown.length.toLocaleString('en')} of ${read[kind].length.toLocaleString('en')}`;
    draw();
  };
  list.addEventListener('scroll', draw);
  for (const id of ['kind', 'step', 'level']) byId(id).addEventListener('change', filter);
  byId('find').addEventListener('input', filter);
  filter().then(() => {
    const linked = /^#event-(\d+)$/.exec(location.hash);
    if (!linked) return;
    marked = Number(linked[1]);
    list.scrollTop = marked * ROW_PX;
    list.scrollIntoView({ block: 'center' });
    draw();
  });
})();
