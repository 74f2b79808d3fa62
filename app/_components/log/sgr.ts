/** How text looks. Colours are 0 to 15: larger palettes are folded into these, so that contrast holds in both themes. */
export interface Style {
  foreground: number | null;
  background: number | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
}

/** Text as it is without any sequence. */
export const PLAIN: Style = {
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

/** The style after `ESC [ parameters m`. Unknown numbers change nothing. */
export function applySgr(before: Style, parameters: string): Style {
  const numbers = parameters.split(/[;:]/).map((part) => (part === "" ? 0 : Number(part)));
  let style = before;
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] ?? 0;
    if (number === 38 || number === 48) {
      const { colour, length } = extendedColour(numbers.slice(i + 1));
      if (colour !== null) style = { ...style, [number === 38 ? "foreground" : "background"]: colour };
      i += length;
    } else style = applyNumber(style, number);
  }
  return style;
}

function applyNumber(style: Style, number: number): Style {
  if (number >= 30 && number <= 37) return { ...style, foreground: number - 30 };
  if (number >= 40 && number <= 47) return { ...style, background: number - 40 };
  if (number >= 90 && number <= 97) return { ...style, foreground: number - 82 };
  if (number >= 100 && number <= 107) return { ...style, background: number - 92 };
  return { ...style, ...SWITCHES[number] };
}

const SWITCHES: Record<number, Partial<Style>> = {
  0: PLAIN,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  39: { foreground: null },
  49: { background: null },
};

function extendedColour(rest: number[]): { colour: number | null; length: number } {
  const [kind, a = 0, b = 0, c = 0] = rest;
  if (kind === 5) return { colour: foldIndexed(a), length: 2 };
  if (kind === 2) return { colour: foldRgb(a, b, c), length: 4 };
  return { colour: null, length: rest.length };
}

/** One of 256 colours as one of sixteen. */
function foldIndexed(index: number): number | null {
  if (index < 16) return index;
  if (index > 255) return null;
  if (index >= 232) return foldRgb(...grey(index));
  const cube = index - 16;
  return foldRgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function grey(index: number): [number, number, number] {
  const value = 8 + (index - 232) * 10;
  return [value, value, value];
}

function level(step: number): number {
  return step === 0 ? 0 : 55 + step * 40;
}

function foldRgb(red: number, green: number, blue: number): number | null {
  const top = Math.max(red, green, blue);
  if (top > 255) return null;
  if (top - Math.min(red, green, blue) < 32) return top < 64 ? 0 : top < 128 ? 8 : top < 208 ? 7 : 15;
  const half = top / 2;
  const hue = (red > half ? 1 : 0) + (green > half ? 2 : 0) + (blue > half ? 4 : 0);
  return hue + (top > 200 ? 8 : 0);
}
