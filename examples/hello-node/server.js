const http = require("node:http");

const { application_name: name = "hello-node" } = JSON.parse(process.env.VCAP_APPLICATION || "{}");
const index = process.env.CF_INSTANCE_INDEX || "0";
const instance = process.env.CF_INSTANCE_GUID || "local";

const server = http.createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`Hello from ${name}, instance ${index} (${instance}), Node ${process.version}\n`);
});

server.listen(process.env.PORT || 8080, () => console.log(`${name} instance ${index} listens on ${server.address().port}`));

// The platform says SIGTERM and waits ten seconds: let requests under way end.
process.on("SIGTERM", () => {
  console.log(`${name} instance ${index} says goodbye`);
  server.close(() => process.exit(0));
});
