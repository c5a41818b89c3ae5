/** The name that somebody may have meant. */

/** The nearest of some names, if it is near enough to be a slip of the hand. */
export function mostSimilar(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  const most = Math.max(1, Math.floor(wanted.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const candidate of new Set(names)) {
    if (Math.abs(candidate.length - name.length) > most || candidate === name) continue;
    const distance = distanceOf(wanted, candidate.toLowerCase());
    if (distance <= most && (!best || distance < best.distance))
      best = { name: candidate, distance };
  }
  return best?.name;
}

/** Letters to insert, to leave out, to replace, or to swap with their neighbour. */
function distanceOf(a: string, b: string): number {
  let [older, before] = [[] as number[], [] as number[]];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    [older, before, row] = [before, row, [i]];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (before[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (before[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (older[j - 2] ?? 0) + 1 : Infinity,
      );
    }
  }
  return row[b.length] ?? 0;
}
