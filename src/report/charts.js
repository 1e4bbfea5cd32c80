// Draws the measurements over time, on the timeline's axis.

const chartData = byId('chart-data');
if (chartData) {
  const { charts, duration_ms: duration } = JSON.parse(chartData.textContent);
  const HEIGHT_PX = 190;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const short = (value) => {
    const [factor, unit] = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']].find(([each]) => Math.abs(value) >= each) ?? [1, ''];
    return `${Number((value / factor).toPrecision(3))}${unit}`;
  };
  const holder = byId('charts');

  const drawn = charts.map((chart) => {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    caption.textContent = `${chart.title}, ${chart.unit}`;
    const plot = document.createElement('div');
    figure.append(caption, plot);
    holder.append(figure);
    const tables = chart.lines.map(({ points }) => [points.map(([at]) => at), points.map(([, value]) => value)]);
    const axis = { stroke: () => colour('--soft'), grid: { stroke: () => colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const lines = chart.lines.map(({ name }, at) => ({
      label: name, stroke: () => colour(`--line-${at + 1}`), width: 2, spanGaps: true, points: { size: 5 },
      value: (_, value) => (value === null ? '' : `${value.toLocaleString('en')} ${chart.unit}`),
    }));
    const made = new uPlot({
      width: figure.clientWidth,
      height: HEIGHT_PX,
      scales: { x: { time: false, range: (_, from, to) => [from ?? 0, to ?? duration] }, y: { range: (_, __, most) => [0, Math.max(most * 1.05, 1)] } },
      cursor: { sync: { key: 'run' }, drag: { x: true, y: false } },
      axes: [{ ...axis, space: 90, size: 28, values: (_, marks) => marks.map(timeText) }, { ...axis, size: 56, values: (_, marks) => marks.map(short) }],
      series: [{ label: 'time', value: (_, at) => (at === null ? '' : timeText(Math.round(at))) }, ...lines],
      hooks: { setScale: [(self, key) => { if (key === 'x' && self.ready) span.show(self.scales.x.min, self.scales.x.max); }] },
    }, tables.length === 1 ? tables[0] : uPlot.join(tables), plot);
    // A double click would show the measured stretch alone; the whole run is what the timeline has.
    made.over.addEventListener('dblclick', () => span.show(0, duration));
    made.ready = true;
    plot.querySelector('canvas').setAttribute('role', 'img');
    plot.querySelector('canvas').setAttribute('aria-label', `${chart.title} over time, ${chart.unit}`);
    return { made, figure };
  });

  const show = (from, to) => {
    for (const { made } of drawn) {
      if (made.scales.x.min !== from || made.scales.x.max !== to) made.setScale('x', { min: from, max: to });
    }
  };
  show(0, duration);
  span.listeners.push(show);
  addEventListener('resize', () => { for (const { made, figure } of drawn) made.setSize({ width: figure.clientWidth, height: HEIGHT_PX }); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { for (const { made } of drawn) made.redraw(); });
}
