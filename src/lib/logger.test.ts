import { describe, expect, it } from "vitest";
import { createLogger, type LoggerOptions } from "./logger.ts";

const capture = (options: LoggerOptions = {}) => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ ...options, stream: { write: (line: string) => void lines.push(JSON.parse(line)) } });
  return { logger, lines };
};

describe("a logger", () => {
  it("writes one object a line, with a level in words and a UTC time", () => {
    const { logger, lines } = capture({ base: { component: "controller" } });
    logger.child({ controller: "install" }).info({ name: "a" }, "something happened");
    expect(lines).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        component: "controller",
        controller: "install",
        name: "a",
        msg: "something happened",
      },
    ]);
  });

  it("keeps the stack of an error", () => {
    const { logger, lines } = capture();
    logger.error({ err: new TypeError("boom") }, "it failed");
    expect(lines[0]?.err).toMatchObject({ type: "TypeError", message: "boom", stack: expect.stringContaining("at ") });
  });

  it("leaves out what is below its level, which may change", () => {
    const { logger, lines } = capture({ level: "warn" });
    logger.info({}, "no");
    logger.level = "debug";
    logger.debug({}, "yes");
    expect(lines.map(({ msg }) => msg)).toEqual(["yes"]);
  });
});
