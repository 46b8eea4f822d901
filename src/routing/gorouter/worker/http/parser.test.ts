import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BodyReader } from "./body-reader.ts";
import { HeadCollector } from "./head-collector.ts";
import { RequestHead, type RequestVerdict } from "./request-head.ts";
import { ResponseHead } from "./response-head.ts";

interface Parsed {
  verdict: RequestVerdict;
  line: string;
  host: string;
  headers: string[];
  body: string;
  payloadBytes: number;
}

/** Everything that a connection would see, from a stream in the given pieces. */
function parseAll(pieces: readonly Buffer[]): Parsed[] {
  const collector = new HeadCollector();
  const head = new RequestHead();
  const body = new BodyReader();
  const messages: Parsed[] = [];
  let inBody = false;
  for (const piece of pieces) {
    let chunk = piece;
    while (chunk.length > 0) {
      if (!inBody) {
        const result = collector.push(chunk, 0, chunk.length, 4_096);
        if (result === "partial") break;
        if (result !== "complete") {
          const verdict = result === "too-large" ? result : "malformed";
          return [...messages, { verdict, line: "", host: "", headers: [], body: "", payloadBytes: 0 }];
        }
        const verdict = head.parse(collector.buffer.toString("latin1", collector.headStart, collector.headEnd));
        const { fields } = head;
        const headers = Array.from(
          { length: verdict === "ok" ? fields.count : 0 },
          (_, n) => `${fields.name(n)}=${fields.value(n)}`,
        );
        const known = verdict === "ok" ? { line: head.line, host: head.host } : { line: "", host: "" };
        messages.push({ verdict, ...known, headers, body: "", payloadBytes: 0 });
        if (verdict !== "ok") return messages;
        body.reset(head.framing, head.contentLength);
        inBody = !body.done;
        chunk = Buffer.from(collector.buffer.subarray(collector.headEnd, collector.end));
        continue;
      }
      const end = body.consume(chunk, 0, chunk.length);
      const message = messages.at(-1)!;
      message.body += chunk.toString("latin1", 0, end);
      message.payloadBytes = body.payloadBytes;
      if (body.failed)
        return [...messages, { verdict: "malformed", line: "", host: "", headers: [], body: "", payloadBytes: 0 }];
      chunk = chunk.subarray(end);
      if (body.done) inBody = false;
    }
  }
  return messages;
}

const token = fc.constantFrom("A", "X-Trace", "Accept", "Cookie", "via");
const value = fc.constantFrom("", "1", "a b\tc", "text/html; q=0.5", "\u00e9\u00ff", "x".repeat(300));
const headerLine = fc
  .tuple(token, fc.constantFrom("", " ", "\t "), value, fc.constantFrom("", "  "))
  .map(([n, a, v, b]) => `${n}:${a}${v}${b}\r\n`);
const chunked = fc
  .tuple(fc.array(fc.string({ minLength: 1, maxLength: 20, unit: "binary-ascii" })), fc.boolean(), fc.boolean())
  .map(([parts, extension, trailer]) => {
    const chunks = parts.map((part) => `${part.length.toString(16)}${extension ? ";a=b" : ""}\r\n${part}\r\n`);
    return `Transfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\n${trailer ? "T: 1\r\n" : ""}\r\n`;
  });
const sized = fc
  .string({ maxLength: 50, unit: "binary-ascii" })
  .map((text) => `Content-Length: ${text.length}\r\n\r\n${text}`);
const bodies = fc.oneof(fc.constant("\r\n"), chunked, sized);
const goodRequest = fc
  .tuple(
    fc.constantFrom("GET", "POST", "M-SEARCH"),
    fc.constantFrom("/", "/a?b=c", "/%20", "http://h.test/x"),
    fc.array(headerLine, { maxLength: 5 }),
    bodies,
  )
  .map(
    ([method, target, headers, rest]) => `${method} ${target} HTTP/1.1\r\nHost: h.test\r\n${headers.join("")}${rest}`,
  );
/** Good requests with a few bytes changed, so that most of it still makes sense. */
const damaged = fc
  .tuple(
    fc.array(goodRequest, { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("\r", "\n", " ", ":", "\0", "0", "x", "\r\n", ""))),
  )
  .map(([requests, changes]) => {
    let text = requests.join("");
    for (const [at, put] of changes) {
      const where = at % (text.length + 1);
      text = text.slice(0, where) + put + text.slice(where + 1);
    }
    return text;
  });

test("property: the same bytes mean the same, however they are cut", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(goodRequest, { maxLength: 4 }).map((all) => all.join("")),
        damaged,
      ),
      fc.array(fc.nat()),
      (text, cuts) => {
        const bytes = Buffer.from(text, "latin1");
        const whole = settled(parseAll([Buffer.from(bytes)]));
        const points = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...points].map((from, n) => Buffer.from(bytes.subarray(from, points[n] ?? bytes.length)));
        assert.deepEqual(settled(parseAll(pieces)), whole);
        assert.deepEqual(settled(parseAll([...bytes].map((byte) => Buffer.from([byte])))), whole);
      },
    ),
    { numRuns: 400 },
  );
});

/** A stream that is refused may be refused a little earlier or later within the same message. */
function settled(messages: Parsed[]): Parsed[] {
  const bad = messages.findIndex(({ verdict }) => verdict !== "ok");
  if (bad < 0) return messages;
  const refused = { verdict: "malformed" as const, line: "", host: "", headers: [], body: "", payloadBytes: 0 };
  return [...messages.slice(0, bad), refused].map((message, at) =>
    at === bad - 1 ? { ...message, body: "", payloadBytes: 0 } : message,
  );
}

test("property: good requests are read as they were written, and nothing is left over", () => {
  fc.assert(
    fc.property(fc.array(goodRequest, { maxLength: 4 }), (requests) => {
      const parsed = parseAll([Buffer.from(requests.join(""), "latin1")]);
      assert.deepEqual(
        parsed.map(({ verdict, line, body }) => [verdict, line, body]),
        requests.map((text) => ["ok", text.slice(0, text.indexOf("\r\n")), text.slice(text.indexOf("\r\n\r\n") + 4)]),
      );
    }),
  );
});

test("property: no bytes at all make the parser throw or run on", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => void parseAll([Buffer.from(bytes)])));
  fc.assert(fc.property(damaged, (text) => void parseAll([Buffer.from(text, "latin1")])));
});

/** What request smuggling is made of: each must be refused, or mean one thing only. */
const smuggling: [name: string, head: string, verdict: RequestVerdict][] = [
  [
    "both framings",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    "malformed",
  ],
  [
    "both framings, other order",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
    "malformed",
  ],
  ["two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", "malformed"],
  ["two equal lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n", "malformed"],
  ["a list of lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4, 4\r\n\r\n", "malformed"],
  ["a signed length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\n", "malformed"],
  ["a hex length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x4\r\n\r\n", "malformed"],
  ["an empty length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", "malformed"],
  ["an endless length", `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${"9".repeat(30)}\r\n\r\n`, "malformed"],
  ["space before the colon", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n", "malformed"],
  ["tab before the colon", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length\t: 4\r\n\r\n", "malformed"],
  ["a folded line", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", "malformed"],
  ["a first line that is folded", "POST / HTTP/1.1\r\n Host: h\r\n\r\n", "malformed"],
  ["another encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", "unsupported-encoding"],
  [
    "chunked not last",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
    "unsupported-encoding",
  ],
  ["gzip, chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "unsupported-encoding"],
  [
    "two encodings",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "malformed",
  ],
  ["identity", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", "unsupported-encoding"],
  ["a vertical tab", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0bchunked\r\n\r\n", "malformed"],
  ["a quoted encoding", 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "chunked"\r\n\r\n', "unsupported-encoding"],
  ["chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "malformed"],
  ["a bare CR in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n", "malformed"],
  ["NUL in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", "malformed"],
  ["NUL in a name", "GET / HTTP/1.1\r\nHost: h\r\nX\0: a\r\n\r\n", "malformed"],
  ["a line without colon", "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding\r\n\r\n", "malformed"],
  ["an empty name", "GET / HTTP/1.1\r\nHost: h\r\n: chunked\r\n\r\n", "malformed"],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "malformed"],
  ["no host", "GET / HTTP/1.1\r\n\r\n", "malformed"],
  ["a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "malformed"],
  ["a host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "malformed"],
  ["two spaces in the line", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"],
  ["a space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"],
  ["a tab in the line", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"],
  ["space behind the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "malformed"],
  ["no version", "GET /\r\nHost: h\r\n\r\n", "malformed"],
  ["lower case version", "GET / http/1.1\r\nHost: h\r\n\r\n", "malformed"],
  ["HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", "unsupported-version"],
  ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", "unsupported-version"],
  ["HTTP/1.10", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", "malformed"],
  ["an empty first line", "\r\n\r\n", "malformed"],
  ["CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "malformed"],
  ["another scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"],
  ["a relative target", "GET index.html HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"],
  ["upper case chunked", "POST / HTTP/1.1\r\nHost: h\r\nTRANSFER-ENCODING: Chunked\r\n\r\n", "ok"],
  ["white space around a value", "POST / HTTP/1.1\r\nHost:  h \t\r\nContent-Length: \t4 \r\n\r\n", "ok"],
  ["no space after the colon", "GET / HTTP/1.1\r\nHost:h\r\n\r\n", "ok"],
  ["HTTP/1.0 without host", "GET / HTTP/1.0\r\n\r\n", "ok"],
];
for (const [name, head, verdict] of smuggling) {
  test(`request with ${name}: ${verdict}`, () => assert.equal(new RequestHead().parse(head), verdict));
}

const bodiesRefused: [name: string, body: string][] = [
  ["no size", "\r\n"],
  ["a sign", "+5\r\nhello\r\n0\r\n\r\n"],
  ["a 0x prefix", "0x5\r\nhello\r\n0\r\n\r\n"],
  ["space before the size", " 5\r\nhello\r\n0\r\n\r\n"],
  ["space behind the size", "5 \r\nhello\r\n0\r\n\r\n"],
  ["a size that is too long", `${"0".repeat(14)}5\r\nhello\r\n0\r\n\r\n`],
  ["a size that overflows", "FFFFFFFFFFFFFFFFF\r\nx"],
  ["bare LF behind the size", "5\nhello\r\n0\r\n\r\n"],
  ["bare CR behind the size", "5\rhello\r\n0\r\n\r\n"],
  ["bare LF in an extension", "5;a\nhello\r\n0\r\n\r\n"],
  ["an endless extension", `5;${"a".repeat(300)}\r\nhello\r\n0\r\n\r\n`],
  ["data longer than the size", "4\r\nhello\r\n0\r\n\r\n"],
  ["data without its CRLF", "5\r\nhello0\r\n\r\n"],
  ["a trailer without colon", "0\r\nX\r\n\r\n"],
  ["a folded trailer", "0\r\n X: 1\r\n\r\n"],
  ["bare LF at the end", "0\r\n\n"],
  ["an endless trailer", `0\r\nX: ${"a".repeat(9000)}\r\n\r\n`],
];
for (const [name, body] of bodiesRefused) {
  test(`a chunked body with ${name} is refused`, () => {
    const reader = new BodyReader();
    reader.reset("chunked", 0);
    reader.consume(Buffer.from(body), 0, body.length);
    assert.equal(reader.failed, true);
  });
}

test("the payload of a chunked body comes out bare", () => {
  const reader = new BodyReader();
  reader.reset("chunked", 0);
  const body = Buffer.from("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: 1\r\n\r\nNEXT");
  let payload = "";
  const end = reader.consume(body, 0, body.length, (buffer, from, to) => {
    payload += buffer.toString("latin1", from, to);
  });
  assert.equal(payload, "hello world");
  assert.equal(reader.payloadBytes, 11);
  assert.equal(body.toString("latin1", end), "NEXT");
});

const responses: [head: string, method: string, expected: string | false][] = [
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", "length 5 keep"],
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", "none 5 keep"],
  ["HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "GET", "length 0 keep"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", "chunked 0 keep"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "GET", "chunked 5 close"],
  ["HTTP/1.1 200 OK\r\n\r\n", "GET", "until-close 0 close"],
  ["HTTP/1.1 204 No Content\r\n\r\n", "GET", "none 0 keep"],
  ["HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET", "none 9 keep"],
  ["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n", "GET", "length 1 close"],
  ["HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", "GET", "length 1 close"],
  ["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n", "GET", "length 1 keep"],
  ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "GET", false],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "GET", false],
  ["HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n", "GET", false],
  ["HTTP/2 200 OK\r\n\r\n", "GET", false],
  ["HTTP/1.1 999 Odd\r\n\r\n", "GET", false],
  ["SSH-2.0-OpenSSH\r\n\r\n", "GET", false],
];
for (const [head, method, expected] of responses) {
  test(`response ${JSON.stringify(head.slice(0, 60))} to ${method}: ${expected}`, () => {
    const response = new ResponseHead();
    const good = response.parse(head, method);
    const told = `${response.framing} ${response.contentLength} ${response.keepAlive ? "keep" : "close"}`;
    assert.equal(good ? told : false, expected);
  });
}
