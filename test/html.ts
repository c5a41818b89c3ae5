/** What stands on a page: read with regular expressions, since kgload writes the pages itself. */
import assert from 'node:assert/strict';

/** The text of a piece of a page. */
export function textOf(html: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '')
    .trim();
}

/** The cells of a table's body, by its id or its class. */
export function tableOf(page: string, selector: string): string[][] {
  const table = new RegExp(`<table (?:id|class)="(?:[^"]* )?${selector}".*?</table>`, 's').exec(
    page,
  )?.[0];
  assert.ok(table, `no table ${selector}`);
  return bodyOf(table);
}

/** The cells of the body of a table. */
export function bodyOf(table: string): string[][] {
  return [...table.matchAll(/<tbody>(.*?)<\/tbody>/gs)].flatMap(([, body = '']) =>
    [...body.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
      [...row.matchAll(/<t[hd].*?<\/t[hd]>/gs)].map(([cell]) => textOf(cell)),
    ),
  );
}

/** What a page must be: whole, without a script, and without anything from elsewhere. */
export function checkPage(page: string): void {
  assert.match(page, /^<!doctype html>\n<html lang="en">/);
  assert.match(
    page,
    /<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;/,
  );
  assert.doesNotMatch(page, /<script|javascript:|<iframe|<img|\son\w+=/i);
  for (const [, address = ''] of page.matchAll(/(?:href|src)="([^"]*)"/g)) {
    assert.match(address, /^(#[a-z-]+|data:,)$/);
  }
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
}
