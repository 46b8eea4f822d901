import { type AddressInfo, createServer } from "node:net";

// A backend that costs next to nothing: answers each GET with `BYTES` bytes, keep-alive. Prints its port.

const bytes = Number(process.argv[2] ?? 1_024);
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\nConnection: keep-alive\r\n\r\n${"x".repeat(bytes)}`,
);
const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    if (chunk.length >= 4 && chunk.readUInt32BE(chunk.length - 4) === 0x0d0a0d0a) socket.write(answer);
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
