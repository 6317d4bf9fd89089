// Whether the room of an event was fair, judged by the server from its store when somebody asks (R-Q17, R-U8).
import { useSignal } from "@preact/signals";
import type { Schemas } from "../api/client";
import { clock } from "../lib/clock";
import { dateTime, span, time } from "../lib/format";
import { fill, number } from "../lib/i18n";
import { Panel } from "./form";
import { LogRows } from "./log";
import { read } from "./session";
import { textOf } from "./staff";
import { type AdminEvent, announce, notice, t, tell, zone } from "./state";

type Report = Schemas["FairnessDto"];
const COUNTS = ["joins", "admissions", "stillWaiting", "left", "vanished", "passedOver", "cameBack", "withPriority"] as const;
const FAULTS = ["inversions", "intervalBreaches", "capacityBreaches"] as const;
const WAITS = ["p50", "p90", "p99", "max"] as const;
const ACTIONS = 50; // the newest that are shown

// Limits that were exceeded may be those of now only, when the policy was changed during the sale.
const verdictOf = (of: Report) => (of.fair ? "fair" : of.policyChanged && !of.inversions ? "unsure" : "unfair");
const TEXTS = { fair: t.wasFair, unsure: t.wasUnsure, unfair: t.wasUnfair };
const LOOKS = { fair: "note go", unsure: "note", unfair: "note stop" };

function Verdict({ of }: { of: Report }) {
  const verdict = verdictOf(of);
  return (
    <div class={LOOKS[verdict]} data-verdict={verdict}>
      <h3>{TEXTS[verdict]}</h3>
      {of.fair ? <p>{t.wasFairText}</p> : <ul class="dots">{FAULTS.filter((name) => of[name]).map((name) => <li key={name}>{fill(t.unfair[name], { n: of[name] })}</li>)}</ul>}
      {of.policyChanged && <p>{t.policyWasChanged}</p>}
    </div>
  );
}

function Figures({ of }: { of: Report }) {
  return (
    <table class="rows">
      <thead class="only-heard"><tr><th scope="col">{t.figure}</th><th scope="col">{t.count}</th></tr></thead>
      <tbody>
        {COUNTS.map((name) => <tr key={name}><td>{t.fairnessCounts[name]}</td><td class="num">{number(of[name])}</td></tr>)}
        {WAITS.map((name) => <tr key={name}><td>{t.fairnessWaits[name]}</td><td class="num">{span(of.waitMs[name] / 1000)}</td></tr>)}
      </tbody>
    </table>
  );
}

function Actions({ of }: { of: Report }) {
  if (!of.operators.length) return <p class="small">{t.noActions}</p>;
  const rows = of.operators.map((row, id) => ({ ...row, id, createdAt: row.at, eventId: null })).slice(-ACTIONS).reverse();
  return (
    <>
      <h3>{fill(t.actions, { n: of.operators.length })}</h3>
      <LogRows rows={rows} isShort />
    </>
  );
}

export function Fairness({ of }: { of: AdminEvent }) {
  const report = useSignal<Report | null>(null);
  const judgedAt = useSignal(0);
  const isBusy = useSignal(false);
  const judge = async () => {
    isBusy.value = true;
    notice.value = null;
    try {
      report.value = await read("adminGetFairness", `/admin/events/${of.id}/fairness`);
      judgedAt.value = clock.now();
      announce(TEXTS[verdictOf(report.value)]);
    } catch (error) {
      tell("stop", textOf(error));
    } finally {
      isBusy.value = false;
    }
  };
  const said = report.value;
  return (
    <Panel heading={t.fairness}>
      <p class="small">{t.fairnessText}</p>
      <p class="buttons"><button type="button" class="quiet" disabled={isBusy.value} onClick={() => void judge()}>{isBusy.value ? t.judging : said ? t.judgeAgain : t.judge}</button></p>
      {said && (
        <div class="two">
          <div class="stack tight">
            <Verdict of={said} />
            <Figures of={said} />
            {said.draw && <p class="small">{fill(t.drawnOf, { n: said.draw.people, time: dateTime(said.draw.drawnAt, zone.value) })}</p>}
            <p class="tiny">{fill(t.judgedAt, { time: time(judgedAt.value, zone.value) })}</p>
          </div>
          <div class="stack tight"><Actions of={said} /></div>
        </div>
      )}
      {of.queue?.order === "draw" && <p class="small"><a href={`/draw/${of.id}`}>{t.drawCheck}</a></p>}
    </Panel>
  );
}
