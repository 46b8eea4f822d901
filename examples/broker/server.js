const { createHash, timingSafeEqual } = require("node:crypto");
const { createServer } = require("node:http");
const { join } = require("node:path");
const { Answer, Broker } = require("./broker.js");

const BODY_MAX = 1_048_576;
const { BROKER_USERNAME: username, BROKER_PASSWORD: password, DATABASE_URL: databaseUrl, PORT = "8080" } = process.env;

async function main() {
  if (!username || !password) throw new Error("set BROKER_USERNAME and BROKER_PASSWORD");
  const databases = await openDatabases();
  const broker = new Broker(databases, databases.records);
  const server = createServer((request, response) => {
    const begun = Date.now();
    answer(broker, databases, request)
      .catch((error) => (error instanceof Answer ? error : failed(error)))
      .then(({ status, body }) => {
        console.log(`${request.method} ${request.url.split("?")[0]} ${status} ${Date.now() - begun} ms`);
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
  });
  server.listen(Number(PORT), () => console.log(`${databases.kind} broker listens on ${server.address().port}`));
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
}

async function openDatabases() {
  if (databaseUrl) {
    const { PostgresDatabases } = require("./postgres-databases.js");
    const databases = new PostgresDatabases(databaseUrl);
    await databases.start();
    return databases;
  }
  const { SqliteDatabases } = require("./sqlite-databases.js");
  return new SqliteDatabases(process.env.DATA_FOLDER || join(__dirname, "data"));
}

function failed(error) {
  console.error(error);
  return new Answer(500, { description: "The broker failed" });
}

async function answer(broker, databases, request) {
  const url = new URL(request.url, "http://broker");
  const credentials = basicCredentials(request.headers.authorization);
  const database = /^\/databases\/([^/]+)$/.exec(url.pathname);
  if (database !== null && databases.run !== undefined && request.method === "POST") {
    const body = await bodyOf(request);
    const result = await databases.run(database[1], credentials, body).catch((error) => {
      throw new Answer(400, { description: error.message });
    });
    if (result === null) throw new Answer(401, { description: "Unknown credentials" });
    return new Answer(200, result);
  }
  if (!isSame(credentials.username, username) || !isSame(credentials.password, password)) {
    throw new Answer(401, { description: "Unknown credentials" });
  }
  if (!/^2\.\d+$/.test(request.headers["x-broker-api-version"] ?? "")) {
    throw new Answer(412, { description: "X-Broker-API-Version must be 2.x" });
  }
  return await route(broker, request, url);
}

async function route(broker, request, url) {
  const [, version, kind, instance, kind2, binding, ...rest] = `${url.pathname}//////`.split("/");
  const { method } = request;
  const asked = {
    body: method === "PUT" || method === "PATCH" ? await bodyOf(request) : {},
    acceptsIncomplete: url.searchParams.get("accepts_incomplete") === "true",
    origin: `${request.headers["x-forwarded-proto"] ?? "http"}://${request.headers.host}`,
  };
  if (version !== "v2") throw new Answer(404);
  if (kind === "catalog" && method === "GET") return broker.catalog();
  if (kind !== "service_instances" || instance === "") throw new Answer(404);
  if (kind2 === "last_operation") return await broker.lastOperation("instance", instance);
  if (kind2 === "service_bindings" && binding !== "") {
    if (rest[0] === "last_operation") return await broker.lastOperation("binding", binding);
    if (method === "PUT") return await broker.bind(instance, binding, asked);
    if (method === "DELETE") return await broker.unbind(binding);
    if (method === "GET") return await broker.fetchBinding(binding);
  }
  if (kind2 !== "") throw new Answer(404);
  if (method === "PUT") return await broker.provision(instance, asked);
  if (method === "PATCH") return await broker.update(instance, asked);
  if (method === "DELETE") return await broker.deprovision(instance, asked);
  if (method === "GET") return await broker.fetchInstance(instance);
  throw new Answer(405);
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_MAX) throw new Answer(413, { description: "The body is too large" });
    chunks.push(chunk);
  }
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
    if (typeof body === "object" && body !== null) return body;
  } catch {}
  throw new Answer(400, { description: "The body is no JSON object" });
}

function basicCredentials(header = "") {
  const [, encoded = ""] = /^Basic (.+)$/i.exec(header) ?? [];
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return { username: text.slice(0, Math.max(colon, 0)), password: text.slice(colon + 1) };
}

function isSame(given, wanted) {
  const digest = (text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
