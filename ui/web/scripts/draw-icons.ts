/** Draws `public/icons/fleetguard.svg` as PNGs of the sizes that installing the app needs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

type Point = [x: number, y: number];
type Shape = { outlines: Point[][]; colour: [number, number, number] };

const ICONS = new URL('../public/icons/', import.meta.url);
const VIEW = 64;
const SAMPLES = 4;
const CURVE_STEPS = 24;

const svg = readFileSync(new URL('fleetguard.svg', ICONS), 'utf8');
const shapes = [...svg.matchAll(/<path d="([^"]*)" fill="([^"]*)"/g)].map(([, d = '', fill = '']): Shape => ({
  outlines: outlinesOf(d),
  colour: rgb(fill),
}));
const ground = rgb(/<rect [^>]*fill="([^"]*)"/.exec(svg)?.[1] ?? '#ffffff');
for (const size of [192, 512]) writeFileSync(new URL(`fleetguard-${size}.png`, ICONS), png(size));

function rgb(hex: string): [number, number, number] {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
}

/** The commands M, L, H, V, C and Z, absolute, as polygons. */
function outlinesOf(d: string): Point[][] {
  const outlines: Point[][] = [];
  let at: Point = [0, 0];
  const go = (to: Point) => outlines.at(-1)?.push((at = to));
  for (const [, command = '', rest = ''] of d.matchAll(/([MLHVCZ])([^MLHVCZ]*)/g)) {
    const n = (rest.match(/-?[\d.]+/g) ?? []).map(Number);
    if (command === 'M') outlines.push([]);
    if (command === 'H') n.forEach((x) => go([x, at[1]]));
    else if (command === 'V') n.forEach((y) => go([at[0], y]));
    else if (command === 'C') for (let i = 0; i < n.length; i += 6) curve(at, n.slice(i, i + 6)).forEach(go);
    else for (let i = 0; i < n.length; i += 2) go([n[i] ?? 0, n[i + 1] ?? 0]);
  }
  return outlines;
}

function curve(from: Point, [ax = 0, ay = 0, bx = 0, by = 0, x = 0, y = 0]: number[]): Point[] {
  return Array.from({ length: CURVE_STEPS }, (_, index): Point => {
    const t = (index + 1) / CURVE_STEPS;
    const bezier = (p0: number, p1: number, p2: number, p3: number) =>
      (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t ** 2 * p2 + t ** 3 * p3;
    return [bezier(from[0], ax, bx, x), bezier(from[1], ay, by, y)];
  });
}

function isInside(outlines: Point[][], x: number, y: number): boolean {
  let inside = false;
  for (const outline of outlines) {
    outline.forEach(([ax, ay], index) => {
      const [bx, by] = outline[(index + 1) % outline.length] ?? [ax, ay];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    });
  }
  return inside;
}

function pixel(x: number, y: number, scale: number): number[] {
  const sum = [0, 0, 0];
  for (let sample = 0; sample < SAMPLES ** 2; sample += 1) {
    const px = (x + ((sample % SAMPLES) + 0.5) / SAMPLES) * scale;
    const py = (y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * scale;
    const colour = shapes.findLast(({ outlines }) => isInside(outlines, px, py))?.colour ?? ground;
    colour.forEach((value, channel) => (sum[channel] = (sum[channel] ?? 0) + value));
  }
  return sum.map((value) => Math.round(value / SAMPLES ** 2));
}

function png(size: number): Buffer {
  const rows = Array.from({ length: size }, (_, y) => [
    0,
    ...Array.from({ length: size }, (_, x) => pixel(x, y, VIEW / size)).flat(),
  ]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits per channel, RGB, no interlacing
  const data = deflateSync(Buffer.from(rows.flat()), { level: 9 });
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
