/**
 * `make demo`: the main job on a real Kubernetes API. Everything that is shown happened: the commands are run, their
 * output is theirs, and a step that does not come true ends the demo with exit code 1.
 */
import { childName } from "../src/resources/identity.ts";
import { Stage } from "./stage.ts";
import { say, showOutput, title } from "./terminal.ts";

const TEAM = "team-a";
const INSTALL = "crm";
const CHILD = childName(TEAM, INSTALL);
const CONDITIONS = 'jsonpath={range .status.conditions[*]}{.type}{"="}{.status}{"\\t"}{.reason}{"\\n"}{end}';

const UNINSTALLED =
  'jsonpath={range .status.uninstalled}{.time}{"  "}{.reason}{"\\n"}{.message}{"\\n"}ask: {.contact}{"\\n"}{end}';

const install = ["packinstall", INSTALL, "-n", TEAM] as const;
const grant = ["packgrant", CHILD, "-n", "packs-system"] as const;
const reasonOf = (type: string): string => `jsonpath={.status.conditions[?(@.type=="${type}")].reason}`;
const children = ["get", "packgrants,networkpolicies,pods", "-A", "-l", `packs.dev/install=${INSTALL}`] as const;

const story = async (stage: Stage): Promise<void> => {
  title("A pack is declared, configured and installed");
  await stage.kubectl("apply", "-f", "examples/quickstart/");
  await stage.until("the pack is installed", "Installed", "get", ...install, "-o", reasonOf("Installed"));
  await stage.kubectl("get", ...install);
  await stage.kubectl("get", ...install, "-o", CONDITIONS);
  say(
    "No node runs pods here, so nobody has proved the fence from inside: NetworkEnforced is Unknown, Ready is False.",
  );

  title("What the controller made of it: a grant, a fence, a sandbox");
  await stage.kubectl(...children);
  await stage.kubectl("describe", "networkpolicy", CHILD, "-n", "packs-sandboxes");
  say("The fence leads to the gateway and nowhere else. Names are the gateway's business; the grant lists them:");
  await stage.kubectl(
    "get",
    ...grant,
    "-o",
    'jsonpath={range .spec.hosts[*]}{.domain}{"\\t"}credential: {.auth}{"\\n"}{end}',
  );

  title("The maker drops a domain: the grant shrinks at once");
  const hosts = ["get", ...grant, "-o", "yaml", "--show-managed-fields=false"] as const;
  await stage.difference(hosts, async () => {
    const [first] = JSON.parse(
      (await stage.quietly("get", "packdefinition", "acme-crm", "-o", "jsonpath={.spec.networkDomains}")).output,
    ) as string[];
    await stage.kubectl(
      "patch",
      "packdefinition",
      "acme-crm",
      "--type=merge",
      "-p",
      JSON.stringify({ spec: { networkDomains: [first] } }),
    );
    await stage.until("the grant has one host", first ?? "", "get", ...grant, "-o", "jsonpath={.spec.hosts[*].domain}");
  });

  title("Somebody adds a NetworkPolicy that opens the sandboxes");
  await stage.refused(FOREIGN);
  say("Admission refuses it, even from a cluster administrator. Suppose he switches that off:");
  await stage.kubectl("delete", "validatingadmissionpolicybinding", "packs-fence-sandboxes");
  await stage.applyOnceAllowed(FOREIGN);
  await stage.until("it is noticed", "NetworkWidened", "get", ...install, "-o", reasonOf("Ready"));
  await stage.kubectl("get", ...install);
  await stage.kubectl("get", ...grant);
  await stage.kubectl(
    "get",
    "events",
    "-n",
    TEAM,
    "--field-selector",
    "reason=NetworkWidened",
    "-o",
    'jsonpath={.items[0].message}{"\\n"}',
  );
  await stage.kubectl("delete", "networkpolicy", "open-sesame", "-n", "packs-sandboxes");
  await stage.until("the grant is active again", "Active", "get", ...grant, "-o", "jsonpath={.spec.state}");
  say("The policy is gone, and the grant is active again by itself. Admission is switched on again:");
  await stage.kubectl(
    "apply",
    "--server-side",
    "--force-conflicts",
    "-f",
    "config/policies/packs-fence-sandboxes.yaml",
  );

  title("The administrator narrows the configuration: the pack no longer fits and leaves");
  await stage.kubectl(
    "patch",
    "packconfiguration",
    "acme-crm",
    "--type=merge",
    "-p",
    '{"spec":{"network":{"allow":"Listed","allowedDomains":["other.example.org"]}}}',
  );
  await stage.until(
    "the pack is uninstalled",
    "DomainsNotAllowed",
    "get",
    ...install,
    "-o",
    "jsonpath={.status.uninstalled.reason}",
  );
  await stage.kubectl("get", ...install);
  await stage.kubectl("get", ...install, "-o", UNINSTALLED);
  await stage.kubectl(...children);

  title("GitOps applies the install again and again: nothing comes back");
  for (let round = 0; round < 3; round += 1) await stage.kubectl("apply", "-f", "examples/quickstart/install.yaml");
  await stage.kubectl("get", ...install);
  await stage.kubectl(...children);

  title("The configuration fits again, and somebody asks for the pack: it returns");
  await stage.kubectl("apply", "-f", "examples/quickstart/configuration.yaml");
  await stage.kubectl("annotate", ...install, `packs.dev/reinstall-requested-at=${new Date().toISOString()}`);
  await stage.until("the pack is installed again", "Installed", "get", ...install, "-o", reasonOf("Installed"));
  await stage.kubectl("get", ...install);
  await stage.kubectl("get", ...install, "-o", 'jsonpath={range .status.history[*]}{.time}{"  "}{.reason}{"\\n"}{end}');
};

const FOREIGN = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: open-sesame
  namespace: packs-sandboxes
spec:
  podSelector: {}
  egress:
    - {}
`;

const hold = (stage: Stage, signal: AbortSignal): Promise<void> => {
  console.log("\nThe API stays up until Ctrl-C. In another terminal:");
  showOutput(`export KUBECONFIG=${stage.kubeconfig}\n${stage.kubectlPath} get packs -A`);
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    signal.addEventListener("abort", () => {
      clearInterval(alive);
      resolve();
    });
  });
};

const started = performance.now();
const stop = new AbortController();
const interrupted = new Promise<never>((_, reject) => {
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort();
      reject(new Error("interrupted"));
    });
  }
});
interrupted.catch(() => undefined);

let stage: Stage | undefined;
try {
  console.log("Starting a real Kubernetes API (etcd, kube-apiserver, kube-controller-manager) on this machine ...");
  stage = await Promise.race([Stage.open(), interrupted]);
  await Promise.race([stage.install(), interrupted]);
  say("CRDs, namespaces, roles and admission policies are installed.");
  await Promise.race([stage.startController(), interrupted]);
  say("The controller runs as system:serviceaccount:packs-system:packs-controller, with the roles in config/rbac.");
  await Promise.race([story(stage), interrupted]);
  console.log(`\nDone in ${((performance.now() - started) / 1000).toFixed(0)} s. Next: README.md, examples/.`);
  if (process.env.KEEP) await hold(stage, stop.signal);
} catch (error) {
  console.error(`\nThe demo ended early: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = stop.signal.aborted ? 130 : 1;
} finally {
  await stage?.close();
}
