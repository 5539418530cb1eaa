import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { Metrics } from "../lib/metrics.ts";
import { OperationsServer, type ReadinessCheck, readiness } from "./operations-server.ts";

let server: OperationsServer | undefined;
afterEach(() => server?.close());

const start = async (checks: readonly ReadinessCheck[] = [], metrics = new Metrics()): Promise<string> => {
  server = new OperationsServer({ host: "127.0.0.1", port: 0, metrics, checks });
  return `http://127.0.0.1:${(await server.listen()).port}`;
};

const call = (url: string, method = "GET"): Promise<{ status: number | undefined; type: unknown; body: string }> =>
  new Promise((resolve, reject) => {
    request(url, { method }, async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, type: response.headers["content-type"], body });
    })
      .on("error", reject)
      .end();
  });

describe("the operations server", () => {
  it("is healthy while it answers", async () => {
    expect(await call(`${await start()}/healthz`)).toMatchObject({ status: 200, body: "ok\n" });
  });

  it("says what is not ready", async () => {
    let problem: string | undefined = "not synced";
    const url = await start([
      { name: "pods", problem: () => undefined },
      { name: "packinstalls", problem: () => problem },
    ]);
    expect(await call(`${url}/readyz`)).toMatchObject({
      status: 503,
      body: "[+]pods ok\n[-]packinstalls not synced\nreadyz check failed\n",
    });
    problem = undefined;
    expect(await call(`${url}/readyz?verbose`)).toMatchObject({ status: 200 });
    expect(readiness([]).status).toBe(200);
  });

  it("exposes the metrics of the process", async () => {
    const metrics = new Metrics();
    metrics.collectProcess();
    metrics.counter("packs_things_total", "Things.", ["kind"]).inc({ kind: "a" });
    const { body, type } = await call(`${await start([], metrics)}/metrics`);
    expect(type).toContain("text/plain");
    expect(body).toContain('packs_things_total{kind="a"} 1');
    expect(body).toContain("process_resident_memory_bytes");
    expect(body).toContain("nodejs_eventloop_lag_p99_seconds");
  });

  it("serves nothing else, and changes nothing", async () => {
    const url = await start();
    expect((await call(`${url}/debug`)).status).toBe(404);
    expect((await call(`${url}/healthz`, "POST")).status).toBe(405);
    expect(await call(`${url}/healthz`, "HEAD")).toMatchObject({ status: 200, body: "" });
  });

  it("refuses to start on a port that is taken", async () => {
    const url = new URL(await start());
    const second = new OperationsServer({
      host: "127.0.0.1",
      port: Number(url.port),
      metrics: new Metrics(),
      checks: [],
    });
    await expect(second.listen()).rejects.toThrow("EADDRINUSE");
  });
});
