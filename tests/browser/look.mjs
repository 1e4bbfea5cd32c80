// Opens pages, clicks what can be clicked, and prints what it saw as JSON: node look.mjs CHROMIUM PAGE...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launch, open } from './pages.mjs';

const [program, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await launch(program);

/// Zooms the timeline by dragging, and back; the charts follow.
async function zoom(page) {
  const seen = {};
  const plot = await page.locator('svg.timeline').evaluate((drawing) => {
    drawing.scrollIntoView({ block: 'start', behavior: 'instant' });
    const box = drawing.getBoundingClientRect();
    const scale = box.width / drawing.viewBox.baseVal.width;
    return { x: box.x + drawing.dataset.left * scale, y: box.y + 8, width: drawing.dataset.width * scale };
  });
  const shown = () => page.evaluate(() => document.querySelector('svg.timeline .plot').getAttribute('viewBox'));
  const axis = () => page.evaluate(() => document.querySelector('svg.timeline .axis').textContent);
  seen.before = [await shown(), await axis()];
  await page.mouse.move(plot.x + plot.width * 0.25, plot.y + 5);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.5, plot.y + 5, { steps: 4 });
  await page.mouse.up();
  seen.zoomed = [await shown(), await axis()];
  seen.hash = await page.evaluate(() => location.hash);
  if (await page.isEnabled('#whole')) await page.click('#whole');
  seen.after = [await shown(), await axis()];
  await page.locator('svg.timeline a').first().focus();
  await page.keyboard.press('+');
  seen.byKey = (await shown()) !== seen.before[0];
  await page.keyboard.press('Escape');
  return seen;
}

/// The list of events and what leads into it.
async function list(page) {
  const seen = { lists: {} };
  const found = () => page.evaluate(() => document.getElementById('found').textContent);
  for (const filter of ['#step', '#level']) await page.selectOption(filter, '');
  for (const kind of ['metrics', 'log', 'events']) {
    await page.selectOption('#kind', kind);
    await page.waitForTimeout(100);
    seen.lists[kind] = await found();
  }
  await page.fill('#find', 'run_end');
  await page.waitForTimeout(100);
  seen.filtered = await found();
  seen.address = await page.evaluate(() => location.hash);
  return seen;
}

async function clickEverything(page) {
  const targets = await page.$$('button, summary, a[href^="#"], svg a, .u-series th');
  let clicks = 0;
  for (const target of targets.filter((_, at) => at % Math.ceil(targets.length / 40) === 0)) {
    if (!await target.isVisible()) continue;
    await target.click({ timeout: 1500 }).then(() => { clicks += 1; }, () => {});
  }
  return clicks;
}

async function violations(file) {
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    const { context, page } = await open(browser, file, { colorScheme, bypassCSP: true });
    await page.evaluate(() => { for (const details of [...document.querySelectorAll('details')].slice(0, 5)) details.open = true; });
    await page.waitForTimeout(100);
    await page.evaluate(`${axe};0`);
    const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    found.push(...result.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${colorScheme} ${id} ${nodes[0].target}`));
    await context.close();
  }
  return found;
}

async function look(file) {
  const { context, page, errors, requests, readyMs } = await open(browser, file);
  const seen = { readyMs, errors, requests };
  seen.first = await page.evaluate(() => document.body.innerText);
  seen.whole = await page.evaluate(() => document.body.textContent);
  seen.entries = await page.evaluate(() => document.getElementById('found')?.textContent ?? '');
  seen.rows = await page.evaluate(() => document.querySelectorAll('#entries .row').length);
  seen.charts = await page.evaluate(() => document.querySelectorAll('#charts canvas').length);
  if (await page.$('svg.timeline .works')) seen.zoom = await zoom(page);
  if (await page.$('svg.timeline a')) {
    await page.locator('svg.timeline a text').first().click();
    await page.waitForTimeout(150);
    seen.open = await page.evaluate(() => document.querySelectorAll('details[open]').length);
    seen.told = await page.evaluate(() => document.querySelector('details[open] .told')?.textContent ?? '');
  }
  seen.clicks = await clickEverything(page);
  if (await page.$('#kind')) Object.assign(seen, await list(page));
  seen.planted = await page.evaluate(() => typeof window.planted !== 'undefined' || document.querySelector('[onerror],[onload],[onmouseover],b#planted,a[href^="javascript:"]') !== null);
  await context.close();

  const linked = await open(browser, `${file}`, {});
  if (await linked.page.$('#kind')) {
    await linked.page.evaluate(() => { location.hash = '#events?kind=log&find=complete'; });
    await linked.page.waitForTimeout(150);
    seen.linked = await linked.page.evaluate(() => [document.getElementById('kind').value, document.getElementById('find').value, document.getElementById('found').textContent]);
    await linked.page.evaluate(() => { location.hash = '#event-2'; });
    await linked.page.waitForTimeout(150);
    seen.marked = await linked.page.evaluate(() => document.querySelectorAll('#entries .row.found').length);
  }
  errors.push(...linked.errors);
  await linked.context.close();

  const phone = await open(browser, file, { colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  seen.overflow = await phone.page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  await phone.context.close();
  const bare = await browser.newContext({ javaScriptEnabled: false });
  const plain = await bare.newPage();
  await plain.goto(`file://${file}`);
  seen.drawings = await plain.locator('svg.timeline, svg.graph, svg.spark').count();
  await bare.close();
  seen.axe = await violations(file);
  return seen;
}

const seen = {};
for (const file of pages) seen[file] = await look(file);
await browser.close();
process.stdout.write(JSON.stringify(seen));
