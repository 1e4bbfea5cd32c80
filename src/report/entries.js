// The list of events, metrics and log lines with its filters, and what of them belongs to a step.

const parsedLines = (text) => {
  const lines = [];
  for (const line of text.split('\n')) {
    try {
      const value = JSON.parse(line);
      if (value && typeof value === 'object') lines.push(value);
    } catch { /* half a line of a run that was killed */ }
  }
  return lines;
};

const fieldWords = (fields, skipped) => Object.entries(fields)
  .filter(([key]) => !skipped.includes(key))
  .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
  .join('  ');

/// How the lines of each file become entries: {time, name, step, isBad, text}.
const sources = {
  events: (text) => parsedLines(text).map((event) => ({
    time: String(event.ts ?? '').slice(11, 23),
    name: String(event.event ?? ''),
    step: event.step_id ?? '',
    isBad: /error|failed|warning|retry|lost/.test(event.event),
    text: fieldWords(event, ['ts', 'session', 'event']),
  })),
  metrics: (text) => parsedLines(text).map((metric) => ({
    time: String(metric.ts ?? '').slice(11, 23),
    name: String(metric.metric ?? ''),
    step: metric.tags?.step ?? '',
    isBad: false,
    text: `${metric.value} ${metric.unit ?? ''}  ${metric.tags?.step ?? ''}`,
  })),
  log: (text) => text.split('\n').filter((line) => line !== '').map((line) => ({
    time: line.slice(11, 23),
    name: line.slice(24, 31).trim(),
    step: line.slice(32).split(' ')[0],
    isBad: /^(ERROR|WARNING)/.test(line.slice(24)),
    text: line.slice(32),
  })),
};

const readSources = {};
const entriesOf = (kind) => {
  readSources[kind] ??= unpacked(`${kind}-data`).then((text) => sources[kind](text).map((entry, number) => ({ ...entry, number })));
  return readSources[kind];
};

const entryRow = (entry) => {
  const row = document.createElement('div');
  row.className = `row${entry.isBad ? ' bad' : ''}`;
  const [time, name] = [document.createElement('b'), document.createElement('i')];
  time.textContent = `${entry.time} `;
  name.textContent = `${entry.name} `;
  row.append(time, name, entry.text);
  row.title = entry.text.slice(0, 2000);
  return row;
};

const list = byId('entries');
if (list) {
  const ROW_PX = 26;
  const controls = { kind: byId('kind'), step: byId('step'), level: byId('level'), find: byId('find') };
  const spacer = document.createElement('div');
  const rows = document.createElement('div');
  list.append(spacer, rows);
  let shown = [];
  let marked = -1;

  const draw = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - 5);
    const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / ROW_PX) + 10);
    rows.replaceChildren(...shown.slice(first, last).map((entry, at) => {
      const row = entryRow(entry);
      row.classList.toggle('found', entry.number === marked);
      row.style.top = `${(first + at) * ROW_PX}px`;
      if (controls.kind.value === 'events') row.addEventListener('click', () => history.replaceState(null, '', `#event-${entry.number}`));
      return row;
    }));
  };

  const filter = async () => {
    const kind = controls.kind.value;
    const entries = await entriesOf(kind);
    const [step, wanted, level] = [controls.step.value, controls.find.value.toLowerCase(), controls.level.value];
    shown = entries.filter((entry) => (!step || entry.step === step) && (level !== 'bad' || entry.isBad)
      && (!wanted || `${entry.name} ${entry.text}`.toLowerCase().includes(wanted)));
    spacer.style.height = `${shown.length * ROW_PX}px`;
    byId('found').textContent = `${shown.length.toLocaleString('en')} of ${entries.length.toLocaleString('en')}`;
    draw();
  };

  /// The address of what the filters show.
  const address = () => {
    const words = new URLSearchParams();
    for (const [name, control] of Object.entries(controls)) {
      if (control.value && !(name === 'kind' && control.value === 'events')) words.set(name, control.value);
    }
    return words.size ? `#events?${words}` : '#events';
  };
  const changed = async () => {
    marked = -1;
    history.replaceState(null, '', address());
    list.scrollTop = 0;
    await filter();
  };

  /// Shows what the page's address asks for: filters, or one event.
  const follow = async () => {
    const [, words] = /^#events\?(.*)$/.exec(location.hash) ?? [];
    if (words !== undefined) {
      const wanted = new URLSearchParams(words);
      for (const [name, control] of Object.entries(controls)) control.value = wanted.get(name) ?? (name === 'kind' ? 'events' : '');
      byId('events').scrollIntoView();
    }
    const [, number] = /^#event-(\d+)$/.exec(location.hash) ?? [];
    if (number !== undefined) {
      for (const [name, control] of Object.entries(controls)) control.value = name === 'kind' ? 'events' : '';
      marked = Number(number);
    }
    await filter();
    if (number === undefined) return;
    list.scrollTop = Math.max(marked * ROW_PX - list.clientHeight / 2, 0);
    list.scrollIntoView({ block: 'center' });
    draw();
  };

  list.addEventListener('scroll', draw);
  for (const name of ['kind', 'step', 'level']) controls[name].addEventListener('change', changed);
  controls.find.addEventListener('input', changed);
  addEventListener('hashchange', follow);
  follow();
}

/// The last events and log lines of a step, where its details are opened.
const tellStep = async (details) => {
  const MOST = 40;
  const place = details.querySelector('.told');
  if (!place || place.childElementCount > 0) return;
  for (const [kind, heading] of [['events', 'Events'], ['log', 'Log']]) {
    const entries = (await entriesOf(kind)).filter((entry) => entry.step === place.dataset.step);
    if (entries.length === 0) continue;
    const title = document.createElement('h3');
    title.textContent = heading;
    const lines = document.createElement('div');
    lines.className = 'lines';
    lines.tabIndex = 0;
    lines.append(...entries.slice(-MOST).map(entryRow));
    place.append(title, lines);
    if (entries.length <= MOST) continue;
    const more = document.createElement('a');
    more.href = `#events?${new URLSearchParams({ kind, step: place.dataset.step })}`;
    more.textContent = `all ${entries.length.toLocaleString('en')}`;
    place.append(more);
  }
};
for (const details of document.querySelectorAll('details[id^="step-"]')) {
  details.addEventListener('toggle', () => { if (details.open) tellStep(details); });
  if (details.open) tellStep(details);
}
