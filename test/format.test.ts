import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBytes, formatCount, formatRate } from '../src/format.js';

describe('numbers for people', () => {
  it('have a comma every three digits', () => {
    assert.deepEqual([0, 999, 1000, 123456, 35000000].map(formatCount), [
      '0',
      '999',
      '1,000',
      '123,456',
      '35,000,000',
    ]);
    assert.equal(formatRate(1000, 0.4), '2,500');
    assert.equal(formatRate(0, 1), '');
    assert.equal(formatBytes(10_800_000), '10.8 MB');
  });
});
