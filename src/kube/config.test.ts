import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { fromParts, fromServiceAccount, loadConfig } from "./config.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "config-"));
  return () => rm(directory, { recursive: true });
});

const put = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);

describe("a pod's identity", () => {
  const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

  beforeEach(async () => {
    await Promise.all([put("token", "one\n"), put("ca.crt", "CA 1"), put("namespace", "packs-system\n")]);
  });

  test("comes from the files and the environment", async () => {
    const config = await fromServiceAccount(env, directory, new FakeClock());
    expect(config).toMatchObject({ server: "https://10.96.0.1:443", namespace: "packs-system" });
    expect(await config.credentials()).toEqual({ ca: "CA 1", authorization: "Bearer one" });
  });

  test("puts IPv6 addresses in brackets", async () => {
    const config = await fromServiceAccount({ KUBERNETES_SERVICE_HOST: "fd00::1" }, directory);
    expect(config.server).toBe("https://[fd00::1]:443");
  });

  test("is the same value while nothing changes, and is not read more than every 30 s", async () => {
    const clock = new FakeClock();
    const config = await fromServiceAccount(env, directory, clock);
    const first = await config.credentials();
    await put("token", "two");
    await clock.advance(29_999);
    expect(await config.credentials()).toBe(first);
    await clock.advance(1);
    expect(await config.credentials()).toEqual({ ca: "CA 1", authorization: "Bearer two" });
    const second = await config.credentials();
    await clock.advance(30_000);
    expect(await config.credentials()).toBe(second);
  });

  test("is read again at once when asked to, at most every second", async () => {
    const clock = new FakeClock();
    const config = await fromServiceAccount(env, directory, clock);
    await config.credentials();
    await put("ca.crt", "CA 2");
    expect((await config.credentials(true)).ca).toBe("CA 1");
    await clock.advance(1_000);
    expect((await config.credentials(true)).ca).toBe("CA 2");
  });

  test("survives a file that is missing for a moment", async () => {
    const clock = new FakeClock();
    const config = await fromServiceAccount(env, directory, clock);
    const first = await config.credentials();
    await rm(join(directory, "token"));
    await clock.advance(60_000);
    expect(await config.credentials()).toBe(first);
    await put("token", "");
    await clock.advance(60_000);
    expect(await config.credentials()).toBe(first);
  });

  test("is an error when it was never there", async () => {
    await rm(join(directory, "token"));
    const config = await fromServiceAccount(env, directory);
    await expect(config.credentials()).rejects.toThrow("token");
    await expect(fromServiceAccount({}, directory)).rejects.toThrow("--kubeconfig");
  });
});

describe("a kubeconfig", () => {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");

  const kubeconfig = async (user: object, cluster: object = {}): Promise<string> => {
    const file = join(directory, "config");
    await writeFile(
      file,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server: "https://host:1/prefix", ...cluster } }],
        users: [{ name: "u", user }],
        contexts: [
          { name: "x", context: { cluster: "c", user: "u", namespace: "n" } },
          { name: "y", context: { cluster: "c", user: "u" } },
        ],
        "current-context": "x",
      }),
    );
    return file;
  };

  test("gives server, namespace, authority and client certificate", async () => {
    const file = await kubeconfig(
      { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") },
      { "certificate-authority-data": base64("CA"), "tls-server-name": "other" },
    );
    const config = await loadConfig({ kubeconfig: file });
    expect(config).toMatchObject({ server: "https://host:1/prefix", namespace: "n" });
    expect(await config.credentials()).toEqual({ ca: "CA", cert: "CERT", key: "KEY", serverName: "other" });
  });

  test("gives a token", async () => {
    const config = await loadConfig({ kubeconfig: await kubeconfig({ token: "t" }) });
    expect(await config.credentials()).toEqual({ authorization: "Bearer t" });
  });

  test("gives name and password, and skips verification only where it says so", async () => {
    const user = { username: "u", password: "p" };
    const config = await loadConfig({ kubeconfig: await kubeconfig(user, { "insecure-skip-tls-verify": true }) });
    expect(await config.credentials()).toEqual({ authorization: `Basic ${base64("u:p")}`, insecure: true });
  });

  test("runs its plugin, and again after a 401", async () => {
    const log = join(directory, "log");
    const credential = (token: string): string =>
      JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } });
    await put("plugin.sh", `echo run >> ${log}; echo '${credential("fresh")}'`);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: [join(directory, "plugin.sh")] };
    const clock = new FakeClock();
    const config = await loadConfig({ kubeconfig: await kubeconfig({ exec }), clock });
    const first = await config.credentials();
    expect(first).toEqual({ authorization: "Bearer fresh" });
    await clock.advance(30_000);
    expect(await config.credentials()).toBe(first);
    expect(await readFile(log, "utf8")).toBe("run\n");
    await clock.advance(1_000);
    await config.credentials(true);
    expect(await readFile(log, "utf8")).toBe("run\nrun\n");
  });

  test("may be asked for another context", async () => {
    const config = await loadConfig({ kubeconfig: await kubeconfig({}), context: "y" });
    expect(config).not.toHaveProperty("namespace");
  });

  test("without the context says which there are", async () => {
    const load = loadConfig({ kubeconfig: await kubeconfig({}), context: "z" });
    await expect(load).rejects.toThrow('no context "z"; it has: x, y');
  });

  test("that is not there or wants a proxy is refused", async () => {
    await expect(loadConfig({ kubeconfig: join(directory, "absent") })).rejects.toThrow("absent");
    const file = await kubeconfig({}, { "proxy-url": "http://proxy" });
    await expect(loadConfig({ kubeconfig: file })).rejects.toThrow("proxy-url");
  });

  test("is what counts when it is named, in a pod too", async () => {
    const before = process.env["KUBERNETES_SERVICE_HOST"];
    process.env["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
    onTestFinished(() => {
      if (before === undefined) delete process.env["KUBERNETES_SERVICE_HOST"];
      else process.env["KUBERNETES_SERVICE_HOST"] = before;
    });
    expect((await loadConfig({ kubeconfig: await kubeconfig({}) })).server).toBe("https://host:1/prefix");
  });
});

test("given parts are used as they are", async () => {
  const config = fromParts({ server: "https://host", ca: "CA", token: "t" });
  expect(await config.credentials()).toEqual({ ca: "CA", authorization: "Bearer t" });
});
