/** Words that stand in an outline until somebody writes what belongs there. `packctl lint` refuses them. */

/** Each is valid where it stands, so that nothing but the placeholder itself is reported. */
export const PLACEHOLDER = {
  group: "REPLACE-ME-GROUP",
  syncTable: "REPLACE_ME_SYNC_TABLE",
  scope: "REPLACE-ME-SCOPE",
} as const;

/** Upper case only: no name of an object is written so. */
const MARK = /REPLACE[-_]ME/;

export const isPlaceholder = (text: string): boolean => MARK.test(text);
