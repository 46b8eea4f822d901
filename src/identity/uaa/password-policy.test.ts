import assert from "node:assert/strict";
import { test } from "node:test";
import { UaaError } from "./errors.ts";
import { DEFAULT_PASSWORD_POLICY, isPasswordExpired, validatePassword } from "./password-policy.ts";

const broken = (password: string, policy: Partial<typeof DEFAULT_PASSWORD_POLICY> = {}): string | null => {
  try {
    validatePassword(password, { ...DEFAULT_PASSWORD_POLICY, ...policy });
    return null;
  } catch (error) {
    assert.ok(error instanceof UaaError);
    return error.message;
  }
};

test("without a policy any password of 1 to 255 characters will do", () => {
  assert.equal(broken("a"), null);
  assert.equal(broken(""), "Password must be at least 1 characters in length.");
  assert.equal(broken("a".repeat(256)), "Password must be no more than 255 characters in length.");
  assert.equal(broken("a".repeat(300), { maxLength: 1000 }), "Password must be no more than 255 characters in length.");
});

test("each kind of character is counted, in any script", () => {
  const policy = {
    requireUpperCaseCharacter: 1,
    requireLowerCaseCharacter: 1,
    requireDigit: 1,
    requireSpecialCharacter: 1,
  };
  assert.equal(broken("Ñandú-7", policy), null);
  assert.match(broken("ñandú-7", policy) ?? "", /at least 1 uppercase/);
  assert.match(broken("ÑANDÚ-7", policy) ?? "", /at least 1 lowercase/);
  assert.match(broken("Ñandú-", policy) ?? "", /at least 1 digit/);
  assert.match(broken("Ñandú7", policy) ?? "", /at least 1 special/);
});

test("a password runs out after so many months, and never when none are given", () => {
  const policy = { ...DEFAULT_PASSWORD_POLICY, expirePasswordInMonths: 2 };
  const changed = Date.UTC(2026, 0, 31);
  assert.equal(isPasswordExpired(changed, Date.UTC(2026, 2, 30), policy), false);
  assert.equal(isPasswordExpired(changed, Date.UTC(2026, 3, 1), policy), true);
  assert.equal(isPasswordExpired(0, Date.UTC(2026, 3, 1), DEFAULT_PASSWORD_POLICY), false);
});
