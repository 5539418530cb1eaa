/** Kubernetes quantities: `250m`, `0.5`, `64Mi`, `1e8`. */

const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Cores, or bytes. Throws RangeError on what is no quantity, or a negative one. */
export const amountOf = (quantity: string): number => {
  const [, number = "", unit = ""] = /^\+?([0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  const factor = UNITS[unit];
  if (number === "" || factor === undefined) throw new RangeError(`not a quantity: '${quantity}'`);
  return Number(number) * factor;
};

export const smaller = (a: string, b: string): string => (amountOf(a) <= amountOf(b) ? a : b);
export const larger = (a: string, b: string): string => (amountOf(a) >= amountOf(b) ? a : b);
