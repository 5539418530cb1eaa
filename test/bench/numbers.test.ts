import { describe, expect, it } from "vitest";
import { parseMicros, parseWrite } from "./audit.ts";
import { spread } from "./statistics.ts";

describe("the numbers of a report", () => {
  it("are the least, the middle and the most", () => {
    expect(spread([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
    expect(spread([4, 1])).toEqual({ min: 1, median: 2.5, max: 4 });
    expect(() => spread([])).toThrow(RangeError);
  });

  it("come from the audit log with all digits of its times", () => {
    expect(parseMicros("2026-11-23T15:04:05.000250Z") - parseMicros("2026-11-23T15:04:05Z")).toBeCloseTo(0.25, 3);
    const line = JSON.stringify({
      verb: "update",
      user: { username: "ann" },
      objectRef: { resource: "packinstalls", subresource: "status", namespace: "team", name: "crm" },
      responseStatus: { code: 409 },
      requestReceivedTimestamp: "2026-11-23T15:04:05.000001Z",
      stageTimestamp: "2026-11-23T15:04:05.010001Z",
    });
    expect(parseWrite(line)).toMatchObject({ resource: "packinstalls/status", code: 409, user: "ann", name: "crm" });
  });
});
