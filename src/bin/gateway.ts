/** The `gateway` process. This version has none: sandboxes have no way out at all. */
import { Command } from "commander";
import { VERSION } from "./version.ts";

const UNAVAILABLE = 69;

new Command("packs-operator gateway")
  .description("The only way out of a sandbox. Not part of this version: without it, sandboxes reach nothing.")
  .version(VERSION)
  .option("--kubeconfig <file>", "connect with this file instead of the pod's ServiceAccount")
  .addHelpText("after", `\nExit code: ${UNAVAILABLE}, because this version has no gateway.`)
  .action(() => {
    process.stderr.write(
      "packs-operator gateway: this version has no gateway; sandboxes reach nothing until one is installed.\n",
    );
    process.exitCode = UNAVAILABLE;
  })
  .parse(process.argv.slice(2), { from: "user" });
