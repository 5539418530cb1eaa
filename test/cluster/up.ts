/**
 * A control plane to play with: `node test/cluster/up.ts` runs until Ctrl-C. The first line on standard output is JSON:
 * where it is, and its processes.
 */
import { startControlPlane } from "./control-plane.ts";

const cluster = await startControlPlane();
console.log(JSON.stringify({ ...cluster.endpoint, processes: Object.fromEntries(cluster.processes()) }));
console.error(`ready: KUBECONFIG=${cluster.kubeconfig} ${cluster.endpoint.kubectl} get namespaces   (Ctrl-C ends it)`);

const alive = setInterval(() => undefined, 60_000);
const stop = async (): Promise<void> => {
  clearInterval(alive);
  await cluster.stop();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
