import { expect, it } from "vitest";
import { sameOriginPath } from "./redirect.ts";

const BASE = "https://selfserve.example.org";

it.each([
  ["/", "/"],
  ["/pushes", "/pushes"],
  ["/pushes?branch=try&owner=me#top", "/pushes?branch=try&owner=me#top"],
  [`${BASE}/jobs/42`, "/jobs/42"],
  ["/a/../b", "/b"],
])("goes to %s of the same site", (wanted, path) => {
  expect(sameOriginPath(wanted, BASE)).toBe(path);
});

const HOSTS = [
  "evil.example",
  "selfserve.example.org.evil.example",
  "127.0.0.1",
  "[::1]",
  "evil.example:443",
  "0x7f.1",
];
const FORMS = [
  "//HOST",
  "///HOST",
  "////HOST/x",
  "/\\HOST",
  "\\\\HOST",
  "\\/HOST",
  "/\\/HOST",
  "http://HOST",
  "https://HOST",
  "https:HOST",
  "https:/HOST",
  "HTTPS://HOST",
  "ftp://HOST",
  "javascript://HOST/%0aalert(1)",
  "data:text/html,HOST",
  "vbscript:HOST",
  "blob:https://HOST",
  "file:///HOST",
  "/\t/HOST",
  "/\n/HOST",
  "/\r/HOST",
  "\t//HOST",
  " //HOST",
  "\u0000//HOST",
  "//HOST/%2f..",
  "/%09/HOST",
  "/%5cHOST",
  "/%0d%0aLocation:HOST",
  "https://selfserve.example.org@HOST",
  "https://selfserve.example.org:x@HOST/",
  "/@HOST",
  "https://selfserve.example.org.HOST",
  "https://selfserve.example.orgHOST",
  "HOST",
  "./HOST",
  "../HOST",
  "?x=//HOST",
  "#//HOST",
  "/.//HOST",
  "/..//HOST",
  "/x/..//HOST",
  "https://HOST\\@selfserve.example.org/",
  "http://selfserve.example.org//HOST",
  "https://selfserve.example.org//HOST",
  "https://selfserve.example.org:8443/HOST",
  "http:\\\\HOST",
  "//\u3002HOST",
  "/\u00a0/HOST",
  "h\tttps://HOST",
  "//HOST#https://selfserve.example.org",
  "//HOST?https://selfserve.example.org/",
  "https://selfserve.example.org\u0000.HOST/",
  "%2f%2fHOST",
  "/%00//HOST",
  "//user:pass@HOST",
  "wss://HOST",
  "mailto:x@HOST",
  "tel:HOST",
  "intent://HOST#Intent;end",
  "https://[::1",
  "https://%",
  "//",
  "///",
  "/\\",
  "http://",
  "https://",
  ":",
  "::",
  "\\",
  "",
  " ",
  "\t",
  "\u0000",
  "https:///HOST",
  "https:////HOST",
  "//HOST:80",
  "//HOST/",
  "/\\\\HOST",
  "////",
  "\u2028//HOST",
  "javascript:alert(1)//HOST",
  "java\nscript:alert(1)//HOST",
  "//%48OST",
  "///\\HOST",
  "/\\\t/HOST",
  "\r\n//HOST",
];

it("goes nowhere else, whatever is asked for", () => {
  const corpus = FORMS.flatMap((form) => HOSTS.map((host) => form.replaceAll("HOST", host)));
  expect(corpus.length).toBeGreaterThan(500);
  for (const wanted of corpus) {
    const target = new URL(sameOriginPath(wanted, BASE), BASE);
    expect([wanted, target.origin]).toEqual([wanted, BASE]);
    expect([wanted, sameOriginPath(wanted, BASE).startsWith("//")]).toEqual([wanted, false]);
  }
});

it("takes nothing but text of a sensible length", () => {
  for (const wanted of [undefined, null, 42, ["/x"], { url: "/x" }, `/${"x".repeat(3_000)}`]) {
    expect(sameOriginPath(wanted, BASE)).toBe("/");
  }
});
