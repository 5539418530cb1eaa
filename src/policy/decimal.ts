/** Decimal numbers, exactly: no comparison here goes through a binary fraction. */

/** `digits` times ten to the power of `-scale`; no trailing zero in `digits`, so equal numbers are equal values. */
export type Decimal = { readonly digits: bigint; readonly scale: number };

const NUMBER = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?$/;
/** Longer than any number of a rule and than the text of any JavaScript number. */
const MAX_LENGTH = 64;

/** Reads a number as JSON writes it, of at most 64 characters; undefined for anything else. */
export const parseDecimal = (text: string): Decimal | undefined => {
  const match = text.length > MAX_LENGTH ? null : NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "0", fraction = "", exponent = "0"] = match;
  const all = `${whole}${fraction}`;
  const kept = all.replace(/0+$/, "");
  if (kept === "") return { digits: 0n, scale: 0 };
  return { digits: BigInt(`${sign}${kept}`), scale: fraction.length - Number(exponent) - (all.length - kept.length) };
};

/** The decimal number that JSON writes for a finite JavaScript number. */
export const decimalOf = (value: number): Decimal | undefined => parseDecimal(String(value));

/** Negative if `a` is less, 0 if they are the same number, positive if `a` is greater. */
export const compareDecimals = (a: Decimal, b: Decimal): number => {
  const scale = Math.max(a.scale, b.scale);
  const difference = atScale(a, scale) - atScale(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

const atScale = ({ digits, scale }: Decimal, wanted: number): bigint =>
  scale === wanted ? digits : digits * 10n ** BigInt(wanted - scale);

/** One text for each number, for look-ups: `5`, `5.0` and `0.5e1` have the same key. */
export const decimalKey = ({ digits, scale }: Decimal): string => `${digits}e${-scale}`;
