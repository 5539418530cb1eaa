import { harmless } from "../text.ts";
import type { Colors } from "./color.ts";

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ");

/** A title in bold and its body, indented, after an empty line; nothing for an empty body. The body must be harmless already. */
export const section = (title: string, body: string, colors: Colors): string =>
  body === "" ? "" : `\n${colors.bold(title)}\n${indented(body)}`;

/** Each text on a line of its own, made harmless. */
export const lines = (texts: readonly string[]): string => texts.map((text) => `${harmless(text)}\n`).join("");
