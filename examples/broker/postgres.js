const { createHash, createHmac, pbkdf2Sync, randomBytes } = require("node:crypto");
const { connect } = require("node:net");

const TIMEOUT_MS = 20_000;

/**
 * Opens a connection to the server of a `postgres://` URL, lets `work` send simple queries (`query(sql)` gives rows of texts), and closes it.
 * Protocol 3.0 without TLS; passwords in clear, MD5 or SCRAM-SHA-256.
 */
exports.withConnection = async (url, work) => {
  const socket = connect({ host: url.hostname, port: Number(url.port || 5432) });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("the database does not answer")));
  const messages = readMessages(socket);
  const send = (type, ...parts) => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(type === null ? 4 : 5);
    if (type !== null) head.write(type);
    head.writeInt32BE(body.length + 4, head.length - 4);
    socket.write(Buffer.concat([head, body]));
  };
  const next = async () => {
    const { value, done } = await messages.next();
    if (done) throw new Error("the database closed the connection");
    if (value.type === "E") throw new Error(errorText(value.body));
    return value;
  };
  try {
    await signIn(url, send, next);
    return await work(async (sql) => {
      send("Q", cString(sql));
      const rows = [];
      for (;;) {
        const { type, body } = await next();
        if (type === "D") rows.push(rowOf(body));
        else if (type === "Z") return rows;
      }
    });
  } finally {
    socket.end();
  }
};

async function* readMessages(socket) {
  let pending = Buffer.alloc(0);
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 5 && pending.length >= pending.readInt32BE(1) + 1) {
      const end = pending.readInt32BE(1) + 1;
      yield { type: String.fromCharCode(pending[0]), body: pending.subarray(5, end) };
      pending = pending.subarray(end);
    }
  }
}

async function signIn(url, send, next) {
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const database = url.pathname.slice(1) || user;
  const version = Buffer.from([0, 3, 0, 0]);
  send(null, version, cString("user"), cString(user), cString("database"), cString(database), Buffer.from([0]));
  let scram = null;
  for (;;) {
    const { type, body } = await next();
    if (type === "Z") return;
    if (type !== "R") continue;
    const method = body.readInt32BE(0);
    if (method === 3) send("p", cString(password));
    else if (method === 5) send("p", cString(md5Password(user, password, body.subarray(4))));
    else if (method === 10) {
      scram = startScram();
      send("p", cString("SCRAM-SHA-256"), int32(scram.first.length), Buffer.from(scram.first));
    } else if (method === 11) send("p", Buffer.from(finishScram(scram, password, body.subarray(4).toString())));
    else if (method === 12) {
      if (body.subarray(4).toString() !== scram.expected) throw new Error("the database does not know the password");
    } else if (method !== 0) throw new Error(`unknown authentication ${method}`);
  }
}

function md5Password(user, password, salt) {
  const md5 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("md5")).digest("hex");
  return `md5${md5(md5(password, user), salt)}`;
}

/** RFC 5802 and 7677, without channel binding. */
function startScram() {
  const bare = `n=,r=${randomBytes(18).toString("base64")}`;
  return { bare, first: `n,,${bare}` };
}

function finishScram(scram, password, challenge) {
  const { r, s, i } = Object.fromEntries(challenge.split(",").map((part) => [part[0], part.slice(2)]));
  const hmac = (key, data) => createHmac("sha256", key).update(data).digest();
  const salted = pbkdf2Sync(password, Buffer.from(s, "base64"), Number(i), 32, "sha256");
  const clientKey = hmac(salted, "Client Key");
  const withoutProof = `c=biws,r=${r}`;
  const signed = `${scram.bare},${challenge},${withoutProof}`;
  const signature = hmac(createHash("sha256").update(clientKey).digest(), signed);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index])).toString("base64");
  scram.expected = `v=${hmac(hmac(salted, "Server Key"), signed).toString("base64")}`;
  return `${withoutProof},p=${proof}`;
}

function rowOf(body) {
  const values = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.subarray(at, at + length).toString());
    at += Math.max(length, 0);
  }
  return values;
}

function errorText(body) {
  const fields = body.toString().split("\0");
  return fields.find((field) => field.startsWith("M"))?.slice(1) ?? "database error";
}

function cString(text) {
  return Buffer.from(`${text}\0`);
}

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
