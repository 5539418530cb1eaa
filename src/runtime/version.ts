const DECIMAL = /^[1-9]\d*$/;

/**
 * Orders two resource versions: negative, zero or positive. Undefined when they cannot be compared: only decimal
 * versions have an order (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions).
 */
export const compareVersions = (a: string, b: string): number | undefined => {
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
};

/** Whether `a` is certainly older than `b`. What cannot be compared is not. */
export const isOlder = (a: string, b: string): boolean => (compareVersions(a, b) ?? 0) < 0;

/** Whether having seen `seen` means having seen `wanted`. */
export const covers = (seen: string, wanted: string): boolean => (compareVersions(seen, wanted) ?? -1) >= 0;

/** The newer of two versions; the second one when they cannot be compared. */
export const newest = (a: string, b: string): string => (isOlder(b, a) ? a : b);
