// What several parts of the page use. All scripts of the page are one module, one after the other.

const byId = (id) => document.getElementById(id);

/// "850 ms", "2.5 s", "3 min", as the drawings have it.
const timeText = (ms) => {
  const rounded = (value) => Number(value.toPrecision(6));
  if (ms === 0) return '0';
  if (Math.abs(ms) < 1000) return `${rounded(ms)} ms`;
  return ms < 120_000 ? `${rounded(ms / 1000)} s` : `${rounded(ms / 60_000)} min`;
};

/// The stretch of the run that timeline and charts show, in milliseconds since its start.
const span = {
  from: 0,
  to: 0,
  listeners: [],
  show(from, to) {
    if (from === this.from && to === this.to) return;
    Object.assign(this, { from, to });
    for (const listener of this.listeners) listener(from, to);
  },
};

/// The text of an element that holds deflated bytes in base64.
const unpacked = async (id) => {
  const packed = Uint8Array.from(atob(byId(id).textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).text();
};
