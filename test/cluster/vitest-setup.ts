/** Starts one control plane for all files of the `cluster` project, and stops it after the last. */
import type { TestProject } from "vitest/node";
import type { Endpoint } from "./access.ts";
import { AssetsUnavailable, logToStderr } from "./assets.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Null where the programs of a cluster cannot be had; see `describeCluster` in harness.ts. */
    cluster: Endpoint | null;
  }
}

let running: ControlPlane | undefined;

export async function setup(project: TestProject): Promise<void> {
  try {
    running = await startControlPlane();
    project.provide("cluster", running.endpoint);
  } catch (error) {
    if (!(error instanceof AssetsUnavailable) || process.env["CI"]) throw error;
    logToStderr(`SKIPPED: every test that needs a real API server, because ${error.message}`);
    project.provide("cluster", null);
  }
}

export async function teardown(): Promise<void> {
  await running?.stop();
}
