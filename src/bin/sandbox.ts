/** The `sandbox` process: `prove` runs as init container, `agent` as the container of JavaScript packs. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { createAgent } from "../sandbox/agent.ts";
import { parseCanary, prove } from "../sandbox/prove.ts";
import { VERSION } from "./version.ts";

const TERMINATION_LOG = "/dev/termination-log";
const FAILED = 1;

const program = new Command("packs-operator sandbox")
  .description("The processes inside a sandbox pod.")
  .version(VERSION)
  .option("--kubeconfig <file>", "not used: a sandbox never speaks to the API server");

program
  .command("agent")
  .description("answers health checks; this version runs no pack code")
  .option("--port <number>", "where to listen", "8000")
  .action(({ port }: { port: string }) => {
    const server = createAgent().listen(Number(port));
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => server.close());
  });

program
  .command("prove")
  .description(
    "proves from inside that what must be closed is closed; writes {result, detail} to the termination message",
  )
  .option("--deadline <ms>", "how long to wait for the policy engine", "30000")
  .option("--output <file>", "where the result goes", TERMINATION_LOG)
  .action(async ({ deadline, output }: { deadline: string; output: string }) => {
    const { PACKS_CANARIES = "", PACKS_NODE_ADDRESS } = process.env;
    const proof = await prove({
      canaries: PACKS_CANARIES.split(",").filter(Boolean).map(parseCanary),
      nodeAddress: PACKS_NODE_ADDRESS,
      deadlineMs: Number(deadline),
      quickMs: 250,
      slowMs: 1_500,
    });
    writeFileSync(output, JSON.stringify(proof));
    process.exitCode = FAILED;
  });

await program.parseAsync(process.argv.slice(2), { from: "user" });
