import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fitsLdapPassword } from "./ldap-password.ts";
import { escapeDnValue, fillDnPatterns, fillFilter, withBase } from "./ldap-text.ts";

test("what a user types stays one value of a filter", () => {
  assert.equal(fillFilter("cn={0}", ["a*)(uid=b\\"]), "(cn=a\\2a\\29\\28uid=b\\5c)");
  assert.equal(fillFilter("(&(cn={0})(ou=x))", ["ä"]), "(&(cn=\\c3\\a4)(ou=x))");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const filter = fillFilter("cn={0}", [name]);
      assert.match(filter, /^\(cn=[^()*\0]*\)$/s);
    }),
  );
});

test("what a user types stays one value of a distinguished name", () => {
  assert.equal(escapeDnValue("#a,ou=x "), "\\#a\\,ou\\=x\\ ");
  assert.deepEqual(fillDnPatterns("cn={0},ou=A; uid={0},ou=B", ";", "x"), ["cn=x,ou=A", "uid=x,ou=B"]);
});

test("names are relative to the base of the URL, unless they have it already", () => {
  assert.equal(withBase("ou=Users", "dc=test,dc=com"), "ou=Users,dc=test,dc=com");
  assert.equal(withBase("ou=Users,DC=test,DC=com", "dc=test,dc=com"), "ou=Users,DC=test,DC=com");
  assert.equal(withBase("", "dc=test"), "dc=test");
});

test("a stored password is plain or a salted hash", () => {
  const salted = `{SSHA}${Buffer.from("3b6f1bd16a2a3e1b1c2ef1ff0f0ec8a9b3bb1dd2", "hex").toString("base64")}`;
  assert.ok(fitsLdapPassword("koala", "koala"));
  assert.ok(fitsLdapPassword("{SHA}y2sdOvIl0rwGEtFJBdmV5VC5UzI=", "koala") === false);
  assert.ok(fitsLdapPassword("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "password"));
  assert.ok(!fitsLdapPassword(salted, "koala"));
  assert.ok(!fitsLdapPassword("{CRYPT}koala", "koala"));
});
