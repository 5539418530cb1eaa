import { expect, test } from "vitest";
import { installInput, packConfiguration, packDefinition } from "../../test/gen/objects.ts";
import { type Check, type Findings, pass, refuse, runChecks, traceChecks, wait } from "./step.ts";

const configuration = packConfiguration("c");
const definition = packDefinition("crm");
const first: Check = () => pass({ definition });
const second: Check = () => pass({ configuration });
const waiting: Check = () => wait("PackNotFound", "there is none.");
const refusing: Check = () => refuse("PackDenied", "it is denied.");

test("checks that all pass give what they found together", () => {
  expect(runChecks([first, second], installInput())).toEqual({ pass: { definition, configuration } });
  expect(runChecks([], installInput())).toEqual({ pass: {} });
});

test("the first check that does not pass gives the answer", () => {
  expect(runChecks([first, refusing, waiting], installInput())).toEqual({
    refuse: { reason: "PackDenied", message: "it is denied." },
  });
  expect(runChecks([waiting, refusing], installInput())).toEqual({
    wait: { reason: "PackNotFound", message: "there is none." },
  });
});

test("a trace is what each check said, and ends with the first that does not pass", () => {
  expect(traceChecks([first, second], installInput())).toEqual([{ pass: { definition } }, { pass: { configuration } }]);
  expect(traceChecks([first, refusing, second], installInput())).toEqual([
    { pass: { definition } },
    { refuse: { reason: "PackDenied", message: "it is denied." } },
  ]);
  expect(traceChecks([], installInput())).toEqual([]);
});

test("a check is told what those before it have found", () => {
  for (const run of [runChecks, traceChecks]) {
    const told: Findings[] = [];
    const listening: Check = (_, findings) => {
      told.push(findings);
      return pass();
    };
    run([listening, first, listening, second, listening], installInput());
    expect(told).toEqual([{}, { definition }, { definition, configuration }]);
  }
});
