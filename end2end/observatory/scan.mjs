// The score that Mozilla's HTTP Observatory gives to Portal behind TLS: scan.mjs KEY CERTIFICATE PORTAL_PORT TLS_PORT.
// Its preload list and its tests of redirects speak of a public host, which this one is not: what they say is shown with the rest.
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { fileURLToPath } from "node:url";

const [key, cert, portal, tls] = process.argv.slice(2);
const module = new URL(".", import.meta.resolve("@mdn/mdn-http-observatory"));
writeFileSync(fileURLToPath(new URL("../conf/hsts-preload.json", module)), "{}");
const { retrieve } = await import(new URL("retriever/retriever.js", module));
const { ALL_TESTS } = await import(new URL("constants.js", module));
const { getScoreModifier, getGradeForScore } = await import(new URL("grader/grader.js", module));
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await import(new URL("grader/charts.js", module));

// What stands before Portal in production: TLS, and a redirect from plain HTTP.
const pass = (request, answer) => {
  const headers = { ...request.headers, "x-forwarded-for": "198.51.100.1" };
  const asked = http.request({ host: "127.0.0.1", port: portal, path: request.url, method: request.method, headers }, (from) => {
    answer.writeHead(from.statusCode, from.headers);
    from.pipe(answer);
  });
  request.pipe(asked);
};
const secure = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, pass).listen(tls, "127.0.0.1");
const plain = http
  .createServer((request, answer) => answer.writeHead(301, { location: `https://localhost:${tls}${request.url}` }).end())
  .listen(0, "127.0.0.1");

await Promise.all([secure, plain].map((server) => server.listening || new Promise((go) => server.once("listening", go))));

let least = Infinity;
for (const path of ["/sign-in", "/gateway-api"]) {
  const found = await retrieve("localhost", { httpPort: plain.address().port, httpsPort: Number(tls), path });
  const results = ALL_TESTS.map((test) => test(found));
  const points = results.map((result) => getScoreModifier(result.result));
  const lost = 100 + points.filter((point) => point < 0).reduce((sum, point) => sum + point, 0);
  const score = lost >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? 100 + points.reduce((sum, point) => sum + point, 0) : lost;
  const final = getGradeForScore(score);
  console.log(`${path}: score ${final.score}, grade ${final.grade}`);
  results.forEach((result, n) => console.log(`  ${String(points[n]).padStart(4)}  ${result.constructor.name}: ${result.result}`));
  least = Math.min(least, final.score);
}
secure.close();
plain.close();
process.exit(least >= 115 ? 0 : 1);
