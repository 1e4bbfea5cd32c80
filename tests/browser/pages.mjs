// Pages in Chromium, without a network.
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

export const launch = (program) => chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });

/// Opens a page and keeps what it complains of and what it asks for.
export async function open(browser, file, options) {
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const errors = [];
  const requests = [];
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('dialog', (dialog) => { errors.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (!/^(data|blob):/.test(request.url())) requests.push(request.url()); });
  const began = Date.now();
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => document.getElementById('found')?.textContent !== '');
  return { context, page, errors, requests, readyMs: Date.now() - began };
}
