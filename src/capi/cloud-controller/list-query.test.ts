import assert from "node:assert/strict";
import { test } from "node:test";
import { Links } from "./api/links.ts";
import { parseQuery } from "./api/query.ts";
import { CcError } from "./errors.ts";
import { presentPage } from "./list-page.ts";
import { type ListQuery, type ListSpec, parseListQuery, parseShowQuery } from "./list-query.ts";

const SPEC: ListSpec = {
  filters: { names: "list", type: "text", available: "boolean" },
  orderBy: ["name"],
  labelSelector: true,
  include: ["org", "space"],
  fields: { space: ["guid", "name"] },
};

const parse = (search: string): ListQuery => parseListQuery(SPEC, parseQuery(search));

function refusal(search: string): string {
  try {
    parse(search);
  } catch (error) {
    assert.ok(error instanceof CcError);
    assert.equal(error.errorName, "BadQueryParameter");
    return error.message.replace("The query parameter is invalid: ", "");
  }
  return "accepted";
}

test("a list without query takes the first fifty in order of creation", () => {
  const list = parse("");
  assert.deepEqual([list.page, list.perPage, list.orderBy, list.descending], [1, 50, null, false]);
});

test("filters are comma lists with escapes", () => {
  const list = parse("names=a,%20b,c%252Cd&type=web&available=true&order_by=-name");
  assert.deepEqual(list.list("names"), ["a", "b", "c,d"]);
  assert.equal(list.text("type"), "web");
  assert.equal(list.boolean("available"), true);
  assert.deepEqual([list.orderBy, list.descending], ["name", true]);
});

test("an empty filter asks for the empty value", () => assert.deepEqual(parse("names=").list("names"), [""]));

for (const [search, text] of [
  [
    "foo=1&bar=2",
    "Unknown query parameter(s): 'foo', 'bar'. Valid parameters are: 'page', 'per_page', 'order_by', 'created_ats', 'updated_ats', 'guids', 'names', 'type', 'available', 'include', 'fields', 'label_selector'",
  ],
  ["page=0", "Page must be a positive integer"],
  ["page=x&per_page=-1", "Page must be a positive integer, Per page must be a positive integer"],
  ["per_page=5001", "Per page must be between 1 and 5000"],
  ["order_by=guid", "Order by can only be: 'created_at', 'updated_at', 'name'"],
  ["order_by=name;drop", "Order by can only be: 'created_at', 'updated_at', 'name'"],
  ["include=nix", "Invalid included resource: 'nix'. Valid included resources are: 'org', 'space'"],
  ["include=org,org", "Duplicate included resource: 'org'"],
  ["fields[nix]=a", "Fields [nix] valid resources are: 'space'"],
  ["fields[space]=nix", "Fields valid keys for 'space' are: 'guid', 'name'"],
  ["available=maybe", "Available must be 'true' or 'false'"],
  ["names[x]=1", "Names must be an array"],
  [
    "created_ats=yesterday",
    "Created ats has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'",
  ],
  [
    "created_ats[gt]=2020-01-01T00:00:00Z,2021-01-01T00:00:00Z",
    "Created ats only accepts one value when using a relational operator",
  ],
  ["created_ats[after]=2020-01-01T00:00:00Z", "Created ats Invalid relational operator: 'after'"],
  ["label_selector=", "Missing label_selector value"],
] as const) {
  test(`${search} is refused`, () => assert.equal(refusal(search), text));
}

test("a shown time stands for its whole second", () => {
  const second = Date.parse("2020-01-01T00:00:00Z");
  const ranges = (search: string) => parse(search).createdAts;
  assert.deepEqual(ranges("created_ats=2020-01-01T00:00:00Z"), [[second, second + 999]]);
  assert.deepEqual(ranges("created_ats[lt]=2020-01-01T00:00:00Z"), [[0, second - 1]]);
  assert.deepEqual(ranges("created_ats[lte]=2020-01-01T00:00:00Z"), [[0, second + 999]]);
  assert.deepEqual(ranges("created_ats[gt]=2020-01-01T00:00:00Z")?.[0]?.[0], second + 1000);
  assert.deepEqual(ranges("created_ats[gte]=2020-01-01T00:00:00Z")?.[0]?.[0], second);
  const both = ranges("created_ats[gte]=2020-01-01T00:00:00Z&created_ats[lt]=2020-01-01T00:01:00Z");
  assert.deepEqual(both, [[second, second + 59_999]]);
});

test("one resource takes include and fields alone", () => {
  assert.deepEqual(parseShowQuery({ include: ["org"] }, parseQuery("include=org")).include, ["org"]);
  assert.throws(() => parseShowQuery({ include: ["org"] }, parseQuery("names=x")), /Valid parameters are: 'include'/);
});

test("the pages of a list name each other", () => {
  const links = new Links("https://api.example.com");
  const list = parse("page=2&per_page=2&names=a%2Cb&order_by=-name&created_ats[gt]=2020-01-01T00:00:00Z");
  const { pagination } = presentPage(links, "/v3/things", list, 5, []);
  const at = (page: number) => ({
    href: `https://api.example.com/v3/things?created_ats%5Bgt%5D=2020-01-01T00%3A00%3A00Z&names=a%2Cb&order_by=-name&page=${page}&per_page=2`,
  });
  assert.deepEqual(pagination, {
    total_results: 5,
    total_pages: 3,
    first: at(1),
    last: at(3),
    next: at(3),
    previous: at(1),
  });
});

test("an empty list has one page", () => {
  const { pagination } = presentPage(new Links("https://a"), "/v3/things", parse(""), 0, []);
  const { total_pages: pages, next, previous } = pagination as Record<string, unknown>;
  assert.deepEqual([pages, next, previous], [1, null, null]);
});
