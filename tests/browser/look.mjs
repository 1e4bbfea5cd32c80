// Opens pages in Chromium without a network, clicks what can be clicked, and prints what it saw as JSON:
//   node look.mjs CHROMIUM FOLDER-FOR-SCREENSHOTS PAGE...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [program, shots, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });

async function open(file, options) {
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const errors = [];
  const requests = [];
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('dialog', (dialog) => { errors.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (!/^(data|blob):/.test(request.url())) requests.push(request.url()); });
  await page.goto(pathToFileURL(file).href);
  return { context, page, errors, requests };
}

async function look(file) {
  const name = basename(file, '.html');
  const { context, page, errors, requests } = await open(file);
  await page.waitForFunction(() => !document.getElementById('found') || document.getElementById('found').textContent !== '');
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  const seen = { first: await page.evaluate(() => document.body.innerText), whole: await page.evaluate(() => document.body.textContent) };
  seen.entries = await page.evaluate(() => document.getElementById('found')?.textContent ?? '');
  seen.rows = await page.evaluate(() => document.querySelectorAll('#entries .row').length);
  if (await page.$('svg a')) {
    await page.locator('svg a').first().click();
    await page.waitForTimeout(50);
    seen.open = await page.evaluate(() => document.querySelectorAll('details[open]').length);
  }
  const targets = await page.$$('button, summary, a[href^="#"], svg a');
  for (const target of targets.filter((_, at) => at % Math.ceil(targets.length / 40) === 0)) {
    if (await target.isVisible()) await target.click({ timeout: 500 }).catch(() => {});
  }
  if (await page.$('#kind')) {
    seen.lists = {};
    for (const kind of ['metrics', 'log', 'events']) {
      await page.selectOption('#kind', kind);
      await page.waitForTimeout(150);
      seen.lists[kind] = await page.evaluate(() => document.getElementById('found').textContent);
    }
    await page.fill('#find', 'run_end');
    await page.waitForTimeout(100);
    seen.filtered = await page.evaluate(() => document.getElementById('found').textContent);
  }
  seen.planted = await page.evaluate(() => typeof window.planted !== 'undefined' || document.querySelector('[onerror],[onload],[onmouseover],b#planted,a[href^="javascript:"]') !== null);
  Object.assign(seen, { errors, requests });
  await context.close();
  const phone = await open(file, { colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  await phone.page.screenshot({ path: join(shots, `${name}-phone-dark.png`) });
  seen.overflow = await phone.page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  await phone.context.close();
  const bare = await open(file, { javaScriptEnabled: false });
  seen.drawings = await bare.page.locator('svg').count();
  await bare.context.close();
  seen.axe = [];
  for (const colorScheme of ['light', 'dark']) {
    const { context: checked, page: subject } = await open(file, { colorScheme, bypassCSP: true });
    await subject.evaluate(`${axe};0`);
    const { violations } = await subject.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    seen.axe.push(...violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${colorScheme} ${id} ${nodes[0].target}`));
    await checked.close();
  }
  return [file, seen];
}

const seen = {};
for (const file of pages) {
  const [name, facts] = await look(file);
  seen[name] = facts;
}
await browser.close();
process.stdout.write(JSON.stringify(seen));
