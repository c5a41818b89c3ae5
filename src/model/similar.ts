/** What was meant by a word that is none of those that there are. */

/**
 * The candidate that a word is most like: a mistyped one, or the beginning of one alone.
 *
 * @returns Nothing where it is like none of them.
 */
export function similarTo(word: string, candidates: readonly string[]): string | undefined {
  const given = word.toLowerCase();
  const begun = candidates.filter((name) => given !== '' && name.toLowerCase().startsWith(given));
  if (begun.length === 1) return begun[0];
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const edits = editsBetween(given, candidate.toLowerCase());
    if (edits >= least || edits > Math.max(given.length, candidate.length) * MOST) continue;
    [best, least] = [candidate, edits];
  }
  return best;
}

/** Edits a letter: two in five still look like a slip. */
const MOST = 0.4;

/** Letters that are put in, left out, replaced or exchanged with the next. */
function editsBetween(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const ways = [(old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + (isSame ? 0 : 1)];
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isExchanged) ways.push((older[j - 2] ?? 0) + 1);
      row.push(Math.min(...ways));
    }
    [older, old] = [old, row];
  }
  return old[b.length] ?? 0;
}
