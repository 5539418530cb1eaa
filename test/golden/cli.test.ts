/** `packctl` as people run it: a process, its output, its exit code. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EVENT, PACK_DEFINITION, PACK_INSTALL, POD } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { type Client, createClient } from "../../src/kube/client.ts";
import { DEFAULT_KINDS } from "../apiserver/kinds.ts";
import { type ApiServer, startApiServer } from "../apiserver/server.ts";
import { bundled, type Ended, type RunOptions, packctl as run } from "./program.ts";

const GOLDEN = import.meta.dirname;
const INPUT = join(GOLDEN, "everything-allowed", "input.yaml");
const REFUSED = join(GOLDEN, "some-are-refused", "input.yaml");

let folder: string;
let program: string;

const packctl = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  run(args, { program, ...options });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packctl-"));
  await mkdir(join(folder, "bundle"));
  program = await bundled(join(folder, "bundle"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

/** Starts of terminal escapes, and a mark that changes the direction of text. */
const HOSTILE = ["\u001b", "\u009b", "\u202e"];

const expectNoneOf = (parts: readonly string[], text: string): void => {
  for (const part of parts) expect(text).not.toContain(part);
};

describe("the command line", () => {
  test("help and version go to standard output", async () => {
    const help = await packctl(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("Exit codes:");
    const version = await packctl(["--version"]);
    expect(version).toMatchObject({ code: 0, stderr: "" });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    [[]],
    [["frob"]],
    [["render"]],
    [["lint", "-f", "a", "-o", "xml"]],
    [["status"]],
    [["render", "--colour"]],
  ])("%j is bad usage", async (args) => {
    const { code, stdout, stderr } = await packctl(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).not.toBe("");
  });

  test("as a plugin of kubectl it shows the words that the user typed", async () => {
    const { stdout } = await packctl(["lint", "--help"], { env: { PACKCTL_NAME: "kubectl-packs" } });
    expect(stdout).toContain("Usage: kubectl packs lint");
  });

  test.each(["bash", "zsh", "fish"])("a completion script for %s names commands and options", async (shell) => {
    const { code, stdout } = await packctl(["completion", shell]);
    expect(code).toBe(0);
    for (const word of ["render", "lint", "status", "settings", "sarif"]) expect(stdout).toContain(word);
  });
});

describe("bad input", () => {
  test("broken YAML is reported with file, line and column", async () => {
    const path = await file("broken.yaml", "apiVersion: packs.dev/v1alpha1\nkind: PackInstall\nmetadata: {name: [a}\n");
    const lint = await packctl(["lint", "-f", path]);
    expect(lint.code).toBe(1);
    expect(lint.stdout).toMatch(/broken\.yaml:3:\d+ +error +PACK001/);
    const render = await packctl(["render", "-f", path]);
    expect(render).toMatchObject({ code: 2, stdout: "" });
    expect(render.stderr).toMatch(/broken\.yaml:3:\d+: /);
  });

  test("what does not exist, is not text or is too large is refused before it is parsed", async () => {
    const cases = [
      ["there is no such file", join(folder, "nothing.yaml")],
      ["not UTF-8", await file("binary.yaml", new Uint8Array([0xff, 0xfe, 0]))],
      ["33 MiB is more than the 32 MiB", await file("large.yaml", new Uint8Array(32 * 1024 * 1024 + 1).fill(0x61))],
    ] as const;
    for (const [message, path] of cases) {
      const { code, stdout, stderr } = await packctl(["lint", "-f", path]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
    }
  });

  test("an empty file is a warning", async () => {
    const { code, stdout } = await packctl(["lint", "-f", await file("empty.yaml", "")]);
    expect(code).toBe(0);
    expect(stdout).toContain("PACK006");
  });

  test("other kinds are left out with a note", async () => {
    const other = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n";
    const { code, stdout, stderr } = await packctl(["render", "-f", INPUT, "-"], { stdin: other });
    expect(code).toBe(0);
    expect(stderr).toBe("note: 1 object of other kinds (Deployment) left out.\n");
    expect(stdout).toContain("kind: Pod");
    expect(stdout).not.toContain("Deployment");
  });

  test("input that the API server would refuse is not rendered", async () => {
    const path = await file(
      "refused.yaml",
      "apiVersion: packs.dev/v1alpha1\nkind: PackInstall\nmetadata: {name: a}\nspec: {packref: {name: b}, installer: c}\n",
    );
    const { code, stdout, stderr } = await packctl(["render", "-f", path, "--allow-refused"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(
      "refused.yaml:4:8: PackInstall a: `spec.packref` there is no such field. Did you mean 'packRef'?",
    );
  });

  test.each([
    ["sandboximage: a", "Did you mean 'sandboxImage'?"],
    ["canaries: all", "`canaries` must be a list of text"],
    ["testMode: 'yes'", "`testMode` must be true or false"],
    ["- a", "settings must be an object"],
    ["a: [", "settings.yaml: "],
  ])("the settings %j are refused", async (text, message) => {
    const { code, stderr } = await packctl(["render", "-f", INPUT, "--settings", await file("settings.yaml", text)]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test("hostile text in objects reaches no terminal", async () => {
    const text = `apiVersion: packs.dev/v1alpha1\nkind: "Evil\\e[2J\\u202e"\nmetadata: {name: "\\x9b31m"}\n`;
    const path = await file("hostile.yaml", text);
    for (const args of [
      ["lint", "-f", path],
      ["lint", "-f", path, "-o", "json"],
      ["lint", "-f", path, "-o", "sarif"],
      ["render", "-f", path],
    ]) {
      const { stdout, stderr } = await packctl(args);
      expectNoneOf(HOSTILE, stdout + stderr);
      expect(stdout + stderr).toContain("Evil");
    }
  });
});

describe("render", () => {
  test("an install that would not be installed ends with 1, or with 0 if that is allowed", async () => {
    const refused = await packctl(["render", "-f", REFUSED]);
    const allowed = await packctl(["render", "-f", REFUSED, "--allow-refused"]);
    expect([refused.code, allowed.code]).toEqual([1, 0]);
    expect(allowed.stdout).toBe(refused.stdout);
    expect(allowed.stderr).toBe(refused.stderr);
  });

  test("JSON has the same objects", async () => {
    const { code, stdout } = await packctl(["render", "-f", INPUT, "-o", "json"]);
    expect(code).toBe(0);
    const list = JSON.parse(stdout) as { items: readonly KubeObject[] };
    expect(list.items.map(({ kind }) => kind)).toEqual(["PackGrant", "NetworkPolicy", "Pod"]);
  });

  test("what the cluster fills in later does not matter", async () => {
    const dump =
      "apiVersion: packs.dev/v1alpha1\nkind: PackInstall\nmetadata: {name: crm, namespace: sales}\nspec: {packRef: {name: acme-crm}, installer: anna@example.com}\nstatus: {boundConfiguration: {name: gone}}\n";
    const fresh = await packctl(["render", "-f", INPUT]);
    const dumped = await packctl(["render", "-f", INPUT, await file("dump.yaml", dump)]);
    expect(dumped).toEqual(fresh);
  });

  test("a folder is read by name, without hidden files", async () => {
    const input = join(folder, "tree", "below");
    await mkdir(join(folder, "tree", ".git"), { recursive: true });
    await mkdir(input, { recursive: true });
    await writeFile(join(folder, "tree", ".git", "a.yaml"), "broken: [");
    await writeFile(join(folder, "tree", "notes.txt"), "broken: [");
    await writeFile(join(input, "b.yml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    const { code, stderr } = await packctl(["render", "-f", join(folder, "tree")]);
    expect(code).toBe(0);
    expect(stderr).toContain("1 object of other kinds (ConfigMap)");
  });
});

describe("lint", () => {
  test("the level from which it fails can be chosen", async () => {
    const text =
      "apiVersion: packs.dev/v1alpha1\nkind: PackConfiguration\nmetadata: {name: a}\nspec: {packRef: {name: b}, access: {scope: Subjects}}\n";
    const path = await file("warning.yaml", text);
    const codes = await Promise.all(
      ["error", "warning", "note"].map(
        async (level) => (await packctl(["lint", "-f", path, "--fail-level", level])).code,
      ),
    );
    expect(codes).toEqual([0, 1, 1]);
  });

  test("the examples are fine", async () => {
    const { code, stdout } = await packctl(["lint", "-f", "examples/quickstart", "--strict"]);
    expect(stdout).not.toMatch(/ (error|warning) /);
    expect(code).toBe(0);
  });

  test("SARIF points at the rule, the file and the place", async () => {
    const path = await file(
      "sarif.yaml",
      "apiVersion: packs.dev/v1alpha1\nkind: PackInstall\nmetadata: {name: a}\nspec: {installer: c}\n",
    );
    const { code, stdout } = await packctl(["lint", "-f", "sarif.yaml", "-o", "sarif"], { cwd: folder });
    expect(code).toBe(1);
    const log = JSON.parse(stdout);
    expect(log).toMatchObject({ version: "2.1.0", runs: [{ tool: { driver: { name: "packctl" } } }] });
    const [result] = log.runs[0].results;
    expect(log.runs[0].tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(result).toMatchObject({
      ruleId: "PACK102",
      level: "error",
      locations: [
        { physicalLocation: { artifactLocation: { uri: "sarif.yaml" }, region: { startLine: 4, startColumn: 1 } } },
      ],
    });
    expect(path).toContain("sarif.yaml");
  });
});

describe("status", () => {
  let server: ApiServer;
  let client: Client;
  let kubeconfig: string;

  beforeAll(async () => {
    server = await startApiServer({
      kinds: DEFAULT_KINDS.map((kind) =>
        kind.kind === EVENT.kind ? { ...kind, selectable: ["regarding.kind", "regarding.name"] } : kind,
      ),
    });
    client = createClient(server.config(), { userAgent: "test" });
    kubeconfig = await file(
      "kubeconfig",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server: server.url, "insecure-skip-tls-verify": true } }],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "sales" } }],
        "current-context": "x",
      }),
    );
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const status = (...args: string[]) => packctl(["status", ...args, "--kubeconfig", kubeconfig]);

  const put = async (name: string, conditions: readonly object[], more: object = {}): Promise<void> => {
    const install = {
      apiVersion: "packs.dev/v1alpha1",
      kind: "PackInstall",
      metadata: { name, namespace: "sales" },
      spec: { packRef: { name: "acme-crm" }, installer: "anna@example.com" },
    };
    const made = await client.create(PACK_INSTALL, install, { fieldManager: "test" });
    const time = "2026-01-02T03:04:05Z";
    const full = conditions.map((it) => ({ message: "", lastTransitionTime: time, observedGeneration: 1, ...it }));
    const wanted = { ...made, status: { observedGeneration: 1, conditions: full, ...more } };
    await client.replaceStatus(PACK_INSTALL, wanted as KubeObject, { fieldManager: "test" });
  };

  test("a ready install ends with 0", async () => {
    await put("ready", [{ type: "Ready", status: "True", reason: "Succeeded" }], { hosts: ["api.example.com"] });
    const { code, stdout, stderr } = await status("ready");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("PackInstall sales/ready");
    expect(stdout).toContain("It is ready.");
    expect(stdout).toContain("api.example.com and below");
    expect(stdout).not.toContain("What to do");
  });

  test("an install that is not ready says why and what to do, and shows its objects and events, harmlessly", async () => {
    await put(
      "waiting",
      [
        { type: "Ready", status: "False", reason: "Proving", message: "not proved \u001b[31myet\u202e" },
        { type: "Installed", status: "True", reason: "Installed" },
      ],
      {
        sandbox: {
          namespace: "packs-sandboxes",
          pod: "waiting-pod",
          networkPolicy: "waiting-pod",
          grant: "waiting-pod",
        },
        components: [{ kind: "Formula", name: "CloseDeal", state: "Disabled", reason: "ActionsDenied" }],
      },
    );
    await client.create(
      POD,
      { apiVersion: "v1", kind: "Pod", metadata: { name: "waiting-pod", namespace: "packs-sandboxes" } },
      { fieldManager: "test" },
    );
    await client.create(
      EVENT,
      {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: "e", namespace: "sales" },
        eventTime: "2026-01-02T03:04:05.000000Z",
        type: "Warning",
        reason: "NetworkWidened",
        note: "a foreign policy",
        regarding: { apiVersion: "packs.dev/v1alpha1", kind: "PackInstall", namespace: "sales", name: "waiting" },
      } as KubeObject,
      { fieldManager: "test" },
    );
    const { code, stdout } = await status("waiting", "-n", "sales");
    expect(code).toBe(1);
    expect(stdout).toContain("It is installed and not ready: not proved \\u{1b}[31myet\\u{202e}");
    expect(stdout).toContain("Wait; it takes a few seconds.");
    expect(stdout).toContain(
      "The configuration denies everything that changes something. Ask an administrator to allow actions.",
    );
    expect(stdout).toMatch(/Pod +packs-sandboxes +waiting-pod +Pending, not ready/);
    expect(stdout).toContain("a foreign policy");
    expectNoneOf(HOSTILE, stdout);
  });

  test("JSON has all of it", async () => {
    await put("uninstalled", [{ type: "Ready", status: "False", reason: "ConfigurationDeleted" }], {
      uninstalled: {
        time: "2026-01-02T03:04:05Z",
        reason: "ConfigurationDeleted",
        message: "it is gone.",
        contact: "#ask",
      },
    });
    const { code, stdout } = await status("uninstalled", "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "InstallReport",
      ready: false,
      headline: "It was uninstalled: it is gone.",
      todo: expect.arrayContaining(["Install again with another configuration.", "Whom to ask: #ask"]),
    });
  });

  test("what the user may not see is named", async () => {
    const allow = server.faults.add(
      { resource: PACK_DEFINITION.plural },
      { kind: "status", code: 403, reason: "Forbidden" },
    );
    const { stdout } = await status("ready");
    allow();
    expect(stdout).toContain("Not visible to you\n  the PackDefinition");
  });

  test("an install that is not there ends with 1, a cluster that is not there with 3", async () => {
    const missing = await status("nothing");
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain("there is no PackInstall 'nothing' in the namespace 'sales'");
    const nowhere = await packctl(["status", "a", "--kubeconfig", join(folder, "no-kubeconfig")]);
    expect(nowhere).toMatchObject({ code: 3, stdout: "" });
  });
});
