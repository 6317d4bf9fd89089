// Finds reservations by user, by number or by ticket (R-U8), and does what an owner may do to a user: charge, end tokens.
import { effect, signal, useSignal } from "@preact/signals";
import type { Reservation } from "../api/client";
import { money } from "../lib/format";
import { fill } from "../lib/i18n";
import { seatNames } from "../lib/seat_names";
import { findReservations } from "./calls";
import { Ask, For, Panel } from "./form";
import { queryOf } from "./query";
import { ReservationItem } from "./reservation";
import { edit, me } from "./session";
import { textOf } from "./staff";
import { act, notice, t, tell } from "./state";

const text = signal("");
const query = signal<Record<string, string> | null>(null); // what was looked for
const found = signal<Reservation[] | null>(null);
const cursor = signal<string | null>(null);
const places = signal(new Map<number, string>());
const isBusy = signal(false);

// What one operator has found is not shown to the next one.
effect(() => {
  if (me.value) return;
  text.value = "";
  query.value = found.value = cursor.value = null;
});

async function find(more = false): Promise<void> {
  const wanted = more ? query.value : queryOf(text.value);
  if (!wanted) return tell("stop", t.findWhat);
  isBusy.value = true;
  try {
    const answer = await findReservations(wanted, more ? cursor.value : null);
    found.value = more ? [...(found.value ?? []), ...answer.data] : answer.data;
    cursor.value = answer.nextCursor;
    query.value = wanted;
    notice.value = null; // it was about another search
    places.value = new Map([...places.value, ...(await seatNames(answer.data))]);
  } catch (error) {
    tell("stop", textOf(error));
  } finally {
    isBusy.value = false;
  }
}

function findUser(user: string): void {
  text.value = user;
  void find();
}

function UserActions({ user }: { user: string }) {
  const amount = useSignal("");
  const charge = () =>
    act(async () => {
      const made = await edit("adminChargeBalance", { method: "POST", path: `/admin/users/${user}/balance/charge`, body: { amount: Number(amount.value) } });
      amount.value = "";
      return fill(t.charged, { amount: money(made.amount), balance: money(made.balance) });
    }, t.chargeUnknown);
  const revoke = () =>
    act(async () => {
      await edit("adminRevokeUser", { method: "POST", path: `/admin/users/${user}/revoke`, body: {} });
      return t.revokeDone;
    });
  return (
    <div class="controls stack tight">
      <Ask label={t.charge} question={fill(t.chargeQuestion, { user })} yes={t.chargeYes} act={charge}>
        <div class="field"><label for="amount">{t.amount}</label><input id="amount" type="number" min="1" step="1" required value={amount} onInput={(input) => (amount.value = input.currentTarget.value)} /></div>
      </Ask>
      <Ask label={t.revoke} question={fill(t.revokeQuestion, { user })} yes={t.revokeYes} act={revoke} />
    </div>
  );
}

export function Find() {
  const submit = (submitted: Event) => {
    submitted.preventDefault();
    void find();
  };
  const user = query.value?.["user"];
  const replace = (now: Reservation) => (found.value = (found.value ?? []).map((one) => (one.id === now.id ? now : one)));
  return (
    <Panel heading={t.findHeading}>
      <form class="search" onSubmit={submit}>
        <div class="field">
          <label for="find">{t.findLabel}</label>
          <input id="find" required autocomplete="off" spellcheck={false} value={text} onInput={(input) => (text.value = input.currentTarget.value)} />
        </div>
        <button disabled={isBusy.value}>{t.find}</button>
      </form>
      {found.value && <p class="small muted" role="status">{fill(found.value.length ? t.found : t.foundNone, { n: found.value.length })}</p>}
      {user && <For role="owner"><UserActions user={user} key={user} /></For>}
      <ul>
        {(found.value ?? []).map((one) => (
          <li key={one.id}><ReservationItem of={one} place={places.value.get(one.seatId) ?? null} changed={replace} {...(user ? {} : { showUser: findUser })} /></li>
        ))}
      </ul>
      {cursor.value && <p class="buttons"><button type="button" class="quiet" disabled={isBusy.value} onClick={() => void find(true)}>{t.logMore}</button></p>}
    </Panel>
  );
}
