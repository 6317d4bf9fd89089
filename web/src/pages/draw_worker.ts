// Computes a draw beside the page.
import { type DrawnValues, commitmentOf, keyOf, rankOf } from "../lib/draw";

export interface DrawQuestion {
  draw: DrawnValues;
  eventId: number;
  place: number | null;
}
export interface DrawResult {
  commitment: string;
  rank: number | null;
}

self.onmessage = (message: MessageEvent<DrawQuestion>) => {
  const { draw, eventId, place } = message.data;
  const result: DrawResult = { commitment: commitmentOf(draw, eventId), rank: place === null ? null : rankOf(keyOf(draw), draw.people, place) };
  self.postMessage(result);
};
