import { createPrivateKey, generateKeyPairSync, type KeyObject, webcrypto, X509Certificate } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Secrets } from "./random.ts";

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizationalUnits?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly validForMs: number;
  readonly use: "ca" | "server" | "client" | "server-and-client";
}

/** Clocks of clients may lag behind ours. */
const BACKDATED_MS = 5 * 60_000;

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  organizationalUnit: "2.5.4.11",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/**
 * Makes an ECDSA P-256 key and a certificate for it, signed by `issuer` (null: self-signed). Costs about 2 ms after the
 * first call, which loads the ASN.1 library.
 */
export async function issueCertificate(
  request: CertificateRequest,
  issuer: CertifiedKey | null,
  deps: { readonly clock: Clock; readonly secrets: Secrets },
): Promise<CertifiedKey> {
  const pkijs = await import("pkijs");
  const asn1js = await import("asn1js");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = new pkijs.Certificate();
  certificate.version = 2;
  const serial = deps.secrets.bytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40; // positive and of fixed length
  certificate.serialNumber = new asn1js.Integer({ valueHex: serial.slice().buffer as ArrayBuffer });

  const name = (type: string, value: string): InstanceType<typeof pkijs.AttributeTypeAndValue> =>
    new pkijs.AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) });
  certificate.subject.typesAndValues.push(name(OID.organization, "Ingot"));
  for (const unit of request.organizationalUnits ?? []) {
    certificate.subject.typesAndValues.push(name(OID.organizationalUnit, unit));
  }
  certificate.subject.typesAndValues.push(name(OID.commonName, request.commonName));

  let issuerKeyIdentifier: ArrayBuffer | null = null;
  if (issuer === null) certificate.issuer.typesAndValues.push(...certificate.subject.typesAndValues);
  else {
    const parsed = pkijs.Certificate.fromBER(new Uint8Array(new X509Certificate(issuer.certPem).raw));
    certificate.issuer = parsed.subject;
    const extension = parsed.extensions?.find((one) => one.extnID === OID.subjectKeyIdentifier);
    issuerKeyIdentifier = (
      extension?.parsedValue as { valueBlock?: { valueHexView: Uint8Array } } | undefined
    )?.valueBlock?.valueHexView.slice().buffer as ArrayBuffer;
  }

  const now = deps.clock.nowMs();
  certificate.notBefore.value = new Date(now - BACKDATED_MS);
  certificate.notAfter.value = new Date(now + request.validForMs);

  const subjectKey = await importPublic(publicKey);
  await certificate.subjectPublicKeyInfo.importKey(subjectKey);
  const keyIdentifier = await webcrypto.subtle.digest(
    "SHA-1",
    certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView.slice(),
  );

  const extensions: InstanceType<typeof pkijs.Extension>[] = [];
  const add = (extnID: string, critical: boolean, schema: { toBER(): ArrayBuffer }): void => {
    extensions.push(new pkijs.Extension({ extnID, critical, extnValue: schema.toBER() }));
  };
  const isCa = request.use === "ca";
  add(OID.basicConstraints, true, new pkijs.BasicConstraints(isCa ? { cA: true } : { cA: false }).toSchema());
  // Bits: keyCertSign and cRLSign for a CA, else digitalSignature and keyAgreement.
  const usage = new Uint8Array([isCa ? 0b0000_0110 : 0b1000_1000]).buffer;
  add(OID.keyUsage, true, new asn1js.BitString({ valueHex: usage, unusedBits: isCa ? 1 : 3 }));
  if (!isCa) {
    const keyPurposes = [
      ...(request.use === "client" ? [] : [OID.serverAuth]),
      ...(request.use === "server" ? [] : [OID.clientAuth]),
    ];
    add(OID.extendedKeyUsage, false, new pkijs.ExtKeyUsage({ keyPurposes }).toSchema());
  }
  add(OID.subjectKeyIdentifier, false, new asn1js.OctetString({ valueHex: keyIdentifier }));
  if (issuerKeyIdentifier !== null) {
    const keyId = new asn1js.OctetString({ valueHex: issuerKeyIdentifier });
    add(OID.authorityKeyIdentifier, false, new pkijs.AuthorityKeyIdentifier({ keyIdentifier: keyId }).toSchema());
  }
  const altNames = [
    ...(request.dnsNames ?? []).map((value) => new pkijs.GeneralName({ type: 2, value })),
    ...(request.ipAddresses ?? []).map(
      (address) => new pkijs.GeneralName({ type: 7, value: new asn1js.OctetString({ valueHex: ipBytes(address) }) }),
    ),
  ];
  if (altNames.length > 0) add(OID.subjectAltName, false, new pkijs.GeneralNames({ names: altNames }).toSchema());
  certificate.extensions = extensions;

  await certificate.sign(
    await importPrivate(issuer === null ? privateKey : createPrivateKey(issuer.keyPem)),
    "SHA-256",
  );
  const body =
    Buffer.from(certificate.toSchema(true).toBER())
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return {
    certPem: `-----BEGIN CERTIFICATE-----\n${body.join("\n")}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

const P256 = { name: "ECDSA", namedCurve: "P-256" };

function importPublic(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const spki = key.export({ type: "spki", format: "der" });
  return webcrypto.subtle.importKey("spki", new Uint8Array(spki), P256, true, ["verify"]);
}

function importPrivate(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), P256, false, ["sign"]);
}

function ipBytes(address: string): ArrayBuffer {
  if (!address.includes(":")) return new Uint8Array(address.split(".").map(Number)).buffer;
  // `::` stands for as many zero groups as are missing.
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return new Uint8Array(all.flatMap((group) => [group >> 8, group & 0xff])).buffer;
}
