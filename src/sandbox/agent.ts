/** The agent of a sandbox pod. In this version it runs no pack code: it answers its health checks and nothing else. */
import { createServer, type Server } from "node:http";

export const createAgent = (): Server =>
  createServer((request, response) => {
    const known = request.method === "GET" && (request.url === "/readyz" || request.url === "/healthz");
    response.writeHead(known ? 200 : 404, { "content-type": "text/plain; charset=utf-8" });
    response.end(known ? "ok\n" : "this sandbox answers health checks only\n");
  });
