import { at, type Obj } from "./objects.ts";
import { Refusal } from "./refusal.ts";

export type Predicate = (object: Obj) => boolean;

const everything: Predicate = () => true;

/** Splits at commas that are not inside parentheses. */
const requirements = (selector: string): string[] => selector.split(/,(?![^(]*\))/).map((part) => part.trim());

const labelRequirement = (text: string): Predicate => {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    const wanted = operator === "in";
    return ({ metadata }) => {
      const value = metadata.labels?.[key];
      return value === undefined ? !wanted : values.has(value) === wanted;
    };
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(text);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    return ({ metadata }) => (metadata.labels?.[key] === value) === (operator !== "!=");
  }
  const existence = /^(!?)([^=!\s(),]+)$/.exec(text);
  if (existence === null) throw new Refusal(400, `unable to parse requirement: ${text}`);
  const [, not, key = ""] = existence;
  return ({ metadata }) => (metadata.labels?.[key] !== undefined) === (not === "");
};

/** All operators of the API: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`. */
export const labelPredicate = (selector: string | null): Predicate => {
  if (!selector) return everything;
  const all = requirements(selector).map(labelRequirement);
  return (object) => all.every((matches) => matches(object));
};

const fieldRequirement = (text: string, selectable: readonly string[]): Predicate => {
  const parsed = /^([^=!]+)(==|=|!=)(.*)$/.exec(text);
  if (parsed === null) throw new Refusal(400, `invalid selector: '${text}'; can't understand '${text}'`);
  const [, path = "", operator, value] = parsed;
  if (path !== "metadata.name" && path !== "metadata.namespace" && !selectable.includes(path)) {
    throw new Refusal(400, `field label not supported: ${path}`);
  }
  return (object) => (String(at(object, path) ?? "") === value) === (operator !== "!=");
};

/** `metadata.name`, `metadata.namespace` and what the kind declares, with `=`, `==` and `!=`. */
export const fieldPredicate = (selector: string | null, selectable: readonly string[]): Predicate => {
  if (!selector) return everything;
  const all = selector.split(",").map((text) => fieldRequirement(text, selectable));
  return (object) => all.every((matches) => matches(object));
};
