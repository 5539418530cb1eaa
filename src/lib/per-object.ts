/**
 * A function of an object that never changes, computed once for each object. What a store holds is frozen, and a changed
 * one is another object: so nothing computed here can become stale. It lives as long as its object.
 */
export const perObject = <K extends object, V>(compute: (key: K) => V): ((key: K) => V) => {
  const known = new WeakMap<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined || known.has(key)) return found as V;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
};
