const express = require("express");

const { application_name: name = "node-express" } = JSON.parse(process.env.VCAP_APPLICATION || "{}");
const index = Number(process.env.CF_INSTANCE_INDEX || 0);
const todos = new Map();
let last = 0;

const app = express();
app.use(express.json());
app.use((request, response, next) => {
  response.on("finish", () => console.log(`${request.method} ${request.url} ${response.statusCode}`));
  next();
});
app.get("/", (_request, response) => response.json({ app: name, index, todos: [...todos.values()] }));
app.post("/todos", (request, response) => {
  last += 1;
  const todo = { id: last, text: String(request.body?.text ?? "") };
  todos.set(todo.id, todo);
  response.status(201).json(todo);
});
app.delete("/todos/:id", (request, response) => {
  response.status(todos.delete(Number(request.params.id)) ? 204 : 404).end();
});

const server = app.listen(process.env.PORT || 8080, () => console.log(`${name} instance ${index} is ready`));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
