/** The words of a text, in lower case. */
export function words(text) {
  return text.toLowerCase().match(/[a-z']+/g) || [];
}

/** How often each word is in a text, most frequent first, then by the alphabet. */
export function count(text) {
  const counts = new Map();
  for (const word of words(text)) counts.set(word, (counts.get(word) || 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] > b[0] ? 1 : -1));
}

/** A text in lines of at most `width` characters, broken between words. */
export function wrap(text, width) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1];
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
