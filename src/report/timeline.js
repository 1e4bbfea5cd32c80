// Zooms the timeline: by dragging over it, by buttons and by keys. It shows whole without this.

const timeline = document.querySelector('svg.timeline');
if (timeline) {
  const [left, width, bottom, duration] = ['left', 'width', 'bottom', 'durationMs'].map((key) => Number(timeline.dataset[key]));
  const SHORTEST_MS = Math.min(10, duration);
  const axis = timeline.querySelector('.axis');
  const plots = [...timeline.querySelectorAll('.plot')];
  const element = (name, attributes, text = '') => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  Object.assign(span, { from: 0, to: duration });

  const stepOfMarks = (range) => {
    const rough = range / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) * power;
  };
  const redraw = (from, to) => {
    const [begin, length] = [from, to - from].map((ms) => Number(((ms * width) / duration).toFixed(4)));
    for (const plot of plots) plot.setAttribute('viewBox', `${begin} 0 ${length} ${plot.getAttribute('height')}`);
    const step = stepOfMarks(to - from);
    const marks = [];
    for (let mark = Math.ceil(from / step) * step; mark <= to; mark += step) {
      const x = left + (width * (mark - from)) / (to - from);
      marks.push(element('line', { class: 'grid', x1: x, y1: 0, x2: x, y2: bottom }), element('text', { class: 'mark', x: x + 3, y: bottom + 14 }, timeText(mark)));
    }
    axis.replaceChildren(...marks);
    byId('whole').disabled = from === 0 && to === duration;
  };
  span.listeners.push(redraw);

  /// Shows a stretch, kept inside of the run and not too short to see.
  const show = (from, to) => {
    const length = Math.min(Math.max(to - from, SHORTEST_MS), duration);
    const begin = Math.min(Math.max(from, 0), duration - length);
    span.show(begin, begin + length);
  };
  const zoom = (factor, around = (span.from + span.to) / 2) => show(around - (around - span.from) * factor, around + (span.to - around) * factor);
  const move = (share) => show(span.from + (span.to - span.from) * share, span.to + (span.to - span.from) * share);

  const controls = document.createElement('div');
  controls.className = 'zoom';
  for (const [id, label, title, act] of [['closer', '+', 'Zoom in', () => zoom(0.5)], ['farther', '−', 'Zoom out', () => zoom(2)],
    ['whole', 'Whole run', 'Show the whole run', () => show(0, duration)]]) {
    const button = document.createElement('button');
    Object.assign(button, { id, textContent: label, title, type: 'button' });
    button.addEventListener('click', act);
    controls.append(button);
  }
  const help = document.createElement('span');
  help.className = 'soft';
  help.textContent = 'Drag over the bars to zoom; arrow keys move, + and − zoom.';
  controls.append(help);
  timeline.parentElement.before(controls);
  byId('whole').disabled = true;

  timeline.parentElement.addEventListener('keydown', (event) => {
    const act = { '+': () => zoom(0.5), '-': () => zoom(2), ArrowLeft: () => move(-0.2), ArrowRight: () => move(0.2), Escape: () => show(0, duration) }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  // A drag selects a stretch; what it ends on is not clicked.
  const brush = element('rect', { class: 'brush', y: 0, height: bottom });
  let begin = null;
  let wasDragged = false;
  const place = (event) => {
    const box = timeline.getBoundingClientRect();
    const x = ((event.clientX - box.left) * timeline.viewBox.baseVal.width) / box.width;
    return Math.min(Math.max(x, left), left + width);
  };
  const moment = (x) => span.from + ((x - left) / width) * (span.to - span.from);
  timeline.addEventListener('dragstart', (event) => event.preventDefault());
  timeline.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch' || place(event) <= left) return;
    begin = place(event);
    wasDragged = false;
  });
  addEventListener('pointermove', (event) => {
    if (begin === null) return;
    const end = place(event);
    if (!wasDragged && Math.abs(end - begin) < 4) return;
    wasDragged = true;
    brush.setAttribute('x', Math.min(begin, end));
    brush.setAttribute('width', Math.abs(end - begin));
    timeline.append(brush);
  });
  addEventListener('pointerup', (event) => {
    if (begin === null) return;
    const end = place(event);
    brush.remove();
    if (wasDragged) show(moment(Math.min(begin, end)), moment(Math.max(begin, end)));
    begin = null;
  });
  timeline.addEventListener('click', (event) => {
    if (wasDragged) event.preventDefault();
    wasDragged = false;
  }, true);
}
