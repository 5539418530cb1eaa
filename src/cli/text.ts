/** Text from objects and files, made harmless for a terminal and for people who read it. */

/**
 * Control characters (terminal escapes among them), marks that change the direction of text, invisible characters and
 * line separators, lone surrogates.
 */
const HARMFUL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]|\p{Cs}/gu;

/** What YAML and JSON text may not carry raw; tabs and line ends are part of their form. */
const HARMFUL_IN_MARKUP =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]|\p{Cs}/gu;

const escaped = (character: string): string => {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
};

/** One line that a terminal shows as it is: every harmful character is written as `\u{...}`. */
export const harmless = (text: string): string => text.replace(HARMFUL, escaped);

/** The same, keeping line ends: for text of our own that has quotations in it. */
export const harmlessLines = (text: string): string => text.split("\n").map(harmless).join("\n");

export const isHarmful = (text: string): boolean => text.search(HARMFUL_IN_MARKUP) >= 0;

const utf16 = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");

/** JSON text with every harmful character as `\uXXXX`; it parses to the same value. */
export const harmlessJson = (json: string): string => json.replace(HARMFUL_IN_MARKUP, utf16);

/** YAML text whose harmful characters stand in double quotes, with each as an escape; it parses to the same value. */
export const harmlessYaml = (yaml: string): string =>
  yaml.replace(HARMFUL_IN_MARKUP, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });

const distance = (a: string, b: string): number => {
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

const LONGEST_GUESS = 64;

/** The word that somebody probably meant, or undefined: at most a third of its letters differ, case does not count. */
export const closest = (word: string, among: readonly string[]): string | undefined => {
  if (word.length > LONGEST_GUESS) return undefined;
  const folded = word.toLowerCase();
  const [best] = among
    .map((candidate) => ({ candidate, steps: distance(folded, candidate.toLowerCase()) }))
    .filter(({ candidate, steps }) => steps <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.steps - b.steps);
  return best?.candidate;
};

/** ` Did you mean 'x'?`, or nothing. */
export const didYouMean = (word: string, among: readonly string[]): string => {
  const guess = closest(word, among);
  return guess === undefined ? "" : ` Did you mean '${guess}'?`;
};

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
