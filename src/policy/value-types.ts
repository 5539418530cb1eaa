/** The types of parameters. Strict: a value has its type or is refused; nothing is converted. */
import type { ValueType } from "../api/v1alpha1/index.ts";

export type ScalarType = Exclude<ValueType, `${string}Array`>;

/** The type of one element, and whether there is a list of them. */
export const elementOf = (type: ValueType): { readonly type: ScalarType; readonly list: boolean } =>
  type.endsWith("Array")
    ? { type: type.slice(0, -"Array".length) as ScalarType, list: true }
    : { type: type as ScalarType, list: false };

/** UTF-16 units of one text. */
const MAX_TEXT_LENGTH = 1_048_576;
/** RFC 5321. */
const MAX_MAIL_LENGTH = 254;

/** What a value must be, a phrase that follows "must be". */
export const TYPE_TEXT: Readonly<Record<ScalarType, string>> = {
  String: "a text",
  Html: "a text in HTML",
  Markdown: "a text in Markdown",
  Number: "a number",
  Boolean: "true or false",
  Date: "a point in time such as '2026-11-23T15:04:05Z' (RFC 3339)",
  Image: "an https or data URL",
  File: "an https or data URL",
  Email: "a mail address",
};

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length <= MAX_TEXT_LENGTH && value.isWellFormed();

const isLink = (value: unknown): boolean => isText(value) && /^(https:\/\/|data:)[^\s\p{Cc}]+$/iu.test(value);

const isMail = (value: unknown): boolean =>
  isText(value) && value.length <= MAX_MAIL_LENGTH && /^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$/u.test(value);

const CHECKS: Readonly<Record<ScalarType, (value: unknown) => boolean>> = {
  String: isText,
  Html: isText,
  Markdown: isText,
  Number: Number.isFinite,
  Boolean: (value) => typeof value === "boolean",
  Date: (value) => typeof value === "string" && isTimestamp(value),
  Image: isLink,
  File: isLink,
  Email: isMail,
};

/** Whether a value is one of a type. A type that is not known has no values. */
export const hasType = (type: ScalarType, value: unknown): boolean =>
  Object.hasOwn(CHECKS, type) && CHECKS[type](value);

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** RFC 3339 with an offset, a day that exists, and without leap seconds, which JavaScript cannot hold. */
export const isTimestamp = (text: string): boolean => {
  const match = TIMESTAMP.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const days = month === 2 && isLeap(year) ? 29 : DAYS[month - 1];
  return days !== undefined && day >= 1 && day <= days;
};

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
