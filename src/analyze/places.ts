/** Paths of the dataset: relative to the root (which is empty), with slashes. */

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function joinPath(directory: string, rest: string): string {
  return directory === '' ? rest : rest === '' ? directory : `${directory}/${rest}`;
}
