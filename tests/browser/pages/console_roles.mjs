// Who may do what: every control of every page of the console, for each role. One that is not in the table fails, too. What the server
// refuses to each role is tested call by call elsewhere (R-O1, R-U8).
import { Fan, Operator, assert, signInWithKey } from "./fan.mjs";
import { buy, hold, join } from "./visitor.mjs";

const POLICY = ["Let in by", "At most inside", "More settings", "A turn lasts", "And never longer than", "Absent after", "Share for those who come back",
  "Share for priority", "Spread the people over the time", "Apply"];
const EVENT = ["Name", "Performer", "Venue", "Time zone", "Sale opens", "Sale closes", "Seats a person", "A hold lasts", "Refunds until", "Order", "Gathering from"];
const PRICES = ["Category 1", "Price of Standard", "Another category"];

// Page: what a viewer sees on it, and what an operator and then an owner see besides. On event 1 there are a hold and a ticket; event 2
// is paused.
const CONTROLS = {
  "1/sale": { viewer: ["Judge the room", "Priority line", "All of it"], operator: [...POLICY, "Pause…", "Remove", "User ids, one a line", "Add"] },
  "2/sale": { viewer: ["Judge the room", "Priority line", "All of it"], operator: [...POLICY, "Resume", "Empty the room…", "User ids, one a line", "Add"] },
  "1/event": {
    operator: [...EVENT, "Closed: nothing is sold", "Save", "Change Wed, 1 Feb 2096, 19:00", "Begins", "Bookable from", "Bookable until", ...PRICES,
      "Taken from the sale (while no seat is taken)", "Save", "Move it to another time…", "Cancel this date…", "Begins", "Layout", ...PRICES, "Add the date"],
  },
  "1/new": { operator: [...EVENT, "Make the event"] },
  "1/seats": { viewer: ["Date", "Seats", "Choose", "Zoom in", "Zoom out", "Whole hall"], operator: ["Block 0 for the house", "Put 0 on sale"] },
  "1/find of a hold": { viewer: ["User id, reservation number, or ticket", "Find"], operator: ["Release…"], owner: ["Charge the balance…", "End all tokens…"] },
  "1/find of a ticket": { viewer: ["User id, reservation number, or ticket", "Find"], operator: ["Refund…", "Give to somebody else…"], owner: ["Charge the balance…", "End all tokens…"] },
  "1/log": { viewer: ["Save what is shown as CSV"] },
  "1/server": { viewer: ["Catalogue (JSON)"], operator: ["Reservations of Winter Club Night (CSV)"], owner: ["File", "Also take back what operators have changed", "What would change?"] },
};
const EVERYWHERE = { viewer: ["Event", "Sign out", "Sale", "Event and dates", "Seats", "Find", "Log", "Catalogue and keys"], operator: ["New event"] };
const ROLES = ["viewer", "operator", "owner"];

// The names of all controls, with all that can be unfolded.
async function controlsOf(page) {
  const folded = page.locator('main .disclosure[aria-expanded="false"]');
  while (await folded.count()) await folded.first().click();
  return page.evaluate(() => {
    const nameOf = (one) => one.getAttribute("aria-label") ?? (one.labels?.[0] ?? one).textContent;
    const all = [...document.querySelectorAll("main :is(button, a[href], input, select, textarea)")];
    return all.map((one) => nameOf(one).replace(/^Remove .*|(?<=^[^(]*) \(Asia\/Seoul\)$/, (found) => (found[0] === "R" ? "Remove" : "")).trim()).sort();
  });
}

async function expectControls(staff, role, name) {
  const included = ROLES.slice(0, ROLES.indexOf(role) + 1);
  const expected = [EVERYWHERE, CONTROLS[name]].flatMap((table) => included.flatMap((one) => table[one] ?? [])).sort();
  const until = Date.now() + 5_000; // lists and maps come later
  for (;;) {
    const found = await controlsOf(staff.page);
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    if (Date.now() > until) assert.deepEqual(found, expected, `the controls of ${name} for the role ${role}`);
  }
}

async function visit(browser, url, secret, role, users) {
  const staff = await Fan.arrive(browser, url);
  await signInWithKey(staff, secret);
  if (role === "gate") {
    await staff.state("rights");
    await staff.look("console-rights");
    return staff.leave();
  }
  await staff.state("on-sale");
  for (const name of Object.keys(CONTROLS)) {
    const [page, , , what] = name.split(" ");
    await staff.page.goto(`${url}/console#${page}`);
    if (what) {
      await staff.page.locator("#find").fill(users[what]);
      await staff.page.getByRole("button", { name: "Find", exact: true }).click();
    }
    await expectControls(staff, role, name);
    if (role === "viewer" && name === "1/sale") await staff.look("console-viewer");
    if (role === "owner") await staff.says(name === "1/server" ? "Operator keys" : /owner/);
  }
  assert.equal(await staff.page.getByRole("heading", { name: "Operator keys" }).count(), role === "owner" ? 1 : 0);
  return staff.leave();
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const [holder, owner] = [await join(url, 1), await join(url, 1)];
  await hold(url, holder, 1);
  await buy(url, owner, 1);
  await operator.send("POST", "/admin/events/2/queue/pause", {});
  await operator.send("POST", "/admin/events/1/queue/priority", { userIds: [holder.userId] });
  const users = { hold: holder.userId, ticket: owner.userId };
  await Promise.all(["gate", ...ROLES].map((role) => visit(browser, url, role === "owner" ? key : `${key}-${role}`, role, users)));
}
