/** Names of objects on the command line. */
import { usageError } from "./exit.ts";
import { harmless } from "./text.ts";

/** As the API has it: a name becomes a label value. */
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws CommandError for a name that no object can have; `flag` says where it was given */
export const checkedName = (name: string, flag: string): string => {
  if (OBJECT_NAME.test(name)) return name;
  throw usageError(
    `${flag}: '${harmless(name)}' must be 1 to 63 lower-case letters, digits or '-', starting and ending with a letter or digit.`,
  );
};
