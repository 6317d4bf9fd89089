// The mark of a price category: colour and shape, as on the seat map.
import { SHAPES } from "./shapes";

export function Swatch({ category, taken = false }: { category: number; taken?: boolean }) {
  const name = taken ? "taken" : `cat-${(category % 4) + 1}`;
  return (
    <svg class={`swatch ${name}`} viewBox="0 0 14 14" aria-hidden="true">
      <path d={SHAPES[taken ? 1 : category % 4]} />
    </svg>
  );
}

