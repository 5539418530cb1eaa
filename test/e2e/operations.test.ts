/** What operators rely on: flags, exit codes, probes, metrics and logs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeCluster } from "../cluster/harness.ts";
import { denied } from "../gen/objects.ts";
import { type ControllerProcess, type LogLine, runToEnd } from "./controller-process.ts";
import { Stage } from "./kit.ts";

describe("the command line of the controller", () => {
  it("--help tells every flag, its environment variable and the exit codes, and ends with 0", async () => {
    const { code, stdout } = await runToEnd(["--help"]);
    expect(code).toBe(0);
    const flags = [
      ["--kubeconfig", "PACKS_KUBECONFIG"],
      ["--context", "PACKS_CONTEXT"],
      ["--no-leader-elect", "PACKS_NO_LEADER_ELECT"],
      ["--operations-address", "PACKS_OPERATIONS_ADDRESS"],
      ["--log-level", "PACKS_LOG_LEVEL"],
      ["--concurrency", "PACKS_CONCURRENCY"],
      ["--sandbox-image", "PACKS_SANDBOX_IMAGE"],
      ["--gateway-address", "PACKS_GATEWAY_ADDRESS"],
      ["--cluster-domain", "PACKS_CLUSTER_DOMAIN"],
      ["--canaries", "PACKS_CANARIES"],
      ["--user-namespaces", "PACKS_USER_NAMESPACES"],
      ["--test-mode", "PACKS_TEST_MODE"],
    ] as const;
    for (const [flag, variable] of flags) {
      expect(stdout).toContain(flag);
      expect(stdout).toContain(variable);
    }
    expect(stdout).toMatch(/Exit codes: 0 .*1 .*2 .*3 /s);
  });

  it("--version tells the version and ends with 0", async () => {
    const { code, stdout } = await runToEnd(["--version"]);
    expect([code, stdout.trim()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  });

  it.each([
    [["--no-such-flag"], /unknown option '--no-such-flag'/],
    [["--operations-address", "nonsense"], /must be HOST:PORT/],
    [["--operations-address", "0.0.0.0:99999"], /must be HOST:PORT/],
    [["--concurrency", "0"], /whole number from 1 to 64/],
    [["--concurrency", "2.5"], /whole number from 1 to 64/],
    [["--gateway-address", "gateway.example.com"], /must be an IP address/],
    [["--log-level", "loud"], /Allowed choices are/],
    [["--kubeconfig"], /argument missing/],
    [["surplus"], /too many arguments/],
  ])("%j is bad usage: a sentence on standard error, code 2", async (args, sentence) => {
    const { code, stderr } = await runToEnd(args);
    expect(stderr).toMatch(sentence);
    expect(code).toBe(2);
  });

  it("a kubeconfig that is not there is a failure that names the file, code 1", async () => {
    const { code, stderr } = await runToEnd(["--kubeconfig", "/no/such/file"]);
    expect(code).toBe(1);
    expect(stderr).toContain("/no/such/file");
    expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({ level: "fatal", process: "controller" });
  });

  it("outside of a pod without a kubeconfig it says what to do, code 1", async () => {
    const { code, stderr } = await runToEnd([]);
    expect(code).toBe(1);
    expect(stderr).toContain("--kubeconfig");
  });
});

describeCluster("a running controller", () => {
  let stage: Stage;
  let controller: ControllerProcess;

  beforeAll(async () => {
    stage = await Stage.start();
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
    const scene = await stage.scene("operations");
    await scene.running();
    await scene.configure("no", denied());
    await scene.until("crm", { Installed: "False PackDenied" });
  });

  afterAll(() => stage?.stop());

  it("answers probes: /healthz always, /readyz with a line for each list", async () => {
    expect(await controller.get("/healthz")).toEqual({ status: 200, body: "ok\n" });
    const { status, body } = await controller.get("/readyz");
    expect(status).toBe(200);
    for (const resource of [
      "packinstalls",
      "packdefinitions",
      "packconfigurations",
      "packorganizations",
      "packgrants",
    ]) {
      expect(body).toContain(`[+]${resource} ok`);
    }
    for (const resource of ["namespaces", "pods", "networkpolicies"]) expect(body).toContain(`[+]${resource} ok`);
    expect((await controller.get("/nothing")).status).toBe(404);
  });

  it("has the metrics that dashboards ask for, and none with the name of an install", async () => {
    const { body } = await controller.get("/metrics");
    const names = [
      "workqueue_depth",
      "workqueue_adds_total",
      "workqueue_queue_duration_seconds_bucket",
      "workqueue_work_duration_seconds_bucket",
      "workqueue_unfinished_work_seconds",
      "workqueue_longest_running_processor_seconds",
      "workqueue_retries_total",
      "packs_controller_reconcile_total",
      "packs_controller_reconcile_errors_total",
      "packs_controller_reconcile_terminal_errors_total",
      "packs_controller_reconcile_time_seconds_bucket",
      "packs_controller_max_concurrent_reconciles",
      "packs_controller_active_workers",
      "rest_client_requests_total",
      "rest_client_request_duration_seconds_bucket",
      "leader_election_master_status",
      "packs_uninstalls_total",
      "packs_install_refusals_total",
      "packs_events_total",
      "packs_foreign_policy_sandboxes",
      "process_resident_memory_bytes",
      "nodejs_eventloop_lag_seconds",
    ];
    const missing = names.filter(
      (name) => !new RegExp(`^(# TYPE )?${name.replace(/_bucket$/, "(_bucket)?")}[{ ]`, "m").test(body),
    );
    expect(missing).toEqual([]);
    expect(body).not.toContain("operations-");
    expect(await controller.metric("packs_uninstalls_total", { reason: "PackDenied" })).toBe(1);
  });

  it("logs one JSON object a line, with stable keys", () => {
    expect(controller.logs.filter(({ level }) => level === "unparsed")).toEqual([]);
    for (const line of controller.logs) {
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(trace|debug|info|warn|error|fatal)$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        process: "controller",
        version: expect.any(String),
        msg: expect.any(String),
      });
    }
    const written = controller.logs.filter(({ msg }) => msg === "object written");
    expect(written.length).toBeGreaterThan(3);
    for (const line of written) {
      expect(line).toMatchObject({
        controller: "packinstall",
        namespace: expect.stringMatching(/^operations-/),
        name: "crm",
        reconcileID: expect.stringMatching(/^[0-9a-f-]{36}$/),
        verb: expect.any(String),
        resource: expect.any(String),
      });
    }
    expect(controller.logs.find(({ msg }) => msg === "install changed")).toMatchObject({ reason: "PackDenied" });
  });

  it("logs no token and no key", async () => {
    const text = JSON.stringify(controller.logs);
    expect(text).not.toMatch(/Bearer|eyJ[A-Za-z0-9_-]{20}|PRIVATE KEY/);
  });

  it("logs neither errors nor warnings on a good day", () => {
    // The API server asks for a second of patience while it makes room for a kind that is new to it.
    const isPatience = (line: LogLine): boolean => (line["err"] as { code?: number } | undefined)?.code === 429;
    const bad = controller.logs.filter(({ level }) => level === "error" || level === "warn");
    expect(bad.filter((line) => !isPatience(line))).toEqual([]);
  });

  it("ends with code 0 within ten seconds when it is asked to, and says so", async () => {
    const asked = performance.now();
    expect(await controller.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(controller.logs.some(({ msg }) => msg === "released the lease")).toBe(true);
  });
});
