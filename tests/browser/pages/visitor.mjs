// Fans without a browser, for the scenarios of the staff's pages: they join, hold and pay by calls.
import { randomUUID } from "node:crypto";
import { Fan, call } from "./fan.mjs";

export async function join(url, eventId) {
  const userId = randomUUID();
  const { token } = await call(url, "/queue", { method: "POST", body: { userId, eventId } });
  return { userId, headers: { "queue-token": token } };
}

export async function untilInside(url, visitor) {
  while ((await call(url, "/queue", { headers: visitor.headers })).status !== "ACTIVATED") await new Promise((resolve) => setTimeout(resolve, 50));
}

export async function hold(url, visitor, dateId) {
  await untilInside(url, visitor);
  const { seat } = await call(url, `/events/properties/${dateId}/seats?status=AVAILABLE`, { headers: visitor.headers });
  return call(url, "/events/seats", { method: "POST", headers: visitor.headers, body: { seatId: seat[0].id, userId: visitor.userId } });
}

export async function buy(url, visitor, dateId) {
  const held = await hold(url, visitor, dateId);
  await call(url, `/users/${visitor.userId}/balance/charge`, { method: "PUT", headers: visitor.headers, body: { amount: held.price } });
  await call(url, `/events/reservations/${held.id}/pay`, { method: "PUT", headers: visitor.headers });
  return held;
}

export const balanceOf = async (url, visitor) => (await call(url, `/users/${visitor.userId}/balance`, { headers: visitor.headers })).balance;

// The tickets of a visitor of this event, in a browser.
export async function openMy(browser, url, eventId, { userId, headers }) {
  const fan = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 } });
  await fan.go("/");
  await fan.page.evaluate(
    ([place, user, token]) => {
      localStorage.setItem("stagedoor.user", JSON.stringify(user));
      localStorage.setItem(place, JSON.stringify({ token }));
    },
    [`stagedoor.place.${eventId}`, userId, headers["queue-token"]],
  );
  await fan.go("/my");
  return fan;
}
