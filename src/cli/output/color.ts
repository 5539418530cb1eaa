import pico from "picocolors";
import type { Io, Sink } from "../io.ts";

export type Colors = ReturnType<typeof pico.createColors>;

/** Colours on terminals only, and not where `NO_COLOR` is set (no-color.org) or the terminal has none. */
export const colorsFor = (sink: Sink, env: Io["env"]): Colors =>
  pico.createColors(sink.isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb");
