/** Kubernetes quantities (`250m`, `1.5Gi`, `1e3`), compared exactly. */

const QUANTITY = /^([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]+))?$/;

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

/** More digits than any amount has; beyond it `10n ** n` would only burn time. */
const LARGEST_EXPONENT = 64;

/** A fraction; the denominator is positive. */
export class Quantity {
  readonly #numerator: bigint;
  readonly #denominator: bigint;

  private constructor(numerator: bigint, denominator: bigint) {
    this.#numerator = numerator;
    this.#denominator = denominator;
  }

  /** Undefined for text that is no amount. */
  static parse(text: string): Quantity | undefined {
    const match = QUANTITY.exec(text);
    if (match === null) return undefined;
    const [, sign, digits = "", suffix, exponent] = match;
    const [whole = "", fraction = ""] = digits.split(".");
    const power = (DECIMAL[suffix ?? ""] ?? 0) + Number(exponent ?? 0) - fraction.length;
    if (Math.abs(power) > LARGEST_EXPONENT) return undefined;
    const mantissa = BigInt(`${sign === "-" ? "-" : ""}${whole}${fraction}`) * (1n << (BINARY[suffix ?? ""] ?? 0n));
    return power < 0
      ? new Quantity(mantissa, 10n ** BigInt(-power))
      : new Quantity(mantissa * 10n ** BigInt(power), 1n);
  }

  /** -1, 0 or 1. */
  compareTo(other: Quantity): -1 | 0 | 1 {
    const difference = this.#numerator * other.#denominator - other.#numerator * this.#denominator;
    return difference === 0n ? 0 : difference < 0n ? -1 : 1;
  }
}

const amountOf = (text: string): Quantity => {
  const amount = Quantity.parse(text);
  if (amount === undefined) throw new RangeError(`not a quantity: '${text}'`);
  return amount;
};

/** The one with the smaller amount, as it is written. Throws RangeError on what is no quantity. */
export const smaller = (a: string, b: string): string => (amountOf(a).compareTo(amountOf(b)) <= 0 ? a : b);
/** The one with the larger amount, as it is written. Throws RangeError on what is no quantity. */
export const larger = (a: string, b: string): string => (amountOf(a).compareTo(amountOf(b)) >= 0 ? a : b);
