// Compares pages with the pictures that they are known by, or takes those anew; prints what differs as JSON:
//   node pictures.mjs CHROMIUM FOLDER-OF-PICTURES FOLDER-FOR-WHAT-DIFFERS compare|update NAME=VIEW=PAGE...
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { launch, open } from './pages.mjs';

// A font that every Debian machine can have; how its edges are smoothed differs between versions of Chromium.
const FONTS = '* { font-family: "DejaVu Sans", sans-serif !important; } code, pre { font-family: "DejaVu Sans Mono", monospace !important; }';
const COLOUR_DISTANCE = 0.2;
const VIEWS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

const [program, known, differing, mode, ...pages] = process.argv.slice(2);
const browser = await launch(program);
const shares = {};
for (const [name, view, file] of pages.map((page) => page.split('='))) {
  const { context, page } = await open(browser, file, { ...VIEWS[view], bypassCSP: true, reducedMotion: 'reduce' });
  await page.addStyleTag({ content: FONTS });
  await page.evaluate(() => dispatchEvent(new Event('resize')));
  await page.waitForTimeout(200);
  const taken = PNG.sync.read(await page.screenshot({ fullPage: true }));
  await context.close();
  const picture = join(known, `${name}-${view}.png`);
  if (mode === 'update') {
    writeFileSync(picture, PNG.sync.write(taken, { colorType: 2, deflateLevel: 9 }));
    continue;
  }
  const wanted = PNG.sync.read(readFileSync(picture));
  if (wanted.width !== taken.width || wanted.height !== taken.height) {
    shares[`${name}-${view}`] = `${taken.width} x ${taken.height} instead of ${wanted.width} x ${wanted.height}`;
    continue;
  }
  const difference = new PNG({ width: wanted.width, height: wanted.height });
  const count = pixelmatch(wanted.data, taken.data, difference.data, wanted.width, wanted.height, { threshold: COLOUR_DISTANCE });
  shares[`${name}-${view}`] = count / (wanted.width * wanted.height);
  writeFileSync(join(differing, `${name}-${view}.png`), PNG.sync.write(difference));
}
await browser.close();
process.stdout.write(JSON.stringify(shares));
