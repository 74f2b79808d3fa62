import assert from "node:assert";
import { count, words, wrap } from "../lib/words.mjs";

const tests = {
  "finds words": () => assert.deepStrictEqual(words("It's a Test."), ["it's", "a", "test"]),
  "finds none in nothing": () => assert.deepStrictEqual(words(" 1 2 3 "), []),
  "counts the most frequent first": () =>
    assert.deepStrictEqual(count("b a b c a b"), [
      ["b", 3],
      ["a", 2],
      ["c", 1],
    ]),
  "wraps between words": () => assert.deepStrictEqual(wrap("one two three", 7), ["one two", "three"]),
  "keeps a word that is too long": () =>
    assert.deepStrictEqual(wrap("a incomprehensible b", 5), ["a", "incomprehensible", "b"]),
};

for (const [name, test] of Object.entries(tests)) {
  test();
  console.log(`ok - ${name}`);
}
