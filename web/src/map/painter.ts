// Draws a hall on a canvas. Seats are drawn block by block into bitmaps that are kept; a change redraws its seats only. While
// the camera zooms, the old bitmaps are stretched until there is time for new ones. Near views draw the seats themselves.
import { coloursAt } from "../lib/colours";
import type { Camera } from "./camera";
import type { Bounds, Hall } from "./hall";
import { join } from "./hall";
import type { Mark, SeatStates } from "./seat_states";

const BLOCK_SEATS = 2000;
const DIRECT_FROM = 18; // pixels a seat: from here on what is in view is drawn seat by seat
const BUDGET_MS = 8; // of a frame, for new bitmaps
const NEAR_LABELS = 4; // pixels a seat
const KEPT_LEVEL = 8; // above it, only bitmaps in view are kept

interface Block {
  first: number;
  count: number;
  bounds: Bounds;
  bitmap: HTMLCanvasElement | null;
  level: number; // pixels a seat in the bitmap
}

interface Colours {
  categories: string[];
  taken: string;
  ink: string;
  ink2: string;
  line: string;
  lamp: string;
  sheet: string;
  font: string;
}

function readColours(element: HTMLElement): Colours {
  const colour = coloursAt(element);
  return {
    categories: ["--cat-1", "--cat-2", "--cat-3", "--cat-4"].map(colour),
    taken: colour("--taken"),
    ink: colour("--ink"),
    ink2: colour("--ink-2"),
    line: colour("--line"),
    lamp: colour("--lamp"),
    sheet: colour("--sheet"),
    font: getComputedStyle(element).fontFamily,
  };
}

// One seat around (x, y), of `size` pixels. Categories differ by colour and shape: triangle, circle, square, diamond.
export function tracePath(path: CanvasRenderingContext2D | Path2D, shape: number, x: number, y: number, size: number): void {
  const r = size * 0.4;
  if (size < 3.2) return path.rect(x - r, y - r, 2 * r, 2 * r);
  switch (shape % 4) {
    case 0:
      path.moveTo(x, y - r * 1.1);
      path.lineTo(x + r * 1.1, y + r * 0.85);
      path.lineTo(x - r * 1.1, y + r * 0.85);
      return path.closePath();
    case 1:
      path.moveTo(x + r, y);
      return path.arc(x, y, r, 0, 2 * Math.PI);
    case 2:
      return path.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76);
    default:
      path.moveTo(x, y - r * 1.15);
      path.lineTo(x + r * 1.15, y);
      path.lineTo(x, y + r * 1.15);
      path.lineTo(x - r * 1.15, y);
      path.closePath();
  }
}

// What operators see besides: a ring is held, a cross is the house's.
function traceMark(path: Path2D, mark: "held" | "house", x: number, y: number, size: number): void {
  const r = size * 0.4;
  if (mark === "held") {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
    path.moveTo(x + r * 0.5, y);
    return path.arc(x, y, r * 0.5, 0, 2 * Math.PI);
  }
  const [near, far] = [r * 0.25, r];
  const corners = [[0, near], [far - near, far], [far, far - near], [near, 0], [far, near - far], [far - near, -far], [0, -near], [near - far, -far], [-far, near - far], [-near, 0], [-far, far - near], [near - far, far]];
  corners.forEach(([dx, dy], i) => (i ? path.lineTo(x + dx!, y + dy!) : path.moveTo(x + dx!, y + dy!)));
  path.closePath();
}

export class Painter {
  private readonly context: CanvasRenderingContext2D;
  private readonly blocks: Block[];
  private readonly stageWidth: number;
  private colours: Colours;
  private frame = 0;
  private ratio = 1;
  private isShown = false; // the seats as they are
  cursor: number | null = null; // the seat that the arrow keys are at

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly hall: Hall,
    private readonly states: SeatStates,
    private readonly camera: Camera,
    private readonly stageName: string,
  ) {
    this.context = canvas.getContext("2d")!;
    this.colours = readColours(canvas.parentElement!);
    this.stageWidth = this.widthOfStage();
    this.blocks = hall.sections.flatMap((section) => {
      const rows = Math.max(1, Math.floor(BLOCK_SEATS / section.perRow));
      const blocks: Block[] = [];
      for (let row = 0; row < section.rows; row += rows) {
        const first = section.first + row * section.perRow;
        const count = Math.min(rows * section.perRow, section.first + section.count - first);
        blocks.push({ first, count, bounds: this.boundsOf(first, count), bitmap: null, level: 0 });
      }
      return blocks;
    });
  }

  // A third of the hall's, and no wider than the seats beside it leave room for.
  private widthOfStage(): number {
    const { hall } = this;
    let half = Math.max(4, (hall.bounds.right - hall.bounds.left) * 0.17);
    for (let i = 0; i < hall.seats; i++) {
      if (Math.abs(hall.y[i]!) < 3) half = Math.min(half, Math.abs(hall.x[i]!) - 1.5);
    }
    return Math.max(4, 2 * half);
  }

  private boundsOf(first: number, count: number): Bounds {
    let bounds: Bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (let i = first; i < first + count; i++) {
      const [x, y] = [this.hall.x[i]!, this.hall.y[i]!];
      bounds = join(bounds, { left: x, top: y, right: x, bottom: y });
    }
    return { left: bounds.left - 0.6, top: bounds.top - 0.6, right: bounds.right + 0.6, bottom: bounds.bottom + 0.6 };
  }

  // The theme has changed, or everything else has.
  forget(): void {
    this.colours = readColours(this.canvas.parentElement!);
    for (const block of this.blocks) block.bitmap = null;
    this.paintSoon();
  }

  resize(width: number, height: number): void {
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.camera.resize(width, height);
    this.paintNow();
  }

  // These seats have another state.
  touch(seats: readonly number[]): void {
    if (seats.length > this.hall.seats / 4) {
      for (const block of this.blocks) block.bitmap = null;
    } else {
      for (const seat of seats) this.redraw(seat);
    }
    this.paintSoon();
  }

  paintSoon(): void {
    this.frame ||= requestAnimationFrame(() => this.paintNow());
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
  }

  private paintNow(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { context, camera } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    this.paintStage();
    if (camera.scale >= DIRECT_FROM) this.paintSeats();
    else this.paintBitmaps();
    this.paintLabels();
    this.paintMarks();
    if (this.isShown || !this.states.isKnown) return;
    this.isShown = true;
    performance.mark("seats"); // for who measures: ./x bench web
  }

  private isVisible(bounds: Bounds): boolean {
    const view = this.camera.visible;
    return bounds.left <= view.right && bounds.right >= view.left && bounds.top <= view.bottom && bounds.bottom >= view.top;
  }

  // --- bitmaps --------------------------------------------------------------------------------------------------------

  private get level(): number {
    return 2 ** (Math.ceil(Math.log2(this.camera.scale * this.ratio) * 2) / 2);
  }

  private paintBitmaps(): void {
    const { context, camera, level } = this;
    const begin = performance.now();
    let isLate = false;
    for (const block of this.blocks) {
      if (!this.isVisible(block.bounds)) {
        if (level > KEPT_LEVEL) block.bitmap = null;
        continue;
      }
      if (!block.bitmap || block.level !== level) {
        if (!block.bitmap || performance.now() - begin < BUDGET_MS) this.renderBlock(block, level);
        else isLate = true;
      }
      const [x, y] = camera.toScreen(block.bounds.left, block.bounds.top);
      const scale = camera.scale / block.level;
      context.drawImage(block.bitmap!, x, y, block.bitmap!.width * scale, block.bitmap!.height * scale);
    }
    if (isLate) this.paintSoon();
  }

  private renderBlock(block: Block, level: number): void {
    const bitmap = block.bitmap ?? document.createElement("canvas");
    bitmap.width = Math.ceil((block.bounds.right - block.bounds.left) * level);
    bitmap.height = Math.ceil((block.bounds.bottom - block.bounds.top) * level);
    block.bitmap = bitmap;
    block.level = level;
    const context = bitmap.getContext("2d")!;
    const toX = (i: number) => (this.hall.x[i]! - block.bounds.left) * level;
    const toY = (i: number) => (this.hall.y[i]! - block.bounds.top) * level;
    this.fillSeats(context, Array.from({ length: block.count }, (_, i) => block.first + i), level, toX, toY);
  }

  private redraw(seat: number): void {
    const block = this.blocks.find(({ first, count }) => seat >= first && seat < first + count);
    if (!block?.bitmap) return;
    const context = block.bitmap.getContext("2d")!;
    const x = (this.hall.x[seat]! - block.bounds.left) * block.level;
    const y = (this.hall.y[seat]! - block.bounds.top) * block.level;
    const half = block.level * 0.5;
    context.clearRect(x - half, y - half, 2 * half, 2 * half);
    this.fillSeats(context, [seat], block.level, () => x, () => y);
  }

  // Seats of one section, each with the mark of its state.
  private fillSeats(context: CanvasRenderingContext2D, seats: readonly number[], size: number, toX: (i: number) => number, toY: (i: number) => number): void {
    if (!seats.length) return;
    const { category } = this.hall.sectionOf(seats[0]!);
    const paths: Record<Mark, Path2D> = { free: new Path2D(), taken: new Path2D(), held: new Path2D(), house: new Path2D() };
    for (const i of seats) {
      const mark = this.states.markOf(i);
      if (mark === "free") tracePath(paths.free, category, toX(i), toY(i), size);
      else if (mark === "taken") tracePath(paths.taken, 1, toX(i), toY(i), size * 0.72);
      else traceMark(paths[mark], mark, toX(i), toY(i), size);
    }
    const { colours } = this;
    const colourOf: Record<Mark, string> = { free: colours.categories[category % 4]!, taken: colours.taken, held: colours.ink2, house: colours.ink2 };
    for (const mark of Object.keys(paths) as Mark[]) {
      context.fillStyle = colourOf[mark];
      context.fill(paths[mark], mark === "held" ? "evenodd" : "nonzero");
    }
  }

  // --- what is drawn in every frame -------------------------------------------------------------------------------------

  private paintSeats(): void {
    const { context, camera, hall } = this;
    for (const section of hall.sections) {
      if (!this.isVisible(section.bounds) && !this.isVisible(this.widened(section.bounds))) continue;
      const visible = this.widened(camera.visible);
      const seats: number[] = [];
      for (let i = section.first; i < section.first + section.count; i++) {
        const [x, y] = [hall.x[i]!, hall.y[i]!];
        if (x >= visible.left && x <= visible.right && y >= visible.top && y <= visible.bottom) seats.push(i);
      }
      this.fillSeats(context, seats, camera.scale, (i) => camera.toScreen(hall.x[i]!, hall.y[i]!)[0], (i) => camera.toScreen(hall.x[i]!, hall.y[i]!)[1]);
      if (camera.scale >= 26) this.paintNumbers(seats);
    }
  }

  private widened(bounds: Bounds): Bounds {
    return { left: bounds.left - 1, top: bounds.top - 1, right: bounds.right + 1, bottom: bounds.bottom + 1 };
  }

  private paintNumbers(seats: number[]): void {
    const { context, camera, hall } = this;
    context.fillStyle = this.colours.sheet;
    context.font = `600 ${Math.round(camera.scale * 0.3)}px ${this.colours.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const i of seats) {
      if (this.states.markOf(i) !== "free") continue;
      const [x, y] = camera.toScreen(hall.x[i]!, hall.y[i]!);
      context.fillText(String(hall.placeOf(i).seat), x, y + camera.scale * 0.04);
    }
  }

  private paintStage(): void {
    const { context, camera } = this;
    const width = this.stageWidth;
    const height = Math.min(3, Math.max(1.6, 26 / camera.scale));
    const [x, y] = camera.toScreen(-width / 2, -1.2);
    context.fillStyle = this.colours.line;
    context.beginPath();
    context.roundRect(x, y, width * camera.scale, height * camera.scale, 8);
    context.fill();
    context.fillStyle = this.colours.line === this.colours.ink2 ? this.colours.sheet : this.colours.ink2; // forced colours
    context.font = `600 ${Math.max(10, Math.min(16, height * camera.scale * 0.5))}px ${this.colours.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(this.stageName, x + (width * camera.scale) / 2, y + (height * camera.scale) / 2);
  }

  private paintLabels(): void {
    const { context, camera, hall } = this;
    context.strokeStyle = this.colours.sheet;
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.fillStyle = this.colours.ink2;
    context.font = `600 12px ${this.colours.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const section of hall.sections) {
      if (!section.name) continue;
      // Before the front row; from afar, where there is no room, on the seats with a rim.
      const before = camera.scale < NEAR_LABELS ? -section.rows / 2 : Math.max(1.1, 13 / camera.scale);
      const [x, y] = camera.toScreen(section.front[0] + section.ahead[0] * before, section.front[1] + section.ahead[1] * before);
      const room = (section.bounds.right - section.bounds.left) * camera.scale;
      if (room < 22) continue;
      if (camera.scale < NEAR_LABELS) context.strokeText(section.name, x, y);
      context.fillText(section.name, x, y);
    }
    if (camera.scale < DIRECT_FROM) return;
    context.font = `12px ${this.colours.font}`;
    for (const section of hall.sections) {
      if (!section.name || !this.isVisible(this.widened(section.bounds))) continue;
      for (let row = 0; row < section.rows; row++) {
        const i = section.first + row * section.perRow;
        const [x, y] = camera.toScreen(hall.x[i]!, hall.y[i]!);
        context.fillText(String(row + 1), x - camera.scale * 0.9, y);
      }
    }
  }

  private paintMarks(): void {
    const { context, camera, hall } = this;
    const ring = (i: number, colour: string, size: number, width: number) => {
      const [x, y] = camera.toScreen(hall.x[i]!, hall.y[i]!);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, Math.max(5, camera.scale * size), 0, 2 * Math.PI);
      context.stroke();
    };
    for (const seat of this.states.mySeats) ring(seat, this.colours.ink, 0.52, 3);
    if (this.cursor !== null) {
      ring(this.cursor, this.colours.sheet, 0.62, 5);
      ring(this.cursor, this.colours.lamp, 0.66, 3);
    }
  }
}
