/** DNS over TCP puts two bytes of length before each message. RFC 1035 4.2.2 */
export class TcpFrames {
  #rest: Buffer = Buffer.alloc(0);

  static framed(message: Buffer): Buffer {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length, 0);
    return Buffer.concat([length, message]);
  }

  /** Messages that are whole with this chunk; at most 64 KiB of an unfinished one is kept. */
  take(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    while (bytes.length >= 2) {
      const length = bytes.readUInt16BE(0);
      if (bytes.length < 2 + length) break;
      messages.push(Buffer.from(bytes.subarray(2, 2 + length)));
      bytes = bytes.subarray(2 + length);
    }
    this.#rest = bytes;
    return messages;
  }
}
