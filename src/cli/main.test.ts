/** Whole command lines in this process: output, warnings, exit codes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { run } from "./main.ts";

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

const packctl = async (
  args: readonly string[],
  { stdin = "", isTerminal = false }: { readonly stdin?: string; readonly isTerminal?: boolean } = {},
): Promise<Ended> => {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    stdout: { write: (text) => out.push(text), isTerminal },
    stderr: { write: (text) => err.push(text), isTerminal },
    readStdin: async () => new TextEncoder().encode(stdin),
    env: {},
    program: "packctl",
    now: () => Date.UTC(2026, 10, 23),
  });
  return { code, stdout: out.join(""), stderr: err.join("") };
};

const EXAMPLE = join(import.meta.dirname, "..", "..", "examples", "quickstart");
const ESCAPE = "\u001b";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packctl-main-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("config init", () => {
  const init = (preset: string, ...more: readonly string[]) =>
    packctl(["config", "init", "--preset", preset, "--pack", "acme-crm", ...more]);

  test("what it prints fails lint until the placeholder is replaced", async () => {
    const outline = await init("tables-only", "-f", EXAMPLE);
    expect(outline).toMatchObject({ code: 0, stderr: "" });
    const lint = (stdin: string) => packctl(["lint", "-f", "-", join(EXAMPLE, "definition.yaml")], { stdin });
    const before = await lint(outline.stdout);
    expect(before.code).toBe(1);
    expect(before.stdout).toMatch(/^-:\d+:15 +error +PACK409 .*The pack has: Deals\.$/m);
    expect((await lint(outline.stdout.replace("REPLACE_ME_SYNC_TABLE", "Deals"))).stdout).not.toContain("PACK409");
  });

  test("S1-37 a drastic preset warns, in colour on terminals only", async () => {
    const args = ["config", "init", "--preset", "restrict-sharing", "--pack", "crm"];
    const plain = await packctl(args);
    expect(plain).toMatchObject({ code: 0 });
    expect(plain.stderr).toMatch(/^warning: this preset is drastic: /);
    expect((await packctl(args, { isTerminal: true })).stderr).toContain(ESCAPE);
    expect(plain.stdout + plain.stderr).not.toContain(ESCAPE);
  });

  test.each([
    [["--preset", "all", "--pack", "crm"], "Allowed choices are allow-all"],
    [["--preset", "allow-all"], "--pack"],
    [["--preset", "allow-all", "--pack", "CRM"], "'CRM' must be 1 to 63 lower-case letters"],
    [["--preset", "restrict-sharing", "--pack", "a".repeat(60)], "--name: "],
    [["--preset", "allow-all", "--pack", "acme-crn", "-f", EXAMPLE], "Did you mean 'acme-crm'?"],
  ])("%j is bad usage", async (args, message) => {
    const { code, stdout, stderr } = await packctl(["config", "init", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("convert", () => {
  test("a file becomes a configuration for the people who are named", async () => {
    const file = join(folder, "policy.json");
    await writeFile(file, '{"fetches": true}');
    const { code, stdout, stderr } = await packctl([
      "convert",
      file,
      "--pack",
      "slack",
      "--group",
      "sales",
      "--name",
      "view",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(parse(stdout)).toEqual({
      apiVersion: "packs.dev/v1alpha1",
      kind: "PackConfiguration",
      metadata: { name: "view" },
      spec: {
        packRef: { name: "slack" },
        access: { scope: "Subjects", subjects: [{ kind: "Group", name: "sales" }] },
        components: { allow: "Listed", fetches: "Allow" },
      },
    });
  });

  test("nobody has access by a conversion alone: a placeholder says that somebody must decide", async () => {
    const { stdout } = await packctl(["convert", "-", "--pack", "slack"], { stdin: "{}" });
    expect(stdout).toMatch(/^# Replace REPLACE-ME-GROUP /);
    const lint = await packctl(["lint", "-f", "-"], { stdin: stdout });
    expect(lint.code).toBe(1);
    expect(lint.stdout).toContain("PACK409");
  });

  test("what cannot be converted ends with 2, and prints no half of it", async () => {
    const stdin = '{"fetches": true, "\\u001b[2Jx": 1}';
    const { code, stdout, stderr } = await packctl(["convert", "-", "--pack", "slack", "--organization"], { stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("- cannot be converted:\n  $[");
    expect(stderr).not.toContain(ESCAPE);
  });
});

describe("schema", () => {
  test("S1-50 a table for people, and a JSON Schema as JSON or YAML", async () => {
    const schema = (...more: readonly string[]) => packctl(["schema", "acme-crm", "-f", EXAMPLE, ...more]);
    const { code, stdout } = await schema();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^OPTION +VALUES +ABOUT$/m);
    expect(stdout).toMatch(/^components\.formulas\[AddNote\] +name +Action, needs an account\. Writes a note/m);
    const json = JSON.parse((await schema("-o", "json")).stdout);
    expect(json).toMatchObject({ title: "PackConfiguration of Acme CRM 1.4.0" });
    expect(parse((await schema("-o", "yaml")).stdout)).toEqual(json);
  });

  test("without files it asks a cluster", async () => {
    const { code } = await packctl(["schema", "acme-crm", "--kubeconfig", join(folder, "nothing")]);
    expect(code).toBe(3);
  });
});

describe("explain", () => {
  const explain = (...args: readonly string[]) => packctl(["explain", ...args, "-f", EXAMPLE, "-n", "team-a"]);

  test("S0-48 says from files what an install would grant, as a table, JSON and YAML", async () => {
    const { code, stdout, stderr } = await explain("install/crm");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^It would be installed\.$/m);
    expect(stdout).toMatch(
      /^ {2}crm\.example\.com and below +open +The credential of the account that is used goes there\.$/m,
    );
    expect(stdout).toMatch(/^ {2}Formula +AddNote +off +.*\(`spec\.components\.actions`\)$/m);
    expect(stdout).not.toContain("NOT REACHED");
    const json = JSON.parse((await explain("crm", "-o", "json")).stdout);
    expect(json).toMatchObject({ kind: "InstallExplanation", namespace: "team-a", name: "crm", works: true });
    expect(parse((await explain("crm", "-o", "yaml")).stdout)).toEqual(json);
  });

  test("what would not be installed ends with 1, and hostile text does no harm", async () => {
    const file = join(folder, "denied.yaml");
    await writeFile(
      file,
      `${JSON.stringify({
        apiVersion: "packs.dev/v1alpha1",
        kind: "PackOrganization",
        metadata: { name: "default" },
        spec: { members: "Everyone", supportContact: `${ESCAPE}[2J` },
      })}\n---\n${JSON.stringify({
        apiVersion: "packs.dev/v1alpha1",
        kind: "PackInstall",
        metadata: { name: "crm", namespace: "team-a" },
        spec: { packRef: { name: "crm" }, installer: "ana@example.com" },
      })}\n`,
    );
    const { code, stdout } = await packctl(["explain", "crm", "-n", "team-a", "-f", file], { isTerminal: true });
    expect(code).toBe(1);
    expect(stdout).toContain("\\u{1b}[2J");
    expect(stdout).toContain("not reached");
    expect(stdout).not.toContain(`${ESCAPE}[2J`);
  });

  test.each([
    [["pod/crm"], "must be the name of a PackInstall"],
    [["CRM"], "INSTALL: 'CRM' must be"],
    [["crn"], "Did you mean 'crm'?"],
  ])("%j is bad usage", async (args, message) => {
    const { code, stdout, stderr } = await explain(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("can-i", () => {
  const canI = (...args: readonly string[]) => packctl(["can-i", "bob@example.com", "invoke", ...args, "-f", EXAMPLE]);
  const IN_TEAM = ["--doc", "team-a"];

  test("S3-1 yes is 0, no is 1 with the reason, the rule and what the user reads", async () => {
    expect(await canI("acme-crm/DealFile", ...IN_TEAM)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^yes\n/),
      stderr: "",
    });
    const { code, stdout } = await canI("acme-crm/AddNote", ...IN_TEAM);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^no\n/);
    expect(stdout).toMatch(
      /^ {2}ComponentDisabled: 'AddNote' is switched off\..* ask #ask-platform if you need more\.$/m,
    );
    expect(stdout).toMatch(/^ {2}Rule: spec\.components\.actions$/m);
    expect((await canI("acme-crm/DealFile", "--doc", "team-b")).code).toBe(1);
  });

  test("S3-1 of a pack alone it is a table of all building blocks", async () => {
    const { code, stdout } = await canI("acme-crm", ...IN_TEAM);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^KIND +NAME +ALLOWED +ABOUT$/m);
    expect(stdout).toMatch(/^Formula +AddNote +no +'AddNote' is switched off/m);
    expect(stdout).toMatch(/^Formula +DealFile +yes$/m);
    expect((await canI("acme-crm", ...IN_TEAM, "--no-headers")).stdout).not.toContain("ALLOWED");
    const json = JSON.parse((await canI("acme-crm", ...IN_TEAM, "-o", "json")).stdout);
    expect(json).toMatchObject({ kind: "AccessReport", user: "bob@example.com", doc: "team-a", allowed: true });
  });

  test.each([
    [["acme-crm"], "--doc"],
    [["acme-crm/", ...IN_TEAM], "a name must follow"],
    [["acme-crm", "--doc", "a/b/c"], "must be NAMESPACE/NAME or NAMESPACE"],
    [["acme-crm", ...IN_TEAM, "--kind", "Formula"], "a building block must be named"],
    [["acme-crm/Deals", ...IN_TEAM, "--kind", "Table"], "Allowed choices are Formula"],
    [["acme-crm/Deals", ...IN_TEAM, "--account", "mine"], "must be NAMESPACE/NAME"],
  ])("%j is bad usage", async (args, message) => {
    const { code, stdout, stderr } = await canI(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("only invoking can be asked about", async () => {
    const { code, stderr } = await packctl(["can-i", "bob", "install", "acme-crm", ...IN_TEAM, "-f", EXAMPLE]);
    expect(code).toBe(2);
    expect(stderr).toContain("Allowed choices are invoke");
  });
});

describe("names for completion", () => {
  test("come from the files of the command line", async () => {
    const names = await packctl(["__names", "pack", "--", "schema", "-f", EXAMPLE, "-o", "json"]);
    expect(names).toEqual({ code: 0, stdout: "acme-crm\n", stderr: "" });
  });

  test("are silently none where there is no cluster", async () => {
    const none = await packctl(["__names", "pack", "--", "schema", "--kubeconfig", join(folder, "nothing")]);
    expect(none).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

test.each([[["config"]], [["requests"]], [["uninstall"]]])(
  "%j alone shows its commands and is bad usage",
  async (args) => {
    const { code, stderr } = await packctl(args);
    expect(code).toBe(2);
    expect(stderr).toContain("Commands:");
  },
);
