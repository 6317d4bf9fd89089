// The drawn seat map: one tab stop; arrow keys inside; touch, mouse and wheel move and zoom. What a tap on a seat does is the
// page's to decide.
import { useEffect, useRef } from "preact/hooks";
import { onTheme } from "../lib/colours";
import { Camera } from "./camera";
import type { Hall } from "./hall";
import { Painter } from "./painter";
import type { SeatStates } from "./seat_states";

export interface SeatMapTexts {
  label: string;
  role: string;
  help: string;
  stage: string;
  zoomIn: string;
  zoomOut: string;
  whole: string;
}

export interface SeatMapHandle {
  touch(seats: readonly number[]): void; // have another state
  show(seat: number): void;
}

interface Props {
  hall: Hall;
  states: SeatStates;
  texts: SeatMapTexts;
  handle: (handle: SeatMapHandle | null) => void;
  tap: (seat: number) => void;
  speak: (seat: number) => void; // the arrow keys have reached it
}

const NEAR = 30; // pixels a seat after a tap that was too far away to mean one seat
const READABLE = 20; // the least at which a seat that was asked for is shown
const MOVED = 6; // pixels: less is a tap
const ZOOM = 1.5;

// Smaller seats cannot be meant by a tap: it zooms in instead.
const seatMin = (pointerType: string) => (pointerType === "mouse" ? 8 : 20);

class MapControl implements SeatMapHandle {
  readonly camera: Camera;
  readonly painter: Painter;
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private moved = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private props: Props,
  ) {
    this.camera = new Camera(props.hall.bounds);
    this.painter = new Painter(canvas, props.hall, props.states, this.camera, props.texts.stage);
  }

  update(props: Props): void {
    this.props = props;
  }

  touch(seats: readonly number[]): void {
    this.painter.touch(seats);
  }

  show(seat: number): void {
    this.painter.cursor = seat;
    this.camera.reveal(this.props.hall.x[seat]!, this.props.hall.y[seat]!, READABLE);
    this.changed();
  }

  zoom(factor: number): void {
    this.camera.zoomAt(this.camera.width / 2, this.camera.height / 2, factor);
    this.changed();
  }
  showAll(): void {
    this.camera.showAll();
    this.changed();
  }

  // The page scrolls under a finger while there is nothing to move in the map.
  private changed(): void {
    this.canvas.style.touchAction = this.camera.isWhole ? "pan-y" : "none";
    this.painter.paintSoon();
  }

  private at(event: PointerEvent | WheelEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    if (!this.pointers.size) this.moved = 0;
    this.pointers.set(event.pointerId, this.at(event));
    this.canvas.setPointerCapture(event.pointerId);
  };

  move = (event: PointerEvent) => {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    this.moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const distance = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y);
      this.camera.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, distance(now) / Math.max(1, distance(before)));
    } else if (this.moved > MOVED) {
      this.camera.panBy(now.x - before.x, now.y - before.y);
    }
    this.pointers.set(event.pointerId, now);
    this.changed();
  };

  up = (event: PointerEvent) => {
    const wasOne = this.pointers.size === 1;
    if (this.pointers.delete(event.pointerId) && wasOne && this.moved <= MOVED) this.tapAt(this.at(event), event.pointerType);
  };
  cancel = (event: PointerEvent) => {
    this.pointers.delete(event.pointerId);
    this.moved = Infinity;
  };

  private tapAt({ x, y }: { x: number; y: number }, pointerType: string): void {
    const [hallX, hallY] = this.camera.toHall(x, y);
    if (this.camera.scale < seatMin(pointerType)) {
      this.camera.lookAt(hallX, hallY, NEAR);
      return this.changed();
    }
    const seat = this.props.hall.nearest(hallX, hallY, Math.max(0.5, 14 / this.camera.scale));
    if (seat === null) return;
    this.painter.cursor = seat;
    this.props.tap(seat);
    this.painter.paintSoon();
  }

  wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && this.camera.isWhole && event.deltaY > 0) return; // nothing to zoom out of: the page scrolls
    event.preventDefault();
    const { x, y } = this.at(event);
    this.camera.zoomAt(x, y, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0022)));
    this.changed();
  };

  key = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (this.act(event.key)) event.preventDefault();
  };

  private act(key: string): boolean {
    const { states, tap } = this.props;
    const cursor = this.painter.cursor;
    const arrows: Record<string, "left" | "right" | "up" | "down"> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
    const direction = arrows[key];
    if (direction) this.goTo(cursor === null ? states.first : states.step(cursor, direction));
    else if (key === "PageDown" || key === "PageUp") this.goTo(cursor === null ? states.first : states.stepSection(cursor, key === "PageDown" ? 1 : -1));
    else if (key === "Home") this.goTo(states.first);
    else if (key === "+" || key === "=") this.zoom(ZOOM);
    else if (key === "-") this.zoom(1 / ZOOM);
    else if (key === "0") this.showAll();
    else if ((key === "Enter" || key === " ") && cursor !== null) tap(cursor);
    else return key === " ";
    return true;
  }

  private goTo(seat: number | null): void {
    if (seat === null) return;
    this.show(seat);
    this.props.speak(seat);
  }

  // On the first visit by keyboard.
  focus = () => {
    if (!this.canvas.parentElement?.matches(":focus-visible") || this.painter.cursor !== null) return;
    this.goTo(this.props.states.mySeats[0] ?? this.props.states.first);
  };
}

export function SeatMap(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const control = useRef<MapControl | null>(null);
  control.current?.update(props);

  useEffect(() => {
    const made = new MapControl(canvas.current!, props);
    control.current = made;
    const element = box.current!;
    const resize = new ResizeObserver(() => made.painter.resize(element.clientWidth, element.clientHeight));
    resize.observe(element);
    element.addEventListener("wheel", made.wheel, { passive: false });
    const endTheme = onTheme(() => made.painter.forget());
    props.handle(made);
    return () => {
      resize.disconnect();
      element.removeEventListener("wheel", made.wheel);
      endTheme();
      made.painter.stop();
      props.handle(null);
    };
  }, [props.hall, props.states]);

  const { texts } = props;
  return (
    <section class="sheet map" aria-label={texts.label}>
      <p id="map-help" class="only-heard">{texts.help}</p>
      <div
        ref={box}
        id="map"
        class="canvas"
        tabIndex={0}
        role="application"
        aria-roledescription={texts.role}
        aria-label={texts.label}
        aria-describedby="map-help"
        onKeyDown={(event) => control.current?.key(event)}
        onFocus={() => control.current?.focus()}
      >
        <canvas
          ref={canvas}
          aria-hidden="true"
          onPointerDown={(event) => control.current?.down(event)}
          onPointerMove={(event) => control.current?.move(event)}
          onPointerUp={(event) => control.current?.up(event)}
          onPointerCancel={(event) => control.current?.cancel(event)}
        />
      </div>
      <div class="tools">
        <button type="button" class="quiet" aria-label={texts.zoomIn} onClick={() => control.current?.zoom(ZOOM)}>+</button>
        <button type="button" class="quiet" aria-label={texts.zoomOut} onClick={() => control.current?.zoom(1 / ZOOM)}>−</button>
        <button type="button" class="quiet" aria-label={texts.whole} onClick={() => control.current?.showAll()}>⤢</button>
      </div>
    </section>
  );
}
