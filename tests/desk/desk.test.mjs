// The desk in Debian's Chromium, over the real programs: node --test desk.test.mjs
// BIN names the folder of the programs.
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {chromium} from 'playwright-core';

const bin = process.env.BIN;
const folder = mkdtempSync(join(tmpdir(), 'renkei-desk-'));
const data = join(folder, 'hospital');
let service;
let browser;
let base;

const renkei = (...words) =>
  execFileSync(join(bin, 'renkei'), ['--data', data, ...words], {encoding: 'utf8'});

// A clinic fills a fresh form and faxes it.
const fax = (name, pathway, values) => {
  const [pdf, layout, fill, tif] = ['pdf', 'layout.json', 'json', 'tif'].map(
      (ending) => join(folder, `${name}.${ending}`));
  renkei('print', 'report', '--pathway', pathway, '--out', pdf, '--layout', layout);
  writeFileSync(fill, JSON.stringify({
    kind: 'periodic', visit_date: '2026-11-05', performance_status: '0', recurrence: 'none',
    outcome: 'continuing', next_visit: '2027-02', attached_pages: '0', seal: 'yes', ...values}));
  execFileSync(join(bin, 'faxsim'), ['--layout', layout, '--blank', pdf, '--fill', fill,
    '--quality', 'fine', '--degrade', 'light', '--seed', '7', '--out', tif]);
  return tif;
};

// The service on a free port; the address from its log.
const serve = () => new Promise((resolve, reject) => {
  service = spawn(join(bin, 'renkeid'), ['--data', data], {stdio: ['ignore', 'ignore', 'pipe']});
  let log = '';
  service.stderr.on('data', (piece) => {
    log += piece;
    const found = /the desk is at (http:\/\/[^/]+)/.exec(log);
    if (found) resolve(found[1]);
  });
  service.on('exit', () => reject(new Error(`renkeid ended: ${log}`)));
});

const newPage = async (options = {}) => {
  const context = await browser.newContext(
      {locale: 'ja-JP', viewport: {width: 1280, height: 800}, ...options});
  const page = await context.newPage();
  page.problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') page.problems.push(message.text());
  });
  page.on('pageerror', (error) => page.problems.push(String(error)));
  return page;
};

before(async () => {
  renkei('init', '--demo');
  const settings = join(data, 'renkei.yaml');
  writeFileSync(settings, readFileSync(settings, 'utf8').replace('port: 8470', 'port: 0'));
  base = await serve();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});

after(async () => {
  await browser?.close();
  if (service) {
    const ended = new Promise((resolve) => service.on('exit', resolve));
    service.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, {recursive: true, force: true});
});

test('an empty desk says so, in both languages', async () => {
  const page = await newPage();
  await page.goto(base);
  assert.equal(await page.getAttribute('html', 'lang'), 'ja');
  await page.getByText('未確認の通知はありません。').waitFor();
  await page.getByRole('link', {name: 'English'}).click();
  await page.getByText('No open flags.').waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.deepEqual(page.problems, []);
});

test('flags, held documents and filed reports appear by themselves, with their pictures', async () => {
  const page = await newPage();
  await page.goto(base);
  const files = [
    fax('regular', 'P-0001', {birth_date: '1948-04-05'}),
    fax('recurrence', 'P-0002', {birth_date: '1955-11-23', kind: 'deviation',
      recurrence: 'confirmed', outcome: 'recurrence', outcome_date: '2026-11-04'}),
    fax('mismatch', 'P-0003', {birth_date: '1961-07-23'}),
  ];
  renkei('submit', '--wait', '60', files[0]);
  for (const file of files.slice(1)) renkei('submit', file);

  const urgent = page.locator('#flags .card.urgent', {hasText: '再発'}).first();
  await urgent.waitFor({timeout: 60000});
  assert.match(await urgent.innerText(), /試験 花子/);
  await urgent.locator('svg.crop image').first().waitFor({timeout: 60000});
  const drawn = await urgent.locator('.thumb img').evaluate(
      (image) => image.decode().then(() => image.naturalWidth));
  assert.ok(drawn > 500);

  const held = page.locator('#held .card', {hasText: '生年月日が登録と一致しません'});
  await held.waitFor({timeout: 60000});
  await page.locator('#recent', {hasText: '見本 太郎'}).waitFor({timeout: 60000});
  assert.deepEqual(page.problems, []);

  await urgent.locator('a').first().click();
  await page.getByRole('table').first().waitFor();
  assert.deepEqual(page.problems, []);
  if (process.env.PICTURES) {
    await page.screenshot({path: join(process.env.PICTURES, 'document.png'), fullPage: true});
    await page.goto(base);
    await page.screenshot({path: join(process.env.PICTURES, 'desk.png'), fullPage: true});
  }
});

test('a file that cannot be shown says so, and that it is kept', async () => {
  const page = await newPage();
  const broken = join(folder, 'broken.tif');
  writeFileSync(broken, 'no fax at all');
  renkei('submit', broken);
  await page.goto(base);
  const words = '表示できるページがありません。受信したファイルは保管してあります。';
  const held = page.locator('#held .card', {hasText: words});
  await held.waitFor({timeout: 60000});
  assert.doesNotMatch(await held.innerText(), /準備中/);
  await held.locator('a').first().click();
  await page.getByText(words).waitFor();
  assert.deepEqual(page.problems, []);
});

test('fits a small screen', async () => {
  const page = await newPage({viewport: {width: 390, height: 700}});
  await page.goto(base);
  await page.locator('#flags .card').first().waitFor({timeout: 60000});
  const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${wide} px too wide`);
  if (process.env.PICTURES) {
    await page.screenshot({path: join(process.env.PICTURES, 'small.png'), fullPage: true});
  }
});

test('headers are strict, and only reading is allowed', async () => {
  for (const path of ['/', '/lists', '/assets/desk.js', '/health', '/nowhere']) {
    const answer = await fetch(base + path);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/, path);
    assert.doesNotMatch(policy, /unsafe/, path);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(answer.headers.get('cache-control'), 'no-store', path);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer', path);
  }
  assert.equal((await fetch(base + '/', {method: 'POST', body: 'x'})).status, 405);
  for (const path of ['/assets/../desk.html', '/assets/%2e%2e%2fdesk.html', '/pictures/D-000001/..%2f1.png',
    '/documents/D-999999', '/documents/P-0001', '/pictures/D-000001/99.png']) {
    assert.equal((await fetch(base + path)).status, 404, path);
  }
});

test('no address carries a patient', async () => {
  const html = await (await fetch(base + '/')).text();
  for (const [, address] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
    assert.doesNotMatch(decodeURIComponent(address), /0010\d{4}|見本|試験|P-\d/, address);
  }
});
