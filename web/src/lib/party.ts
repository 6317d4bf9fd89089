// Seats side by side for a party. Pure.
import type { Run } from "../map/seat_states";

// Every block of `count` seats that can be taken out of these runs.
export function choicesOf(runs: readonly Run[], count: number): number[][] {
  return runs.flatMap((run) =>
    Array.from({ length: Math.max(0, run.count - count + 1) }, (_, i) => Array.from({ length: count }, (_, k) => run.first + i + k)),
  );
}
