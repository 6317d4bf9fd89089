// What part of the hall the map shows: a scale (pixels a seat) and the point of the hall in the middle. Pure.
import type { Bounds } from "./hall";

export const SEAT_MAX = 56; // pixels
const WHOLE_MAX = 44; // of a small hall that is shown as a whole
const MARGIN = 1.5; // seats around the hall
const STAGE_ROOM = 4; // above the first row

export class Camera {
  scale = 1;
  x = 0;
  y = 0;
  width = 1;
  height = 1;

  constructor(private readonly hall: Bounds) {
    this.showAll();
  }

  resize(width: number, height: number): void {
    const wasWhole = this.isWhole;
    [this.width, this.height] = [Math.max(1, width), Math.max(1, height)];
    if (wasWhole) this.showAll();
    else this.clamp();
  }

  get frame(): Bounds {
    const { left, top, right, bottom } = this.hall;
    return { left: left - MARGIN, top: Math.min(top - STAGE_ROOM, -1.5), right: right + MARGIN, bottom: bottom + MARGIN };
  }

  get scaleMin(): number {
    const { left, top, right, bottom } = this.frame;
    return Math.min(WHOLE_MAX, this.width / (right - left), this.height / (bottom - top));
  }

  get isWhole(): boolean {
    return this.scale <= this.scaleMin * 1.001;
  }

  showAll(): void {
    this.scale = this.scaleMin;
    this.clamp();
  }

  toScreen(x: number, y: number): [number, number] {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }
  toHall(x: number, y: number): [number, number] {
    return [(x - this.width / 2) / this.scale + this.x, (y - this.height / 2) / this.scale + this.y];
  }

  panBy(dx: number, dy: number): void {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.clamp();
  }

  // The point under (x, y) on the screen stays there.
  zoomAt(x: number, y: number, factor: number): void {
    const [hallX, hallY] = this.toHall(x, y);
    this.scale = Math.max(this.scaleMin, Math.min(SEAT_MAX, this.scale * factor));
    this.x = hallX - (x - this.width / 2) / this.scale;
    this.y = hallY - (y - this.height / 2) / this.scale;
    this.clamp();
  }

  lookAt(x: number, y: number, scale: number): void {
    this.scale = Math.max(this.scaleMin, Math.min(SEAT_MAX, scale));
    [this.x, this.y] = [x, y];
    this.clamp();
  }

  // Moves no further than needed to have a seat in view, large enough to be seen.
  reveal(x: number, y: number, scaleMin: number): void {
    if (this.scale < scaleMin) return this.lookAt(x, y, scaleMin);
    const [sx, sy] = this.toScreen(x, y);
    const edge = Math.min(60, this.width / 4, this.height / 4);
    const beyond = (at: number, size: number) => (at < edge ? edge - at : at > size - edge ? size - edge - at : 0);
    this.panBy(beyond(sx, this.width), beyond(sy, this.height));
  }

  get visible(): Bounds {
    const [left, top] = this.toHall(0, 0);
    const [right, bottom] = this.toHall(this.width, this.height);
    return { left, top, right, bottom };
  }

  private clamp(): void {
    const { left, top, right, bottom } = this.frame;
    const within = (at: number, low: number, high: number, half: number) =>
      high - low <= 2 * half ? (low + high) / 2 : Math.max(low + half, Math.min(high - half, at));
    this.x = within(this.x, left, right, this.width / 2 / this.scale);
    this.y = within(this.y, top, bottom, this.height / 2 / this.scale);
  }
}
