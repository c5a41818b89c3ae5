/** A real browser, where there is one: Chromium from the system, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const EXECUTABLE = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path));

/** Options of tests that need a browser. */
export const BROWSER = {
  skip:
    EXECUTABLE === undefined ? 'no Chromium (apt-get install chromium, or CHROMIUM=path)' : false,
} as const;

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: EXECUTABLE ?? '', args: ['--no-sandbox'] });
}

/** Opens a page; whatever its console or its network says is in `said`. */
export async function openPage(
  browser: Browser,
  file: string,
  options: { colorScheme: 'light' | 'dark'; width: number },
): Promise<{ page: Page; said: string[] }> {
  const { colorScheme, width } = options;
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) said.push(request.url());
  });
  await page.goto(`file://${file}`);
  return { page, said };
}
