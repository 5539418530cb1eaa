import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NAMESPACE } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Client } from "../../src/kube/client.ts";
import type { Endpoint } from "./access.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { clientFrom, describeCluster, freshNamespace, sharedCluster } from "./harness.ts";

const REVIEW = {
  apiVersion: "authentication.k8s.io/v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
};

type Review = KubeObject & { status: { userInfo: { username: string; groups: string[] } } };

async function whoAmI(kubeconfig: string): Promise<Review["status"]["userInfo"]> {
  const client = clientFrom(kubeconfig);
  try {
    const object = { apiVersion: REVIEW.apiVersion, kind: REVIEW.kind, metadata: { name: "me" } } as Review;
    return (await client.create(REVIEW, object, { fieldManager: "test" })).status.userInfo;
  } finally {
    await client.close();
  }
}

/** A zombie has ended; only its parent has not looked yet. */
function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

/** Where etcd of this control plane keeps its data. */
const dataOf = (place: Endpoint): string => join("/dev/shm", basename(place.directory));

describeCluster("identities of the shared control plane", () => {
  it("knows a client certificate by its user and groups", async () => {
    const access = await sharedCluster();
    const me = await whoAmI(await access.kubeconfigFor("ann+o/x", ["team/a", "b"]));
    expect(me).toMatchObject({ username: "ann+o/x", groups: ["team/a", "b", "system:authenticated"] });
  });

  it("knows a token by its ServiceAccount", async () => {
    const access = await sharedCluster();
    const admin = clientFrom(access.endpoint.kubeconfig);
    const namespace = await freshNamespace(admin);
    const me = await whoAmI(await access.serviceAccountKubeconfig(namespace, "default"));
    expect(me.username).toBe(`system:serviceaccount:${namespace}:default`);
    await admin.close();
  });

  it("refuses a user without rights", async () => {
    const access = await sharedCluster();
    const client = clientFrom(await access.kubeconfigFor("nobody"));
    await expect(client.list(NAMESPACE)).rejects.toMatchObject({ code: 403 });
    await client.close();
  });
});

describeCluster("bad days", () => {
  let cluster: ControlPlane;
  let admin: Client;

  beforeAll(async () => {
    cluster = await startControlPlane({ controllerManager: false });
    admin = clientFrom(cluster.kubeconfig);
  });

  afterAll(async () => {
    await admin?.close();
    await cluster?.stop();
  });

  it("leaves the controller manager out when asked to", () => {
    expect([...cluster.processes().keys()]).toEqual(["etcd", "kube-apiserver"]);
  });

  it.each([
    ["a restart", {}],
    ["a crash", { graceMs: 0 }],
  ])("keeps its objects and its address over %s", async (what, options) => {
    const name = what.replace(" ", "-");
    await admin.create(
      NAMESPACE,
      { apiVersion: "v1", kind: "Namespace", metadata: { name } },
      { fieldManager: "test" },
    );
    const before = cluster.processes().get("kube-apiserver");
    await cluster.restartApiServer(options);
    expect(cluster.processes().get("kube-apiserver")).not.toBe(before);
    const found = await eventually("the namespace is read", () => admin.get(NAMESPACE, { name }));
    expect(found.metadata.name).toBe(name);
  });

  it("answers nothing while paused and goes on afterwards", async () => {
    cluster.pauseApiServer();
    await expect(admin.raw("/version", { timeoutMs: 300 })).rejects.toThrow();
    cluster.resumeApiServer();
    const version = await eventually("it answers", () => admin.raw("/version", { timeoutMs: 1_000 }));
    expect(version).toContain("1.36");
  });

  it("is refused at once while stopped", async () => {
    await cluster.stopApiServer();
    expect(cluster.processes().has("kube-apiserver")).toBe(false);
    await expect(admin.raw("/version", { timeoutMs: 2_000 })).rejects.toThrow(/ECONNREFUSED/);
    await cluster.startApiServer();
  });

  it("shows the log of a program that does not start", async () => {
    const broken = startControlPlane({ apiServerFlags: ["--no-such-flag"], controllerManager: false });
    await expect(broken).rejects.toThrow(/kube-apiserver ended with code 1.*no-such-flag/s);
  });

  it("leaves no process and no file after stop, which may be called twice", async () => {
    const own = await startControlPlane({ controllerManager: false });
    const processes = [...own.processes().values()];
    const { directory } = own.endpoint;
    await own.stop();
    await own.stop();
    expect(processes.filter(isRunning)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });
});

type Up = Endpoint & { readonly processes: Readonly<Record<string, number>> };

async function up(): Promise<{ child: ChildProcess; place: Up }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "up.ts")], { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: child.stdout })) return { child, place: JSON.parse(line) as Up };
  throw new Error("up.ts ended without a word");
}

describeCluster("the end of the parent", () => {
  it.each(["SIGKILL", "SIGINT"] as const)("on %s leaves no process and no file", async (signal) => {
    const { child, place } = await up();
    const processes = Object.values(place.processes);
    expect(processes.filter(isRunning)).toHaveLength(3);
    expect(existsSync(dataOf(place))).toBe(existsSync("/dev/shm"));
    child.kill(signal);
    await eventually("all processes ended", () => processes.every((pid) => !isRunning(pid)));
    await eventually("the directory is gone", () => !existsSync(place.directory));
    await eventually("the data is gone", () => !existsSync(dataOf(place)));
  });
});
