// Starts the simulator and Portal on free ports with a fresh data folder; stops them by their own process ids.
import { chromium } from "@playwright/test";
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const binary = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), process.env.PROFILE ?? "debug", "portal");

const freePort = () =>
  new Promise<number>((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

async function ready(url: string, child: ChildProcess) {
  for (let tries = 0; tries < 150; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${url}: the process ended with ${child.exitCode}`);
    if ((await fetch(url).catch(() => undefined))?.ok) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`${url} does not answer`);
}

/** The first to sign in operates the installation: somebody whom no test is. */
async function appointOperator() {
  const { signIn, operatorState } = await import("./test");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage({ baseURL: process.env.PORTAL_URL });
  process.env.PORTAL_OPERATOR_CODE = await signIn(page, "operator@example.com");
  process.env.PORTAL_OPERATOR_CODE_AT = String(Date.now());
  await page.context().storageState({ path: operatorState() });
  await browser.close();
}

export default async function setup() {
  const data = mkdtempSync(join(tmpdir(), "portal-browser-"));
  const [port, amazonPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://localhost:${port}`;
  const amazon = `http://localhost:${amazonPort}`;
  const env = {
    ...process.env,
    PORTAL_MODE: "development",
    PORTAL_PUBLIC_URL: url,
    PORTAL_LISTEN: `127.0.0.1:${port}`,
    PORTAL_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
    PORTAL_DATA_DIR: data,
    PORTAL_SITE_DIR: join(root, "target/site"),
    PORTAL_PROOFS_DIR: join(data, "proofs"),
    PORTAL_SIGN_UP__POLICY: "open",
    PORTAL_MAIL__CAPTURE_DIR: join(data, "mail"),
    PORTAL_AMAZON__SIMULATOR_URL: amazon,
    PORTAL_LOG__FORMAT: "json",
    PORTAL_LOG__FILTER: "info",
    // Every browser of the suite comes from one address; the suite is no attack.
    PORTAL_TRUSTED_PROXIES: '["127.0.0.0/8"]',
  };
  const start = (name: string, ...words: string[]) => {
    const child = spawn(binary, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(data, `${name}.log`));
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    return child;
  };
  const children = [start("simulator", "simulate-amazon", "--listen", `127.0.0.1:${amazonPort}`), start("portal", "serve", "--migrate")];
  await Promise.all([ready(`${amazon}/healthz`, children[0]), ready(`${url}/readyz`, children[1])]).catch(async (error) => {
    const { readFileSync } = await import("node:fs");
    for (const name of ["simulator", "portal"]) process.stderr.write(`--- ${name}\n${readFileSync(join(data, `${name}.log`), "utf8")}\n`);
    for (const child of children) child.kill("SIGTERM");
    throw error;
  });
  process.env.PORTAL_URL = url;
  process.env.AMAZON_URL = amazon;
  process.env.PORTAL_DATA = data;
  process.env.BINARY = binary;
  await appointOperator();
  return async () => {
    await Promise.all(children.map((child) => new Promise((done) => (child.once("exit", done), child.kill("SIGTERM")))));
    if (!process.env.KEEP_DATA) rmSync(data, { recursive: true, force: true });
  };
}
