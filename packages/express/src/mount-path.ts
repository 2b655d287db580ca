/** A request target split at its query; the query keeps its `?` and its exact spelling. */
export interface SplitTarget {
  readonly path: string;
  readonly query: string;
}

export function splitTarget(target: string): SplitTarget {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: '' };
  return { path: target.slice(0, mark), query: target.slice(mark) };
}

/**
 * A mount path as `/phone`, or an empty string for the root.
 *
 * @throws RangeError for what is no plain path: patterns, queries and relative paths.
 */
export function normalizeMountPath(path: string): string {
  if (path !== '' && !/^\/[\w\-.~%/]*$/.test(path)) {
    throw new RangeError(`The mount path must be a plain path such as "/phone", not "${path}".`);
  }
  return path.replace(/\/+$/, '');
}

/** What follows `mountPath` in `path`, from its slash on; undefined where `path` is not below it. */
export function pathBelow(path: string, mountPath: string): string | undefined {
  return path.startsWith(`${mountPath}/`) ? path.slice(mountPath.length) : undefined;
}
