import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attachment } from "./attachment.ts";

describe("attachment", () => {
  it.each([
    ["app.zip", `attachment; filename="app.zip"; filename*=UTF-8''app.zip`],
    ["ключ.txt", `attachment; filename="____.txt"; filename*=UTF-8''%D0%BA%D0%BB%D1%8E%D1%87.txt`],
    ['a"b\r\nX: y', `attachment; filename="a_b__X_ y"; filename*=UTF-8''a_b__X_%20y`],
    ["\u202egnp.exe", `attachment; filename="_gnp.exe"; filename*=UTF-8''_gnp.exe`],
    ["..hidden", `attachment; filename="_hidden"; filename*=UTF-8''_hidden`],
    ["it's (1)*.txt", `attachment; filename="it_s _1__.txt"; filename*=UTF-8''it%27s%20%281%29_.txt`],
  ])("makes %j safe", (name, header) => expect(attachment(name)).toBe(header));

  it("is one header of plain characters, whatever the name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
        expect(attachment(name)).toMatch(
          /^attachment; filename="[A-Za-z0-9 ._-]*"; filename\*=UTF-8''[A-Za-z0-9%!~._-]*$/,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
