// The page of a steward at the door (R-P9): camera, a scanner that types, or typed codes; with and without network.
import { render } from "preact";
import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { me, signOut } from "../console/session";
import { SignIn } from "../console/sign_in";
import { staff } from "../console/staff";
import { dateTime, time } from "../lib/format";
import { fill, number, translatePage } from "../lib/i18n";
import { common, startPage } from "../lib/page";
import { cameraFiles, startCamera } from "./camera";
import * as s from "./gate_state";
import { type Scan, isWrong, keyOf } from "./ledger";
import { keepPage } from "./offline";
import { refused, start, syncState, undo } from "./sync";

const { t } = s;

function Choose() {
  const wantsKey = useSignal(false);
  if (!me.value && (wantsKey.value || !s.isOffline.value)) return <SignIn title={t.title} />;
  if (me.value && me.value.role === "viewer") return <section class="sheet stack"><h1>{t.title}</h1><p>{t.viewer}</p><p><button type="button" class="quiet" onClick={signOut}>{staff.signOut}</button></p></section>;
  return (
    <section class="sheet stack">
      <h1>{t.chooseDate}</h1>
      {!me.value && <p class="note">{t.noKeyOffline} <button type="button" class="link" onClick={() => (wantsKey.value = true)}>{staff.signIn}</button></p>}
      <Failures />
      {(!s.choices.value || s.wanted.value !== null) && <p class="muted" role="status">{common.loading}</p>}
      {s.choices.value?.length === 0 && !s.failure.value && <p class="muted">{t.noDates}</p>}
      <ul class="stack tight">
        {(s.choices.value ?? []).map((one) => (
          <li key={one.id}><button type="button" class="quiet wide" aria-pressed={s.wanted.value === one.id} onClick={() => void s.chooseDate(one)}>{one.name} · {dateTime(one.startsAt, one.timeZone)}</button></li>
        ))}
      </ul>
      {s.failure.value && <p><button type="button" class="quiet" onClick={() => void s.loadChoices()}>{common.again}</button></p>}
    </section>
  );
}

function Failures() {
  return (
    <>
      {s.keepsNothing.value && <p class="note stop" role="alert" id="keeps-nothing">{t.nothingIsKept}</p>}
      {s.failure.value && <p class="note stop" role="alert">{s.failure.value}</p>}
    </>
  );
}

function Verdict() {
  const said = s.verdict.value;
  return (
    <section class={`verdict ${said?.kind ?? "ready"}`} data-verdict={said?.kind ?? "ready"} data-number={s.shown.value} aria-label={t.result}>
      <svg class="sign" viewBox="0 0 64 64" aria-hidden="true"><path d={SIGNS[said ? (said.kind === "good" ? "good" : said.kind === "unsure" ? "unsure" : "stop") : "ready"]} /></svg>
      <h2>{said ? t.verdicts[said.kind] : s.isChecking.value ? t.checking : t.ready}</h2>
      <p>{said ? s.textOfVerdict(said) : s.isChecking.value ? "" : t.readyHow}</p>
      {said?.kind === "good" && said.isOffline && <p class="small">{t.goodOffline}</p>}
    </section>
  );
}
const SIGNS = {
  ready: "M14 14h14v4H18v10h-4zM36 14h14v14h-4V18H36zM14 36h4v10h10v4H14zM46 36h4v14H36v-4h10z",
  good: "M12 33l6-6 10 10 18-20 6 6-24 26z",
  stop: "M17 11l15 15 15-15 6 6-15 15 15 15-6 6-15-15-15 15-6-6 15-15-15-15z",
  unsure: "M32 10a14 14 0 0 1 14 14c0 9-10 10-10 18h-8c0-12 10-12 10-18a6 6 0 0 0-12 0h-8a14 14 0 0 1 14-14zM28 46h8v8h-8z",
};

function Camera() {
  const video = useRef<HTMLVideoElement>(null);
  const stop = useRef<(() => void) | null>(null);
  const state = useSignal<"off" | "starting" | "on" | "refused">("off");
  const end = (to: "off" | "refused") => {
    stop.current?.();
    stop.current = null;
    state.value = to;
  };
  useEffect(() => () => end("off"), []);
  const toggle = async () => {
    if (state.value === "on") return end("off");
    state.value = "starting";
    try {
      const started = await startCamera(video.current!, s.check, () => end("refused"));
      if (state.peek() !== "starting") return started(); // the page was left, or the camera taken away, meanwhile
      stop.current = started;
      state.value = "on";
    } catch {
      state.value = "refused";
    }
  };
  return (
    <div class="stack tight">
      <video ref={video} class="camera" muted playsInline hidden={state.value !== "on"} aria-label={t.camera} />
      {state.value === "refused" && <p class="note stop" data-camera="refused">{t.cameraRefused}</p>}
      <button type="button" class="quiet wide" aria-pressed={state.value === "on"} disabled={state.value === "starting"} onClick={() => void toggle()}>{state.value === "on" ? t.cameraOff : t.cameraOn}</button>
    </div>
  );
}

// A scanner at the USB port types the code and presses Enter; wherever the focus is, it comes in here.
function Code() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      const isElsewhere = !(event.target as HTMLElement).matches("input, select, textarea");
      if (isElsewhere && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) input.current?.focus();
    };
    document.addEventListener("keydown", typed);
    input.current?.focus();
    return () => document.removeEventListener("keydown", typed);
  }, []);
  const submit = (submitted: Event) => {
    submitted.preventDefault();
    const { value } = input.current!;
    input.current!.value = "";
    s.check(value);
  };
  return (
    <form class="search" onSubmit={submit}>
      <div class="field">
        <label for="code">{t.code}</label>
        <input ref={input} id="code" autocomplete="off" autocapitalize="off" spellcheck={false} enterkeyhint="go" required />
      </div>
      <button>{t.check}</button>
    </form>
  );
}

function Counts() {
  const { in: inside, refused, unsent } = s.counts.value;
  return (
    <dl class="tiles">
      <div class="sheet tile"><dt class="small muted">{t.in}</dt><dd class="num big" id="count-in">{number(inside)}</dd></div>
      <div class="sheet tile"><dt class="small muted">{t.refused}</dt><dd class="num big" id="count-refused">{number(refused)}</dd></div>
      <div class="sheet tile"><dt class="small muted">{t.toSync}</dt><dd class={unsent ? "num big waits" : "num big"} id="count-unsent">{number(unsent)}</dd></div>
    </dl>
  );
}

function Sync() {
  const { isCalm, text } = syncState();
  return <p class={isCalm ? "small muted" : "note"} role="status" id="sync" data-offline={s.isOffline.value}>{text}</p>;
}

function Row({ scan }: { scan: Scan }) {
  const name = scan.place || scan.serial;
  return (
    <li class="rule row">
      <span><b class="num">{time(scan.at, s.luggage.value?.timeZone)}</b> {name} {scan.undo !== "no" ? <span class="muted">{t.takenBack}</span> : isWrong(scan) || refused.value.has(keyOf(scan)) ? <span class="wrong">{textOfWrong(scan)}</span> : null}</span>
      {scan.undo === "no" && <button type="button" class="link" aria-label={fill(t.undoLabel, { place: name })} onClick={() => void undo(scan)}>{t.undo}</button>}
    </li>
  );
}

function textOfWrong(scan: Scan): string {
  const reason = refused.value.get(keyOf(scan));
  if (reason !== undefined) return fill(t.refusedScan, { reason });
  if (scan.result === "REVOKED") return t.wrongRevoked;
  if (scan.result === "UNKNOWN") return t.wrongUnknown;
  return fill(t.wrongUsed, { time: scan.first ? time(scan.first.at, s.luggage.value?.timeZone) : "–", device: scan.first?.device ?? "–" });
}

function Lists() {
  const notTaken = s.scans.value.filter((scan) => refused.value.has(keyOf(scan)));
  return (
    <>
      {notTaken.length > 0 && (
        <section class="sheet" aria-labelledby="refused-heading" id="refused-scans">
          <h2 id="refused-heading">{fill(t.refusedScans, { n: notTaken.length })}</h2>
          <ul>{notTaken.map((scan) => <Row key={scan.serial + scan.at} scan={scan} />)}</ul>
        </section>
      )}
      {s.wrong.value.length > 0 && (
        <section class="sheet" aria-labelledby="wrong-heading" id="wrong">
          <h2 id="wrong-heading">{fill(t.wrong, { n: s.wrong.value.length })}</h2>
          <ul>{s.wrong.value.map((scan) => <Row key={scan.serial + scan.at} scan={scan} />)}</ul>
        </section>
      )}
      <section class="sheet" aria-labelledby="newest-heading">
        <h2 id="newest-heading">{t.newest}</h2>
        {s.newest.value.length ? <ul>{s.newest.value.map((scan) => <Row key={scan.serial + scan.at} scan={scan} />)}</ul> : <p class="small muted">{t.nobody}</p>}
      </section>
    </>
  );
}

function Door() {
  const date = s.luggage.value!;
  const wantsKey = useSignal(false);
  return (
    <>
      <div class="head">
        <h1>{date.eventName}</h1>
        <p class="small muted">{dateTime(date.startsAt, date.timeZone)} · <button type="button" class="link" onClick={s.leaveDate}>{t.otherDate}</button></p>
      </div>
      <Sync />
      {!me.value && (wantsKey.value ? <SignIn title={t.title} /> : <p><button type="button" class="quiet" onClick={() => (wantsKey.value = true)}>{staff.signIn}</button></p>)}
      <Failures />
      <Verdict />
      <Camera />
      <Code />
      <Counts />
      <Lists />
      <p class="tiny">{fill(t.device, { device: s.device })}{me.value && <> · <button type="button" class="link" onClick={signOut}>{staff.signOut}</button></>}</p>
    </>
  );
}

const Page = () => (s.luggage.value ? <Door /> : <Choose />);

translatePage({ common, staff, gate: t });
startPage();
const main = document.getElementById("main")!;
main.classList.add("gate");
main.replaceChildren();
render(<Page />, main);
effect(() => {
  const state = s.luggage.value ? s.verdict.value?.kind ?? "ready" : me.value || s.isOffline.value ? "choose" : "signed-out";
  main.dataset["state"] = state;
});
void start();
keepPage(cameraFiles).then((isKept) => (main.dataset["kept"] = String(isKept)), () => (main.dataset["kept"] = "false"));
